"""Distances from a product and rings of pixels around it."""

import cv2
import numpy as np


def measure_distance_outside(mask: np.ndarray) -> np.ndarray:
    """Returns each pixel's distance to the product in pixels: float32 (H, W), 0 within it.

    mask: uint8 alpha (H, W); the product is where it is above 0.
    """
    return cv2.distanceTransform((mask == 0).astype(np.uint8), cv2.DIST_L2, 5)


def select_ring(mask: np.ndarray, inner: float, outer: float) -> np.ndarray:
    """Selects the ring of pixels around a product at a range of distances: bool (H, W).

    mask: uint8 alpha (H, W); the product is where it is above 0.
    inner, outer: in pixels; selects those that are more than `inner` and at most `outer` away.
    """
    distance = measure_distance_outside(mask)
    return (distance > inner) & (distance <= outer)
