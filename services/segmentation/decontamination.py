"""Frees the colours of a soft edge from the old backdrop that shines through.

M. Forte: "Approximate Fast Foreground Colour Estimation", IEEE ICIP 2021 (blur fusion).
"""

import cv2
import numpy as np

LEAST_WEIGHT = 1e-5


def fuse_blurred(
    photo: np.ndarray, product: np.ndarray, backdrop: np.ndarray, alpha: np.ndarray, radius: int
) -> tuple[np.ndarray, np.ndarray]:
    """One pass: returns better product and backdrop colours, float32 (h, w, 3), 0 to 255.

    photo, product, backdrop: float32 (h, w, 3), 0 to 255; a first pass takes the photo for all.
    alpha: float32 (h, w), 0 to 1. radius: of the square windows, in pixels.
    """
    alpha = alpha[..., np.newaxis]
    product = _weighted_mean(product, alpha, radius)
    backdrop = _weighted_mean(backdrop, 1 - alpha, radius)
    product = product + alpha * (photo - alpha * product - (1 - alpha) * backdrop)
    return np.clip(product, 0, 255), backdrop


def _weighted_mean(colors: np.ndarray, weight: np.ndarray, radius: int) -> np.ndarray:
    window = (2 * radius + 1, 2 * radius + 1)
    total = cv2.blur(weight, window)[..., np.newaxis] + LEAST_WEIGHT
    return cv2.blur(colors * weight, window) / total
