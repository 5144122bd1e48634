"""The part of a picture that a product can darken or reflect into."""

from dataclasses import dataclass

import cv2
import numpy as np

SOLID = 128


@dataclass(frozen=True)
class Region:
    """A product's bounding box (left, top, right, bottom) and the window around it to work in."""

    box: tuple[int, int, int, int]
    window: tuple[slice, slice]

    @property
    def size(self) -> float:
        """The product's typical extent in pixels: the geometric mean of its sides."""
        left, top, right, bottom = self.box
        return float(np.sqrt((right - left) * (bottom - top)))


def region_of(mask: np.ndarray, reach: float) -> Region:
    """Finds the product in uint8 alpha (H, W) and a window that extends beyond it on all sides.

    reach: how far, in the product's longer side.
    """
    solid = mask >= min(SOLID, int(mask.max()))
    x, y, width, height = cv2.boundingRect(solid.astype(np.uint8))
    wide, tall = (round(reach * max(width, height)) + 8,) * 2
    rows = slice(max(0, y - tall), min(mask.shape[0], y + height + tall))
    columns = slice(max(0, x - wide), min(mask.shape[1], x + width + wide))
    box = (x - columns.start, y - rows.start, x + width - columns.start, y + height - rows.start)
    return Region(box, (rows, columns))
