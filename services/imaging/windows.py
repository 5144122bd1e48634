"""Means over the square window around each pixel."""

import cv2
import numpy as np


def window_mean(
    values: np.ndarray, radius: int, border: int = cv2.BORDER_REFLECT_101
) -> np.ndarray:
    """The mean of float32 (h, w) or (h, w, C) within `radius` pixels, both ways: its shape."""
    return cv2.blur(values, (2 * radius + 1, 2 * radius + 1), borderType=border)


def window_sums(
    colors: np.ndarray, weight: np.ndarray, radius: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted colors and weights within `radius` pixels, each as a share of the window.

    colors: float32 (h, w, C); weight: float32 (h, w). Returns float32 (h, w, C) and (h, w); the
    first by the second is the weighted mean, where there is any weight.
    """
    return window_mean(colors * weight[..., np.newaxis], radius), window_mean(weight, radius)
