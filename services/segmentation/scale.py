"""Brings pictures to the size they are worked on at, and masks back."""

import cv2
import numpy as np

from services.imaging import resizing

LEAST_SIDE = 16


def fit_within(image: np.ndarray, side: int) -> np.ndarray:
    """Shrinks a uint8 or float32 image so that no side exceeds `side`; never enlarges.

    The shorter side keeps LEAST_SIDE pixels where it has them.
    """
    return resizing.shrink_to_fit(image, side, LEAST_SIDE)


def fit_rgba_within(cutout: np.ndarray, side: int) -> np.ndarray:
    """Shrinks uint8 RGBA (h, w, 4) with straight alpha so that no side exceeds `side`."""
    height, width = resizing.fit_size(cutout.shape, side)
    return resizing.resize_straight(cutout, width, height)


def enlarge(
    image: np.ndarray, box: tuple[float, float, float, float], height: int, width: int
) -> np.ndarray:
    """Stretches what lies in a box of a float32 image to (height, width), bilinearly.

    box: x, y, width and height in the image's pixels; they need not be whole.
    """
    x, y, across, down = box
    across, down = across / width, down / height
    matrix = np.array([[across, 0, x + (across - 1) / 2], [0, down, y + (down - 1) / 2]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(
        image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
