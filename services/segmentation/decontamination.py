"""Frees the colors of a soft edge from the old backdrop that shines through.

M. Forte: "Approximate Fast Foreground Colour Estimation", IEEE ICIP 2021 (blur fusion).
"""

import numpy as np

from services.imaging.windows import average_weighted_windows

LEAST_WEIGHT = 1e-5


def blur_sides(photo: np.ndarray, alpha: np.ndarray, radius: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean colors of product and backdrop around each pixel, float32 (h, w, 3), 0 to 255.

    photo: float32 RGB (h, w, 3), 0 to 255. alpha: float32 (h, w), 0 to 1.
    radius: of the square windows, in pixels.
    """
    return _weighted_mean(photo, alpha, radius), _weighted_mean(photo, 1 - alpha, radius)


def uncover(
    photo: np.ndarray, alpha: np.ndarray, product: np.ndarray, backdrop: np.ndarray
) -> np.ndarray:
    """The product's own colors, float32 (..., 3), 0 to 255: means, plus what the photo adds.

    photo, product, backdrop: float32 (..., 3), 0 to 255. alpha: float32 (...), 0 to 1.
    """
    alpha = alpha[..., np.newaxis]
    added = photo - alpha * product - (1 - alpha) * backdrop
    return np.clip(product + alpha * added, 0, 255)


def _weighted_mean(colors: np.ndarray, weight: np.ndarray, radius: int) -> np.ndarray:
    total, share = average_weighted_windows(colors, weight, radius)
    return total / (share[..., np.newaxis] + LEAST_WEIGHT)
