"""Metrics of how far an ad is from the true picture of its product in its set.

All pictures are uint8 RGB (H, W, 3), masks uint8 alpha (H, W).
"""

import cv2
import numpy as np

from services.imaging.color import LUMINANCE, linear_light_from_srgb
from services.imaging.delta_e import delta_e

# Alpha from which a pixel belongs to the product.
SOLID = 128
# Pixels around both outlines that are left out: their edges differ by how they are sampled.
EDGE = 2
# Light of the truth, as a share of the empty set's, below which the ground is in shadow.
SHADOW_SHARE = 0.85
# Linear light added to both before they are compared, about 8 levels of black, and blur in pixels:
# without them noise in dark places would count as shadow.
DARK_OFFSET, SHADOW_BLUR = 0.0025, 1.5


def find_surroundings(mask: np.ndarray, true_mask: np.ndarray) -> np.ndarray:
    """Returns the ring around a product in which an ad is compared with the truth: bool (H, W).

    It is as wide as the product is high, and leaves out what either outline covers.

    mask, true_mask: the product's alpha in the ad and in the truth, uint8 (H, W).
    """
    covered = ((mask > 0) | (true_mask > 0)).astype(np.uint8)
    height = int(np.count_nonzero((true_mask >= SOLID).any(axis=1)))
    distance = cv2.distanceTransform(1 - covered, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    ring: np.ndarray = (distance > EDGE) & (distance <= height)
    return ring


def measure_linear_error(ad: np.ndarray, truth: np.ndarray, region: np.ndarray) -> float:
    """Returns the root mean square error of linear light, 0 to 1, in a region.

    ad, truth: uint8 RGB (H, W, 3). region: bool (H, W).
    """
    error = _to_linear(ad[region]) - _to_linear(truth[region])
    return float(np.sqrt(np.mean(error**2)))


def find_shadow(picture: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Returns where a picture is darker than its empty set: bool (H, W).

    picture, background: uint8 RGB (H, W, 3).
    """
    lit, dark = (
        cv2.GaussianBlur(_to_linear(each) @ LUMINANCE, (0, 0), SHADOW_BLUR) + DARK_OFFSET
        for each in (background, picture)
    )
    shadow: np.ndarray = dark < SHADOW_SHARE * lit
    return shadow


def measure_balanced_error_rate(
    found: np.ndarray, true: np.ndarray, region: np.ndarray
) -> float | None:
    """Returns the mean of the rates of missed and of invented shadow, 0 to 1, in a region.

    The measure of shadow detection (Vicente et al., "Large-Scale Training of Shadow Detectors with
    Noisily-Annotated Shadow Examples", 2016): half for who answers at random. None if the truth
    has no shadow, or nothing else.

    found, true, region: bool (H, W).
    """
    found, true = found[region], true[region]
    if true.all() or not true.any():
        return None
    return float((1 - found[true].mean() + found[~true].mean()) / 2)


def measure_glass_error(
    ad: np.ndarray, truth: np.ndarray, mask: np.ndarray, glass: np.ndarray
) -> float:
    """Returns the mean CIEDE2000 inside a product's glass.

    ad, truth: uint8 RGB (H, W, 3). mask: the product's alpha in the ad, uint8 (H, W).
    glass: the alpha of its glass in the truth, uint8 (H, W).
    """
    inside = (glass >= SOLID) & (mask > 0)
    return float(delta_e(ad[inside], truth[inside]).mean())


def _to_linear(pixels: np.ndarray) -> np.ndarray:
    """Returns linear light, float32 of the same shape, 0 to 1, of uint8 sRGB."""
    return linear_light_from_srgb(pixels.astype(np.float32) / 255)
