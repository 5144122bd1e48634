"""Metrics of how well a product stands on its ground, from the ad and its inputs.

All images are uint8 RGB (H, W, 3), masks uint8 alpha (H, W). The metrics describe shadows and
edges, not beauty: a shadow may also be too dark, so contact has an upper limit.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.contour import trace_lower_contour

# Contour weight above which a column counts as touching the ground.
MIN_CONTACT_WEIGHT = 0.9
# Depths below the product, in its heights: where contact is measured, and how deep to search.
CONTACT_DEPTHS = (0.005, 0.01)
MAX_DEPTH = 0.12
# In pixels: half the width of the edge, and the side of the neighborhood that it is compared with.
EDGE_RADIUS, NEIGHBORHOOD = 2, 9


@dataclass(frozen=True)
class GroundingMetrics:
    """Metrics of one ad.

    contact: darkening just below the product, 0 to 1.
    attach: depth at which the ground is darkest, in heights of the product.
    halo: levels by which the edge is brighter than both of its sides, 0 to 255.
    locked: the largest change in levels where alpha is 255.
    """

    contact: float
    attach: float
    halo: float
    locked: int


def measure_grounding(
    picture: np.ndarray, background: np.ndarray, composite: np.ndarray, mask: np.ndarray
) -> GroundingMetrics:
    """Measures an ad.

    picture, background, composite: uint8 RGB (H, W, 3). mask: uint8 alpha (H, W).
    composite: contains the product pixels that the ad has to keep.
    """
    depths, darkening = _profile(_luma(picture), _luma(background), mask)
    near = (depths >= CONTACT_DEPTHS[0]) & (depths <= max(CONTACT_DEPTHS[1], depths[1]))
    solid = mask == 255
    changed = np.abs(picture[solid].astype(int) - composite[solid])
    return GroundingMetrics(
        float(darkening[near].mean()),
        float(depths[int(np.argmax(darkening))]),
        _halo(_luma(picture), mask),
        int(changed.max(initial=0)),
    )


def _luma(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)


def _profile(out: np.ndarray, bare: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns depths below the contact line, in product heights, and the median darkening there.

    Uses only columns that touch the ground, and only pixels without product.
    """
    contour = trace_lower_contour(mask, 0)
    height = contour.base - int(np.flatnonzero((mask >= 128).any(axis=1))[0]) + 1
    columns = np.flatnonzero(contour.weight >= MIN_CONTACT_WEIGHT)
    steps = np.arange(1, max(4, round(MAX_DEPTH * height)))
    rows = np.minimum(contour.lowest[columns] + steps[:, None], len(mask) - 1)
    free = mask[rows, columns] == 0
    dark = 1 - out[rows, columns] / np.maximum(bare[rows, columns], 1)
    seen = free.sum(axis=1) >= max(2, 0.3 * len(columns))
    medians = [np.median(line[clear]) for line, clear in zip(dark[seen], free[seen], strict=True)]
    return steps[seen] / height, np.array(medians)


def _halo(luma: np.ndarray, mask: np.ndarray) -> float:
    """Returns the mean overshoot of the edge above the brighter of its two sides, in levels."""
    cross = np.ones((2 * EDGE_RADIUS + 1,) * 2, np.uint8)
    inside = cv2.erode((mask == 255).astype(np.uint8), cross)
    outside = cv2.erode((mask == 0).astype(np.uint8), cross)
    edge = (inside == 0) & (outside == 0)
    neighborhood = np.ones((NEIGHBORHOOD,) * 2, np.uint8)
    brightest = cv2.dilate(np.where((inside | outside) > 0, luma, 0), neighborhood)
    return float(np.maximum(luma - brightest, 0)[edge].mean())
