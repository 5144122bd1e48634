"""Light of the surroundings that creeps around a product's soft edge."""

import numpy as np

from services.inpainting.blur import blur

REACH = 0.01
STRENGTH = 0.35


def wrap_light(
    grounded: np.ndarray, background: np.ndarray, mask: np.ndarray, size: float
) -> np.ndarray:
    """Mixes blurred surroundings into the half-transparent rim, where 0 < mask < 255.

    grounded and background: uint8 RGB (H, W, 3); mask: uint8 alpha (H, W); size: the product's
    extent in pixels, to which the blur is relative. All other pixels stay bit-equal.
    """
    rim = (mask > 0) & (mask < 255)
    out = grounded.copy()
    if rim.any():
        clear = 1 - mask.astype(np.float32) / 255
        weight = STRENGTH * clear[rim][:, None]
        ambient = _ambient(background, clear, max(1.0, REACH * size))[rim]
        out[rim] = np.rint(grounded[rim] * (1 - weight) + ambient * weight)
    return out


def _ambient(background: np.ndarray, clear: np.ndarray, sigma: float) -> np.ndarray:
    """The surroundings without the product, blurred: float32 (H, W, 3)."""
    light = blur(background * clear[..., None], sigma)
    share = blur(clear, sigma)
    return light / np.maximum(share, 1e-3)[..., None]
