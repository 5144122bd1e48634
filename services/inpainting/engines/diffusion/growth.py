"""Measures how far a repainting grew the product beyond its silhouette."""

import cv2
import numpy as np

from services.inpainting.engines.diffusion.ring import distance_outside
from services.inpainting.region import region_of

# The ring that is looked at, as shares of the product's size, and at least 2 and 6 pixels.
FROM, TO = 0.006, 0.03
MOVED, TOLD_APART = 24.0, 40.0
NEARER = 0.5
# Shadows darken without changing the color, and rarely to a third.
SHADES = (0.35, 1.0)
SHADE_ERROR = 14.0
FEWEST = 32


def measure_growth(drawn: np.ndarray, composite: np.ndarray, mask: np.ndarray) -> float:
    """The share of the product's near surroundings that turned into product, 0 to 1.

    drawn, composite: uint8 RGB (H, W, 3); mask: uint8 alpha (H, W). A pixel of the ring turned
    when it left its color for that of the nearest product pixel, and did not just fall into shade.
    Pixels whose surroundings look like the product anyway are not counted.
    """
    window = region_of(mask, TO + 0.05).window
    drawn, composite, mask = (
        cv2.GaussianBlur(each[window], (0, 0), 1.0) if each.ndim == 3 else each[window]
        for each in (drawn, composite, mask)
    )
    ring, product = _ring(mask), _nearest(composite, mask)
    before, after = composite[ring].astype(np.float32), drawn[ring].astype(np.float32)
    there = product[ring].astype(np.float32)
    differs = _apart(before, there) > TOLD_APART
    if differs.sum() < FEWEST:
        return 0.0
    turned = _apart(after, there) < NEARER * _apart(before, there)
    turned &= (_apart(after, before) > MOVED) & ~_is_shade(after, before)
    return float(turned[differs].mean())


def _ring(mask: np.ndarray) -> np.ndarray:
    size = float(np.sqrt((mask > 0).sum()))
    distance = distance_outside(mask)
    return (distance > max(2.0, FROM * size)) & (distance <= max(6.0, TO * size))


def _nearest(composite: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The color of each pixel's nearest product pixel: uint8 RGB (H, W, 3)."""
    solid = cv2.erode(mask, np.ones((5, 5), np.uint8)) >= min(250, int(mask.max()))
    if not solid.any():
        solid = mask > 0
    _, labels = cv2.distanceTransformWithLabels(
        (~solid).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colors = np.zeros((labels.max() + 1, 3), np.uint8)
    colors[labels[solid]] = composite[solid]
    return colors[labels]


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(one - other).mean(axis=1)


def _is_shade(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    power = np.maximum((before * before).sum(axis=1), 1)
    share = (after * before).sum(axis=1) / power
    error = _apart(after, before * share[:, None])
    return (share > SHADES[0]) & (share < SHADES[1]) & (error < SHADE_ERROR)
