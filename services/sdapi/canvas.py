"""Canvases of the sizes that every server keeps, and back to the size that was asked for."""

import numpy as np

# Servers round other sizes, up or down, and some stretch the picture when they do.
STEP = 64


def padded_size(width: int, height: int) -> tuple[int, int]:
    """The smallest width and height that hold a picture and are multiples of 64."""
    return -(-width // STEP) * STEP, -(-height // STEP) * STEP


def pad(pixels: np.ndarray, fill: int | None = None) -> np.ndarray:
    """Extends (H, W) or (H, W, 3) to the right and below to multiples of 64.

    Repeats the edge, or fills with a value.
    """
    height, width = pixels.shape[:2]
    wide, tall = padded_size(width, height)
    margins = ((0, tall - height), (0, wide - width), (0, 0))[: pixels.ndim]
    if fill is None:
        return np.pad(pixels, margins, mode="edge")
    return np.pad(pixels, margins, constant_values=fill)


def crop(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Undoes pad()."""
    return np.ascontiguousarray(pixels[:height, :width])
