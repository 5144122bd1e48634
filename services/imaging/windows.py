"""Means over the square window around each pixel."""

import cv2
import numpy as np


def average_windows(
    values: np.ndarray, radius: int, border: int = cv2.BORDER_REFLECT_101
) -> np.ndarray:
    """Returns for each pixel the mean of the square window around it.

    values: float32 (h, w) or (h, w, C).
    radius: pixels from the center of a window to its edge; its side is 2 * radius + 1.
    border: how OpenCV continues the image beyond its edges, a cv2.BORDER constant.
    Returns float32 of its shape, in the range of the values.
    """
    return cv2.blur(values, (2 * radius + 1, 2 * radius + 1), borderType=border)


def average_weighted_windows(
    colors: np.ndarray, weight: np.ndarray, radius: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns for each pixel the means of weighted colors and of weights in the window around it.

    Dividing the first by the second gives the weighted mean color.

    colors: float32 (h, w, C).
    weight: float32 (h, w), 0 to 1.
    radius: pixels from the center of a window to its edge.
    Returns float32 (h, w, C) and (h, w).
    """
    weighted = average_windows(colors * weight[..., np.newaxis], radius)
    return weighted, average_windows(weight, radius)
