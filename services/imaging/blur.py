"""Gaussian blurs that stay fast for wide kernels.

They blur a reduced image, which looks the same and costs a fraction of the full blur
(P. J. Burt: "Fast Filter Transforms for Image Processing", 1981).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

# Pixels. cv2.GaussianBlur needs a sigma above 0, and a blur by less than this is hardly visible.
MIN_SIGMA = 0.3
# Weights below it divide as if they were this large, which keeps empty regions finite.
MIN_WEIGHT = 1e-3


@dataclass(frozen=True)
class BlurReduction:
    """How far images are reduced before they are blurred.

    target_sigma: the sigma to aim at, in pixels of the reduced image; larger: closer to the full
    blur, and slower. rounds_up: whether the factor may be rounded up, so that the reduced sigma
    falls below the target. resampling_variance: the blur of reducing and enlarging, in reduced
    pixels squared, which the Gaussian leaves out.
    """

    target_sigma: float
    rounds_up: bool = False
    resampling_variance: float = 0.0

    def choose_factor(self, sigma: float) -> int:
        """Returns how many times smaller the reduced image is, for a blur by `sigma` pixels."""
        times = sigma / self.target_sigma
        return max(1, round(times) if self.rounds_up else int(times))


FAST_BLUR = BlurReduction(2.5)
"""For fields of light and shadow, which are soft anyway: blurs up to 2 % wider than requested."""

ACCURATE_BLUR = BlurReduction(2.9, rounds_up=True, resampling_variance=1 / 12 + 1 / 6)
"""For silhouettes, which must look as if the full image had been blurred.

The variances are those of the box that averages a block (1/12) and of the triangle that
interpolates (1/6).
"""


def gaussian_blur(
    image: np.ndarray, sigma: float, reduction: BlurReduction = FAST_BLUR, margin: int = 0
) -> np.ndarray:
    """Blurs an image with a Gaussian; pixels outside it count as 0.

    image: uint8 or float32 (H, W) or (H, W, C), of any range. sigma: in pixels. margin: empty
    pixels to add on each side first. Returns an image of the same dtype, larger by the margin.
    """
    factor = reduction.choose_factor(sigma)
    height, width = (side + 2 * margin for side in image.shape[:2])
    # Padded to whole blocks, which are averaged several times as fast as partial ones.
    edges = margin, margin + -height % factor, margin, margin + -width % factor
    padded = cv2.copyMakeBorder(image, *edges, cv2.BORDER_CONSTANT)
    if factor == 1:
        return _blur_fully(padded, max(sigma, MIN_SIGMA))
    size = padded.shape[1] // factor, padded.shape[0] // factor
    reduced = cv2.resize(padded, size, interpolation=cv2.INTER_AREA)
    reduced_sigma = math.sqrt((sigma / factor) ** 2 - reduction.resampling_variance)
    blurred = _blur_fully(reduced, reduced_sigma)
    padded_size = padded.shape[1], padded.shape[0]
    return cv2.resize(blurred, padded_size, interpolation=cv2.INTER_LINEAR)[:height, :width]


def blur_weighted(
    colors: np.ndarray,
    weight: np.ndarray,
    sigma: float,
    blur: Callable[[np.ndarray, float], np.ndarray] = gaussian_blur,
) -> np.ndarray:
    """Blurs colors so that pixels of weight 0 do not bleed into others.

    A normalized convolution (H. Knutsson, C.-F. Westin, 1993). colors: float32 (H, W, C). weight:
    float32 (H, W), 0 to 1. sigma: in pixels. blur: blurs float32 (H, W, C) and (H, W) by a sigma.
    Returns float32 (H, W, C), in the range of the colors.
    """
    weighted = blur(colors * weight[..., None], sigma)
    return weighted / np.maximum(blur(weight, sigma), MIN_WEIGHT)[..., None]


def _blur_fully(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
