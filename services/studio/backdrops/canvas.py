"""A canvas of linear light that is painted on with measures in units, and the lens that blurs it.

What is far behind a table is painted, because so far out of focus nothing but light and colour
remains, and a painting has no noise. Each is float32 RGB (height, width, 3), 0 to about 8; y counts
up in units from the middle of the canvas, as in the picture.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

DOTS_A_UNIT = 400


@dataclass(frozen=True)
class Canvas:
    """A canvas of linear light, float32 RGB, that is painted on with measures in units."""

    light: np.ndarray

    def box(self, x: float, y: float, width: float, height: float, light: np.ndarray) -> None:
        """Fills a box whose lower left corner is at (x, y)."""
        (left, bottom), (right, top) = self.dot(x, y), self.dot(x + width, y + height)
        cv2.rectangle(self.light, (left, top), (right, bottom), [float(v) for v in light], -1)

    def blob(self, x: float, y: float, width: float, height: float, light: np.ndarray) -> None:
        """Fills an ellipse with its middle at (x, y)."""
        axes = round(width / 2 * DOTS_A_UNIT), round(height / 2 * DOTS_A_UNIT)
        color = [float(v) for v in light]
        cv2.ellipse(self.light, self.dot(x, y), axes, 0, 0, 360, color, -1, cv2.LINE_AA)

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """The x and y of every dot, in units: float32 (height, width) each."""
        height, width = self.light.shape[:2]
        down, across = np.mgrid[0:height, 0:width].astype(np.float32) / DOTS_A_UNIT
        return across - width / DOTS_A_UNIT / 2, height / DOTS_A_UNIT / 2 - down

    def dot(self, x: float, y: float) -> tuple[int, int]:
        """The column and row of a place."""
        height, width = self.light.shape[:2]
        return round(width / 2 + x * DOTS_A_UNIT), round(height / 2 - y * DOTS_A_UNIT)


def blank(size: tuple[float, float], light: np.ndarray) -> Canvas:
    """A canvas of this (height, width) in units, filled with one light."""
    height, width = (math.ceil(side * DOTS_A_UNIT) for side in size)
    return Canvas(np.full((height, width, 3), light, np.float32))


def defocus(light: np.ndarray, radius: float) -> np.ndarray:
    """Blurs as a round lens does: every point becomes a disc of this radius in units."""
    reach = radius * DOTS_A_UNIT
    span = math.ceil(reach) + 2
    down, across = np.mgrid[-span : span + 1, -span : span + 1]
    distance = np.hypot(down, across)
    disc = np.clip((reach - distance) / 3 + 0.5, 0, 1) * (0.85 + 0.3 * (distance / reach) ** 4)
    disc = (disc / disc.sum()).astype(np.float32)
    return np.maximum(cv2.filter2D(light, -1, disc, borderType=cv2.BORDER_REPLICATE), 0)
