"""Aligns an alpha channel with the edges of its photo, by guided filtering.

K. He, J. Sun, X. Tang: "Guided Image Filtering", IEEE PAMI 35(6), 2013, with a gray guide.
"""

import cv2
import numpy as np

from services.imaging.windows import average_windows


def apply_guided_filter(
    guide: np.ndarray, alpha: np.ndarray, radius: int, epsilon: float
) -> np.ndarray:
    """Aligns soft alpha with the edges of a gray photo; returns float32 (h, w), 0 to 1.

    The guided filter (K. He et al., 2013): in every window, the result is the linear function of
    the photo's gray values that is closest to alpha.

    guide: the photo's gray values. alpha: to be aligned. Both are float32 (h, w), 0 to 1.
    radius: half the side of the square windows, in pixels.
    epsilon: variance of gray values up to which a window counts as flat and alpha is only blurred.
    """
    guide_mean, alpha_mean = _average_window(guide, radius), _average_window(alpha, radius)
    variance = _average_window(guide * guide, radius) - guide_mean**2
    covariance = _average_window(guide * alpha, radius) - guide_mean * alpha_mean
    slope = covariance / (variance + epsilon)
    offset = alpha_mean - slope * guide_mean
    return np.clip(_average_window(slope, radius) * guide + _average_window(offset, radius), 0, 1)


def _average_window(values: np.ndarray, radius: int) -> np.ndarray:
    """Returns the mean of the square window around each pixel, reflected at the edges."""
    return average_windows(values, radius, cv2.BORDER_REFLECT)
