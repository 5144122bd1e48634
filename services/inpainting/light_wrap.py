"""Light of the surroundings that creeps around a product's soft edge."""

import cv2
import numpy as np

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
    if not rim.any():
        return grounded
    around = (1 - mask.astype(np.float32) / 255)[..., None]
    sigma = max(1.0, REACH * size)
    light = cv2.GaussianBlur(background * around, (0, 0), sigma)
    share = cv2.GaussianBlur(around, (0, 0), sigma)
    ambient = light[rim] / np.maximum(share[rim], 1e-3)[:, None]
    weight = STRENGTH * (1 - mask[rim].astype(np.float32) / 255)[:, None]
    out = grounded.copy()
    out[rim] = np.rint(grounded[rim] * (1 - weight) + ambient * weight).astype(np.uint8)
    return out
