"""Rings of pixels around a product."""

import cv2
import numpy as np


def distance_outside(mask: np.ndarray) -> np.ndarray:
    """How far each pixel is from the product: float32 (H, W), 0 within uint8 `mask` (H, W)."""
    return cv2.distanceTransform((mask == 0).astype(np.uint8), cv2.DIST_L2, 5)


def ring_around(mask: np.ndarray, inner: float, outer: float) -> np.ndarray:
    """The pixels that are more than `inner` and at most `outer` pixels away: bool (H, W)."""
    distance = distance_outside(mask)
    return (distance > inner) & (distance <= outer)
