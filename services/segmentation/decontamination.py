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
    """Returns the mean color of the product, then of the background, around each pixel.

    Both are float32 RGB (h, w, 3), 0 to 255.

    photo: float32 RGB (h, w, 3), 0 to 255.
    alpha: float32 (h, w), 1 where a pixel shows the product, 0 where it shows the background.
    radius: half the side of the square windows, in pixels.
    """
    return _average_colors(photo, alpha, radius), _average_colors(photo, 1 - alpha, radius)


def remove_background_color(
    photo: np.ndarray, alpha: np.ndarray, product: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """Returns the product's own colors at soft pixels, which mix it with the background.

    Each pixel gets the mean color of the product nearby, plus alpha times what mixing the two means
    does not explain of the photo's color.

    photo: the pixels' colors. product, background: mean colors of both sides near each pixel.
        All, and the result, are float32 RGB (..., 3), 0 to 255.
    alpha: the product's share of each pixel, float32 (...), 0 to 1.
    """
    alpha = alpha[..., np.newaxis]
    unexplained = photo - alpha * product - (1 - alpha) * background
    return np.clip(product + alpha * unexplained, 0, 255)


def _average_colors(colors: np.ndarray, weight: np.ndarray, radius: int) -> np.ndarray:
    """Returns the weighted mean color in the square window around each pixel: (h, w, 3).

    colors: float32 (h, w, 3). weight: float32 (h, w). radius: half a window's side, in pixels.
    """
    weighted_mean, weight_mean = average_weighted_windows(colors, weight, radius)
    return weighted_mean / (weight_mean[..., np.newaxis] + MIN_WEIGHT)
