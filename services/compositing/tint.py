"""A pull of the product's colours towards those around it."""

import cv2
import numpy as np


def tint(cutout: np.ndarray, surroundings: np.ndarray, strength: float) -> np.ndarray:
    """Mixes uint8 RGBA (h, w, 4) with the mean colour of uint8 RGB `surroundings` (H, W, 3).

    `strength` 0 returns equal pixels, 1 the flat mean colour; alpha stays.
    """
    colors = np.ascontiguousarray(cutout[..., :3])
    ambient = np.empty_like(colors)
    ambient[:] = np.rint(surroundings.reshape(-1, 3).mean(axis=0))
    mixed = cv2.addWeighted(colors, 1 - strength, ambient, strength, 0)
    return np.dstack([mixed, cutout[..., 3]])
