"""Light of the surroundings that creeps around a product's soft edge."""

import numpy as np

from services.inpainting.blur import blur

REACH = 0.01
STRENGTH = 0.7


def wrap_light(picture: np.ndarray, mask: np.ndarray, size: float) -> np.ndarray:
    """Mixes blurred surroundings into the half-transparent rim, where 0 < mask < 255.

    picture: uint8 RGB (H, W, 3), its shadows included; mask: uint8 alpha (H, W); size: the
    product's extent in pixels, to which the blur is relative. Most is mixed in at half alpha,
    nothing where a pixel shows all of the product or all of its surroundings.
    """
    rim = (mask > 0) & (mask < 255)
    out = picture.copy()
    if rim.any():
        solid = mask.astype(np.float32) / 255
        weight = STRENGTH * (solid * (1 - solid))[rim][:, None]
        ambient = _ambient(picture, 1 - solid, max(1.0, REACH * size))[rim]
        out[rim] = np.rint(picture[rim] * (1 - weight) + ambient * weight)
    return out


def _ambient(background: np.ndarray, clear: np.ndarray, sigma: float) -> np.ndarray:
    """The surroundings without the product, blurred: float32 (H, W, 3)."""
    light = blur(background * clear[..., None], sigma)
    share = blur(clear, sigma)
    return light / np.maximum(share, 1e-3)[..., None]
