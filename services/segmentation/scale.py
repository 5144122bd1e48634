"""Brings pictures to the size they are worked on at, and masks back."""

import cv2
import numpy as np

from services.imaging.straight_alpha import resize_rgba

LEAST_SIDE = 16


def fit_within(image: np.ndarray, side: int) -> np.ndarray:
    """Shrinks a uint8 or float32 image so that no side exceeds `side`; never enlarges.

    The shorter side keeps LEAST_SIDE pixels where it has them, so that a very long picture is
    squeezed rather than reduced to a line.
    """
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    small = [max(round(old * scale), min(old, LEAST_SIDE)) for old in (width, height)]
    return cv2.resize(image, small, interpolation=cv2.INTER_AREA)


def fit_rgba_within(cutout: np.ndarray, side: int) -> np.ndarray:
    """Shrinks uint8 RGBA (h, w, 4) with straight alpha so that no side exceeds `side`."""
    height, width = cutout.shape[:2]
    scale = min(1.0, side / max(height, width))
    return resize_rgba(cutout, max(1, round(width * scale)), max(1, round(height * scale)))


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
