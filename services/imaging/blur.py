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
        """Returns by what whole factor, from 1, to shrink an image before a blur by `sigma` pixels.

        The smaller image is then blurred by sigma / factor, which is about `target_sigma`, and
        enlarged.
        """
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

    A wide blur is applied to a smaller copy, which is enlarged again: much faster and hardly
    different.

    image: uint8 or float32 (H, W) or (H, W, C), of any range.
    sigma: the Gaussian's standard deviation in pixels.
    reduction: how far to shrink the image first.
    margin: empty pixels to add on each side first.
    Returns an image of the same dtype, (H + 2 * margin, W + 2 * margin[, C]).
    """
    factor = reduction.choose_factor(sigma)
    height, width = (side + 2 * margin for side in image.shape[:2])
    # Top, bottom, left, right. The bottom and right are extended further, to a multiple of the
    # factor: OpenCV averages whole blocks several times as fast as partial ones.
    edges = margin, margin + -height % factor, margin, margin + -width % factor
    padded = cv2.copyMakeBorder(image, *edges, cv2.BORDER_CONSTANT)
    if factor == 1:
        return _blur_fully(padded, max(sigma, MIN_SIGMA))
    reduced_size = padded.shape[1] // factor, padded.shape[0] // factor
    reduced = cv2.resize(padded, reduced_size, interpolation=cv2.INTER_AREA)
    # Variances add up: shrinking and enlarging have already blurred a little.
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

    A normalized convolution (H. Knutsson, C.-F. Westin, 1993): blurred weighted colors divided by
    blurred weights.

    colors: float32 (H, W, C), of any range.
    weight: float32 (H, W), 0 to 1.
    sigma: of the blur, in pixels.
    blur: a function that blurs float32 (H, W, C) or (H, W) by a sigma.
    Returns float32 (H, W, C), in the range of the colors.
    """
    weighted = blur(colors * weight[..., None], sigma)
    return weighted / np.maximum(blur(weight, sigma), MIN_WEIGHT)[..., None]


def _blur_fully(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
