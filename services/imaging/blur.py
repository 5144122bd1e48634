"""Gaussian blurs that are fast for wide kernels.

They are done on a reduced picture, which the eye cannot tell from the full blur and which costs a
fraction of it (P. J. Burt: "Fast Filter Transforms for Image Processing", 1981).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Reduction:
    """How far pictures are reduced before they are blurred.

    finest: the sigma, in pixels of the reduced picture, that is aimed at. rounds_up: whether the
    factor may be rounded up, which makes the reduced sigma smaller than that. own_blur: what
    reducing and enlarging blur by themselves, as a variance in reduced pixels, to be left out of
    the Gaussian.
    """

    finest: float
    rounds_up: bool = False
    own_blur: float = 0.0

    def factor(self, sigma: float) -> int:
        """How many times smaller a picture is worked on to be blurred by `sigma` pixels."""
        times = sigma / self.finest
        return max(1, round(times) if self.rounds_up else int(times))


QUICK = Reduction(2.5)
"""For fields of light and shadow that are soft anyway: blurs up to 2 % wider than asked."""

FAITHFUL = Reduction(2.9, rounds_up=True, own_blur=1 / 12 + 1 / 6)
"""For silhouettes that must look as if the full picture had been blurred."""


def gaussian_blur(
    picture: np.ndarray, sigma: float, reduction: Reduction = QUICK, margin: int = 0
) -> np.ndarray:
    """Blurs uint8 or float32 (H, W) or (H, W, C) by `sigma` pixels; outside counts as 0.

    margin: pixels of nothing that are added on each side beforehand.
    """
    factor = reduction.factor(sigma)
    height, width = (side + 2 * margin for side in picture.shape[:2])
    # Whole blocks are averaged several times as fast as broken ones.
    edges = margin, margin + -height % factor, margin, margin + -width % factor
    whole = cv2.copyMakeBorder(picture, *edges, cv2.BORDER_CONSTANT)
    if factor == 1:
        return _blur(whole, max(sigma, 0.3))
    size = whole.shape[1] // factor, whole.shape[0] // factor
    reduced = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
    blurred = _blur(reduced, math.sqrt((sigma / factor) ** 2 - reduction.own_blur))
    return cv2.resize(blurred, whole.shape[1::-1], interpolation=cv2.INTER_LINEAR)[:height, :width]


def blur_within(
    colors: np.ndarray,
    weight: np.ndarray,
    sigma: float,
    blur: Callable[[np.ndarray, float], np.ndarray] = gaussian_blur,
) -> np.ndarray:
    """Blurs float32 (H, W, C) by `sigma` pixels, each pixel as far as it counts.

    weight: float32 (H, W), 0 to 1; what counts for nothing does not bleed into the rest. blur:
    blurs float32 (H, W, C) and (H, W) by so many pixels.
    """
    weighted = blur(colors * weight[..., None], sigma)
    return weighted / np.maximum(blur(weight, sigma), 1e-3)[..., None]


def _blur(picture: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
