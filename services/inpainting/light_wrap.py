"""Wraps the light of the surroundings around a product's soft edge."""

import cv2
import numpy as np

from services.imaging.blur import blur_weighted
from services.imaging.box import find_bounding_box, slices_from_box, widen_box
from services.inpainting.soft_edge import find_soft_edge

# Sigma of the blurred surroundings, as a share of the product's extent. Larger: light from further
# away, with less detail.
WRAP_REACH = 0.01
# Weight at half alpha is a quarter of it, as alpha times (1 - alpha) is. Larger: a brighter edge in
# front of bright surroundings.
WRAP_STRENGTH = 0.7


def wrap_light(picture: np.ndarray, mask: np.ndarray, extent: float) -> np.ndarray:
    """Mixes blurred surroundings into the product's soft edge, where 0 < mask < 255.

    Mixes in most at half alpha, and nothing where a pixel is all product or all surroundings.

    picture: uint8 RGB (H, W, 3), its shadows included; the result has the same shape and type.
    mask: uint8 alpha (H, W) of the product.
    extent: the geometric mean of the product's sides, in pixels; the blur is relative to it.
    """
    out = picture.copy()
    sigma = max(1.0, WRAP_REACH * extent)
    near = slices_from_box(widen_box(find_bounding_box(mask), int(3 * sigma) + 1, *mask.shape))
    part, alpha = picture[near], mask[near]
    edge = find_soft_edge(alpha)
    if len(edge[0]):
        share = alpha[edge].astype(np.float32) / 255
        weight = WRAP_STRENGTH * (share * (1 - share))[:, None]
        ambient = _blur_surroundings(part, alpha, sigma)[edge]
        out[near][edge] = np.rint(part[edge] * (1 - weight) + ambient * weight)
    return out


def _blur_surroundings(picture: np.ndarray, mask: np.ndarray, sigma: float) -> np.ndarray:
    """Blurs what is around a product, so that none of the product's color mixes in.

    picture: uint8 RGB (H, W, 3); the result has the same shape and type.
    mask: uint8 alpha (H, W) of the product.
    sigma: of the blur, in pixels.
    """
    # Half the size is enough for a wide blur.
    factor = 2 if sigma >= 2 else 1
    size = max(1, mask.shape[1] // factor), max(1, mask.shape[0] // factor)
    outside = 1 - cv2.resize(mask, size).astype(np.float32) / 255
    light = blur_weighted(cv2.resize(picture, size), outside, sigma / factor)
    ambient = np.clip(light, 0, 255).astype(np.uint8)
    return cv2.resize(ambient, mask.shape[1::-1], interpolation=cv2.INTER_LINEAR)
