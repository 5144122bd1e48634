"""Boxes around masks, as x, y, width and height, and what lies in them."""

import cv2
import numpy as np

Box = tuple[int, int, int, int]


def bounds_of(alpha: np.ndarray) -> Box:
    """The smallest box that holds every pixel above 0 of a bool or uint8 (h, w).

    Its width and height are 0 when there is none.
    """
    x, y, width, height = cv2.boundingRect(alpha.astype(np.uint8, copy=False))
    return x, y, width, height


def scale_box(box: Box, down: float, across: float) -> tuple[float, float, float, float]:
    """The same box in a picture that is `down` times as high and `across` times as wide."""
    x, y, width, height = box
    return x * across, y * down, width * across, height * down


def widen(box: tuple[float, float, float, float], margin: float, height: int, width: int) -> Box:
    """Adds a margin on each side and rounds outwards, as far as a picture of that size allows."""
    x, y, across, down = box
    left, top = max(int(x - margin), 0), max(int(y - margin), 0)
    right = min(int(np.ceil(x + across + margin)), width)
    bottom = min(int(np.ceil(y + down + margin)), height)
    return left, top, right - left, bottom - top


def take(image: np.ndarray, box: Box) -> np.ndarray:
    """Returns what lies in the box: a view, not a copy."""
    x, y, width, height = box
    return image[y : y + height, x : x + width]
