"""The pixel lock: measures how far a model changed the product, and restores its pixels."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.blur import blur_weighted
from services.imaging.box import find_bounding_box, slices_from_box, widen_box
from services.inpainting.engines.diffusion.ring import measure_distance_outside

# Pixels outside the product over which the model's detail fades in. Larger: hides wider smears
# across the outline, but also the detail of its surroundings.
FEATHER = 5.0
# Sigma in pixels that separates colors from detail. Larger: only broader color changes reach the
# outline, and old colors show around it.
DETAIL_SIGMA = 4.0
# Pixels around the product that its restored edge depends on: those that fade in, and what OpenCV
# blurs them with, four standard deviations.
BLEND_REACH = math.ceil(FEATHER + 4 * DETAIL_SIGMA)


@dataclass(frozen=True)
class ProductDrift:
    """How far locked pixels were changed.

    changed: the share of them that differ, 0 to 1.
    levels: their mean absolute difference, 0 to 255.
    """

    changed: float
    levels: float


def measure_product_drift(
    drawn: np.ndarray, composite: np.ndarray, locked: np.ndarray
) -> ProductDrift:
    """Measures how far a model changed the product's pixels, before they are restored.

    Returns the share of them that changed, and by how many levels on average.

    drawn, composite: uint8 RGB (H, W, 3), after and before the repainting.
    locked: bool (H, W), the pixels to compare.
    """
    difference = np.abs(drawn[locked].astype(np.int16) - composite[locked])
    if not difference.size:
        return ProductDrift(changed=0.0, levels=0.0)
    is_changed = (difference > 0).any(axis=1)
    return ProductDrift(changed=float(is_changed.mean()), levels=float(difference.mean()))


def restore_product(drawn: np.ndarray, composite: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Restores the product's pixels bit-equal in a repainted picture.

    Outside the product, the model's detail fades in over FEATHER pixels, because models smear the
    product a little across its outline. The model's colors reach the outline, or the old ones
    would show as a halo. Blends in two bands (Burt and Adelson, "A Multiresolution Spline", 1983).

    drawn, composite: uint8 RGB (H, W, 3); the result has the same shape and type.
    mask: uint8 alpha (H, W); the composite's pixels are kept where it is above 0.
    """
    restored = drawn.copy()
    # Farther from the product, the picture stays as it was drawn.
    box = widen_box(find_bounding_box(mask > 0), BLEND_REACH, *mask.shape)
    window = slices_from_box(box)
    restored[window] = _blend(drawn[window], composite[window], mask[window])
    return restored


def _blend(drawn: np.ndarray, composite: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Restores the product in the part of a picture that contains it, as restore_product() does."""
    outside = (mask == 0).astype(np.float32)
    change = drawn.astype(np.float32) - composite
    # The two bands of the change: broad colors, and detail, which is the rest.
    color_change = blur_weighted(change, outside, DETAIL_SIGMA, _blur_mirrored)
    detail_change = change - color_change
    share = np.clip(measure_distance_outside(mask) / FEATHER, 0, 1)
    # Smoothstep: no edge where the fading begins or ends.
    weight = (share * share * (3 - 2 * share))[..., None]
    blended = composite + color_change + detail_change * weight
    blended = np.clip(np.rint(blended), 0, 255).astype(np.uint8)
    return np.where(mask[..., None] > 0, composite, blended)


def _blur_mirrored(pixels: np.ndarray, sigma: float) -> np.ndarray:
    """Blurs a picture as if mirrored at its borders, which so keep their colors."""
    return cv2.GaussianBlur(pixels, (0, 0), sigma)
