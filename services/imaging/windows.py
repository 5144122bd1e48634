"""Means over the square window around each pixel."""

import cv2
import numpy as np


def average_windows(
    values: np.ndarray, radius: int, border: int = cv2.BORDER_REFLECT_101
) -> np.ndarray:
    """Returns the mean of the window within `radius` pixels of each pixel.

    values: float32 (h, w) or (h, w, C). border: how OpenCV continues the image beyond its edges.
    Returns float32 of its shape, in the range of the values.
    """
    return cv2.blur(values, (2 * radius + 1, 2 * radius + 1), borderType=border)


def average_weighted_windows(
    colors: np.ndarray, weight: np.ndarray, radius: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the mean of weighted colors, and of weights, in the window around each pixel.

    colors: float32 (h, w, C). weight: float32 (h, w), 0 to 1. radius: in pixels. Returns float32
    (h, w, C) and (h, w); dividing the first by the second gives the weighted mean.
    """
    weighted = average_windows(colors * weight[..., np.newaxis], radius)
    return weighted, average_windows(weight, radius)
