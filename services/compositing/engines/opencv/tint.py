"""A pull of the product's colours towards those around it."""

import cv2
import numpy as np


def tint(product: np.ndarray, surroundings: np.ndarray, strength: float) -> np.ndarray:
    """Mixes premultiplied uint8 RGBA (h, w, 4) with the mean color of RGB `surroundings`.

    surroundings: uint8 (H, W, 3). `strength` 0 returns equal pixels, 1 the flat mean color; alpha
    stays.
    """
    if not strength:
        return product.copy()
    alpha = cv2.extractChannel(product, 3)
    # Every fourth row tells the mean as well.
    mean = cv2.mean(surroundings[::4])[:3]
    ambient = [cv2.convertScaleAbs(alpha, None, level / 255) for level in mean]
    covering = cv2.merge([*ambient, alpha])
    return cv2.addWeighted(product, 1 - strength, covering, strength, 0, dst=covering)
