"""Resizes photos to working size, and masks back to photo size."""

import cv2
import numpy as np

from services.imaging import resizing

# Pixels that the shorter side of a very long photo keeps: the least that the servicer accepts.
MIN_SIDE = 16


def shrink_to_side(image: np.ndarray, side: int) -> np.ndarray:
    """Shrinks a uint8 or float32 image (h, w) or (h, w, C) so that no side exceeds `side`.

    Never enlarges. The shorter side keeps MIN_SIDE pixels if it has them.
    """
    return resizing.shrink_to_fit(image, side, MIN_SIDE)


def shrink_cutout(cutout: np.ndarray, side: int) -> np.ndarray:
    """Shrinks uint8 RGBA (h, w, 4) with straight alpha so that no side exceeds `side`."""
    height, width = resizing.fit_size(cutout.shape, side)
    return resizing.resize_straight(cutout, width, height)


def resample_box(
    image: np.ndarray, box: tuple[float, float, float, float], height: int, width: int
) -> np.ndarray:
    """Resamples a box of a float32 image (h, w) or (h, w, C) to (height, width), bilinearly.

    box: x, y, width and height in pixels of the image, fractions included; pixels beyond the image
    repeat its edge.
    """
    x, y, across, down = box
    across, down = across / width, down / height
    matrix = np.array([[across, 0, x + (across - 1) / 2], [0, down, y + (down - 1) / 2]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(
        image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
