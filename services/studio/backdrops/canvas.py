"""A canvas of linear light, painted in units, and the lens blur for it.

What is far behind a table is painted: so far out of focus only light and color remain, and a
painting has no render noise. Paintings are float32 linear RGB (height, width, 3), 0 to about 8; y
counts up in units from the center.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

# Pixels per unit, the image's shorter side. Larger: sharper paintings, slower blurs.
PIXELS_PER_UNIT = 400


@dataclass(frozen=True)
class Canvas:
    """A canvas of linear light, float32 RGB (height, width, 3), painted in units."""

    light: np.ndarray

    def fill_box(self, x: float, y: float, width: float, height: float, light: np.ndarray) -> None:
        """Fills a box with one light; its lower left corner is at (x, y).

        x, y, width, height: in units from the canvas's center, y up.
        light: linear RGB, float (3,).
        """
        (left, bottom), (right, top) = self.pixel_at(x, y), self.pixel_at(x + width, y + height)
        cv2.rectangle(self.light, (left, top), (right, bottom), [float(v) for v in light], -1)

    def pixel_coordinates(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns x and y of every pixel in units from the center: float32 (height, width) each."""
        height, width = self.light.shape[:2]
        down, across = np.mgrid[0:height, 0:width].astype(np.float32) / PIXELS_PER_UNIT
        return across - width / PIXELS_PER_UNIT / 2, height / PIXELS_PER_UNIT / 2 - down

    def pixel_at(self, x: float, y: float) -> tuple[int, int]:
        """Converts (x, y), in units from the center, y up, to a column and row in pixels."""
        height, width = self.light.shape[:2]
        return round(width / 2 + x * PIXELS_PER_UNIT), round(height / 2 - y * PIXELS_PER_UNIT)


def create_canvas(size: tuple[float, float], light: np.ndarray) -> Canvas:
    """Creates a canvas filled with one light.

    size: (height, width) in units.
    light: linear RGB, float (3,).
    """
    height, width = (math.ceil(side * PIXELS_PER_UNIT) for side in size)
    return Canvas(np.full((height, width, 3), light, np.float32))


def defocus_light(light: np.ndarray, radius: float) -> np.ndarray:
    """Blurs linear light, float32 (h, w, 3), as a lens does: each point becomes a round disc.

    radius: of the disc in units.
    """
    reach = radius * PIXELS_PER_UNIT
    span = math.ceil(reach) + 2
    down, across = np.mgrid[-span : span + 1, -span : span + 1]
    distance = np.hypot(down, across)
    disc = np.clip((reach - distance) / 3 + 0.5, 0, 1) * (0.85 + 0.3 * (distance / reach) ** 4)
    disc = (disc / disc.sum()).astype(np.float32)
    return np.maximum(cv2.filter2D(light, -1, disc, borderType=cv2.BORDER_REPLICATE), 0)
