"""Darkening of a surface as its own colour would darken."""

import cv2
import numpy as np

HUE_KEPT = 0.3
INVISIBLE = 0.5 / 255


def shade(picture: np.ndarray, mask: np.ndarray, darkness: np.ndarray) -> np.ndarray:
    """Multiplies shadow into uint8 RGB (H, W, 3) wherever the product leaves it free.

    mask: uint8 alpha (H, W) of the product; darkness: float32 (H, W), 0 none to 1 black. Light
    bounced within a shadow has the surface's colour, so a channel darkens less the stronger it is.
    """
    free = np.clip(darkness, 0, 1) * (1 - mask.astype(np.float32) / 255)
    out = picture.copy()
    x, y, width, height = cv2.boundingRect((free > INVISIBLE).astype(np.uint8))
    if not width:
        return out
    part = out[y : y + height, x : x + width].astype(np.float32)
    strongest = cv2.max(cv2.max(part[..., 0], part[..., 1]), part[..., 2])
    kept = HUE_KEPT * np.square(part / np.maximum(strongest, 1)[..., None])
    part *= 1 - free[y : y + height, x : x + width, None] * (1 - kept)
    out[y : y + height, x : x + width] = np.rint(part)
    return out
