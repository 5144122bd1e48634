"""Aligns an alpha channel with the edges of its photo, by guided filtering.

K. He, J. Sun, X. Tang: "Guided Image Filtering", IEEE PAMI 35(6), 2013, with a gray guide or one in
color (section 3.5 there).
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


def apply_color_guided_filter(
    photo: np.ndarray, alpha: np.ndarray, radius: int, epsilon: float
) -> np.ndarray:
    """Aligns soft alpha with the edges of a photo in color; returns float32 (h, w), 0 to 1.

    In every window, the result is the linear function of R, G and B that is closest to alpha. It
    tells colors of equal brightness apart, and takes three times as long as a gray guide.

    photo: uint8 RGB (h, w, 3). alpha: float32 (h, w), 0 to 1.
    radius: half the side of the square windows, in pixels.
    epsilon: variance of a channel, of 0 to 1, up to which a window counts as flat.
    """
    guide = photo.astype(np.float32) / 255
    guide_mean, alpha_mean = _average_window(guide, radius), _average_window(alpha, radius)
    covariance = _average_window(guide * alpha[..., np.newaxis], radius)
    covariance -= guide_mean * alpha_mean[..., np.newaxis]
    slope = _solve_symmetric(
        _compute_color_variance(guide, guide_mean, radius, epsilon), covariance
    )
    offset = alpha_mean - (slope * guide_mean).sum(axis=2)
    aligned = (_average_window(slope, radius) * guide).sum(axis=2) + _average_window(offset, radius)
    return np.clip(aligned, 0, 1)


def _compute_color_variance(
    guide: np.ndarray, guide_mean: np.ndarray, radius: int, epsilon: float
) -> np.ndarray:
    """Returns the covariances of R, G and B in every window, with epsilon added to the variances.

    The result is float32 (h, w, 6): RR, RG, RB, GG, GB, BB.

    guide, guide_mean: colors and their means per window, float32 RGB (h, w, 3), 0 to 1.
    radius: half the side of the windows, in pixels.
    """
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    covariances = [
        _average_window(guide[..., a] * guide[..., b], radius)
        - guide_mean[..., a] * guide_mean[..., b]
        + (epsilon if a == b else 0)
        for a, b in pairs
    ]
    return np.dstack(covariances)


def _solve_symmetric(matrix: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Solves a 3 x 3 system of equations per pixel by its cofactors; returns float32 (h, w, 3).

    matrix: the upper triangle of each symmetric matrix by rows, float32 (h, w, 6).
    values: the right sides, float32 (h, w, 3).
    """
    a, b, c, d, e, f = np.moveaxis(matrix, 2, 0)
    x, y, z = np.moveaxis(values, 2, 0)
    aa, ab, ac = d * f - e * e, c * e - b * f, b * e - c * d
    bb, bc, cc = a * f - c * c, b * c - a * e, a * d - b * b
    solution = (aa * x + ab * y + ac * z, ab * x + bb * y + bc * z, ac * x + bc * y + cc * z)
    return np.dstack(solution) / (a * aa + b * ab + c * ac)[..., np.newaxis]


def _average_window(values: np.ndarray, radius: int) -> np.ndarray:
    """Returns the mean of the square window around each pixel, reflected at the edges."""
    return average_windows(values, radius, cv2.BORDER_REFLECT)
