"""The part of a picture that a product can darken or reflect into."""

from dataclasses import dataclass

import numpy as np

from services.imaging.box import Box, Slices, find_bounding_box, slices_from_box, widen_box
from services.imaging.mask import find_most_solid_pixels


@dataclass(frozen=True)
class Region:
    """A window around a product to work in, as rows and columns, and the product's box in it."""

    box: Box
    window: Slices

    @property
    def size(self) -> float:
        """The product's typical extent in pixels: the geometric mean of its sides."""
        return float(np.sqrt(self.box[2] * self.box[3]))


def region_of(mask: np.ndarray, reach: float) -> Region:
    """Finds the product in uint8 alpha (H, W) and a window that extends beyond it on all sides.

    reach: how far, in the product's longer side.
    """
    x, y, width, height = find_bounding_box(find_most_solid_pixels(mask))
    margin = round(reach * max(width, height)) + 8
    left, top, across, down = widen_box((x, y, width, height), margin, *mask.shape)
    return Region((x - left, y - top, width, height), slices_from_box((left, top, across, down)))
