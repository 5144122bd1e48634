"""Aligns an alpha channel with the edges of its photo, by guided filtering.

K. He, J. Sun, X. Tang: "Guided Image Filtering", IEEE PAMI 35(6), 2013, with a gray guide.
"""

import cv2
import numpy as np

from services.imaging.windows import average_windows


def apply_guided_filter(
    guide: np.ndarray, alpha: np.ndarray, radius: int, epsilon: float
) -> np.ndarray:
    """Returns alpha that is locally linear in the guide and as close as possible to `alpha`.

    guide, alpha: float32 (h, w), 0 to 1. The result is clipped to the same range.
    radius: of the square windows, in pixels. epsilon: variance below which the guide is flat.
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
