"""Removes the photo background's color from the soft edge of a cut-out.

M. Forte: "Approximate Fast Foreground Colour Estimation", IEEE ICIP 2021 (blur fusion).
"""

import numpy as np

from services.imaging.windows import average_weighted_windows

# Avoids division by zero where no pixel of one side is near; larger: darker colors at thin edges.
MIN_WEIGHT = 1e-5


def blur_side_colors(
    photo: np.ndarray, alpha: np.ndarray, radius: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the mean colors of product and of background around each pixel.

    Both are float32 RGB (h, w, 3), 0 to 255.

    photo: float32 RGB (h, w, 3), 0 to 255. alpha: float32 (h, w), 0 to 1.
    radius: of the square windows, in pixels.
    """
    return _average_colors(photo, alpha, radius), _average_colors(photo, 1 - alpha, radius)


def remove_background_color(
    photo: np.ndarray, alpha: np.ndarray, product: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """Returns the product's own colors at soft pixels, float32 RGB (..., 3), 0 to 255.

    photo: the pixels' colors; product, background: mean colors nearby; all float32 RGB (..., 3),
    0 to 255. alpha: float32 (...), 0 to 1.
    """
    alpha = alpha[..., np.newaxis]
    residual = photo - alpha * product - (1 - alpha) * background
    return np.clip(product + alpha * residual, 0, 255)


def _average_colors(colors: np.ndarray, weight: np.ndarray, radius: int) -> np.ndarray:
    """Returns the weighted mean color around each pixel."""
    total, share = average_weighted_windows(colors, weight, radius)
    return total / (share[..., np.newaxis] + MIN_WEIGHT)
