"""Light of the surroundings that creeps around a product's soft edge."""

import cv2
import numpy as np

from services.imaging.blur import blur_weighted
from services.imaging.box import find_bounding_box, slices_from_box, widen_box
from services.inpainting.engines.grounding.rim import rim_of

REACH = 0.01
STRENGTH = 0.7


def wrap_light(picture: np.ndarray, mask: np.ndarray, size: float) -> np.ndarray:
    """Mixes blurred surroundings into the half-transparent rim, where 0 < mask < 255.

    picture: uint8 RGB (H, W, 3), its shadows included; mask: uint8 alpha (H, W); size: the
    product's extent in pixels, to which the blur is relative. Most is mixed in at half alpha,
    nothing where a pixel shows all of the product or all of its surroundings.
    """
    out = picture.copy()
    sigma = max(1.0, REACH * size)
    near = slices_from_box(widen_box(find_bounding_box(mask), int(3 * sigma) + 1, *mask.shape))
    part, alpha = picture[near], mask[near]
    rim = rim_of(alpha)
    if len(rim[0]):
        solid = alpha[rim].astype(np.float32) / 255
        weight = STRENGTH * (solid * (1 - solid))[:, None]
        ambient = _ambient(part, alpha, sigma)[rim]
        out[near][rim] = np.rint(part[rim] * (1 - weight) + ambient * weight)
    return out


def _ambient(picture: np.ndarray, mask: np.ndarray, sigma: float) -> np.ndarray:
    """The surroundings without the product, blurred: uint8 RGB (H, W, 3)."""
    factor = 2 if sigma >= 2 else 1
    small = max(1, mask.shape[1] // factor), max(1, mask.shape[0] // factor)
    clear = 1 - cv2.resize(mask, small).astype(np.float32) / 255
    light = blur_weighted(cv2.resize(picture, small), clear, sigma / factor)
    ambient = np.clip(light, 0, 255).astype(np.uint8)
    return cv2.resize(ambient, mask.shape[1::-1], interpolation=cv2.INTER_LINEAR)
