"""Darkening of a surface as its own colour would darken."""

import numpy as np

HUE_KEPT = 0.3


def shade(picture: np.ndarray, mask: np.ndarray, darkness: np.ndarray) -> np.ndarray:
    """Multiplies shadow into uint8 RGB (H, W, 3) wherever the product leaves it free.

    mask: uint8 alpha (H, W) of the product; darkness: float (H, W), 0 none to 1 black. Light
    bounced within a shadow has the surface's colour, so a channel darkens less the stronger it is.
    """
    free = np.clip(darkness, 0, 1) * (1 - mask.astype(np.float32) / 255)
    strongest = np.maximum(picture.max(axis=2, keepdims=True), 1)
    kept = HUE_KEPT * (picture / strongest) ** 2
    return np.rint(picture * (1 - free[..., None] * (1 - kept))).astype(np.uint8)
