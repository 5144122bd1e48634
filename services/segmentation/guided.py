"""Lets an alpha channel follow the edges of its photo.

K. He, J. Sun, X. Tang: "Guided Image Filtering", IEEE PAMI 35(6), 2013, with a grey guide.
"""

import cv2
import numpy as np

from services.imaging.windows import average_windows


def guided_filter(guide: np.ndarray, alpha: np.ndarray, radius: int, epsilon: float) -> np.ndarray:
    """Returns the alpha that is locally linear in the guide and closest to `alpha`.

    guide, alpha: float32 (h, w), 0 to 1; the answer too, clipped.
    radius: of the square windows, in pixels; epsilon: variance below which the guide is flat.
    """
    guide_mean, alpha_mean = _mean(guide, radius), _mean(alpha, radius)
    variance = _mean(guide * guide, radius) - guide_mean**2
    covariance = _mean(guide * alpha, radius) - guide_mean * alpha_mean
    slope = covariance / (variance + epsilon)
    offset = alpha_mean - slope * guide_mean
    return np.clip(_mean(slope, radius) * guide + _mean(offset, radius), 0, 1)


def _mean(values: np.ndarray, radius: int) -> np.ndarray:
    return average_windows(values, radius, cv2.BORDER_REFLECT)
