"""Measures what suggests that a cut-out is incomplete: against a network's view, and at its rim.

Everything is measured on small images of the photo, the cut-out's mask and two looks of a network.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.color import lab_from_srgb
from services.imaging.windows import average_weighted_windows
from services.segmentation.consensus import compute_iou
from services.segmentation.morphology import label_components, open_mask

# Height of the zone where product and ground meet, and how far it continues below the product, as
# shares of the product's height.
BASE_HEIGHT, BASE_MARGIN = 0.12, 0.03
# From these probabilities on a network sees a chance of product outside the mask, and is sure of it
# inside. Both lie off one half, since errors of a network rarely come with certainty.
CHANCE, SURE = 0.2, 0.75
# Difference between two looks of a network from which on they contradict each other.
CONTRADICTION = 0.35
# Distance in pixels from the mask's rim beyond which doubt is not about the edge's place.
RIM_WIDTH = 4
# Radius in pixels of the windows in which colors on both sides of the rim are averaged.
RIM_RADIUS = 3
# Difference in CIE Lab below which both sides of the rim look alike.
LOOKALIKE_LAB = 6.0
# Avoids division by zero in windows without a pixel of one side.
MIN_WEIGHT = 1e-4
# Radius in pixels of the disc that has to fit into an area that counts: rims differ everywhere.
MIN_RADIUS = 1


@dataclass(frozen=True)
class NetworkView:
    """What a network sees in a photo, at the size of the mask that is measured.

    first: probability from a look at the whole photo. combined: from all looks. Both are float32
    (h, w), 0 to 1.
    """

    first: np.ndarray
    combined: np.ndarray

    @property
    def mask(self) -> np.ndarray:
        """Where the product is, bool (h, w)."""
        return self.combined > 0.5


def measure_against_network(mask: np.ndarray, view: NetworkView) -> dict[str, float]:
    """Returns measurements of how a mask differs from what a network sees, by name, 0 to 1 each.

    mask: bool (h, w). view: of the same size.
    """
    either, expected = mask | view.mask, view.mask
    area = max(1, int(np.count_nonzero(either)))
    base = find_base(either) & either
    difference = np.abs(view.combined - mask)
    return {
        "overlap": compute_iou(mask, expected),
        "error": float(difference.sum()) / area,
        "base_overlap": compute_iou(mask & base, expected & base),
        "base_error": float(difference[base].mean()) if base.any() else 1.0,
        "missing": measure_largest(~mask & (view.combined > CHANCE)) / area,
        "added": measure_largest(mask & (view.combined < SURE)) / area,
        "doubt": float((4 * view.combined * (1 - view.combined))[~find_rim(mask)].sum()) / area,
        "looks_overlap": compute_iou(view.first > 0.5, expected),
        "looks_contradiction": measure_largest(np.abs(view.first - view.combined) > CONTRADICTION)
        / area,
    }


def measure_rim(photo: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Returns measurements of how a mask's rim stands out from the surroundings, by name.

    They are shares of the rim, 0 to 1: where both sides look alike, all around and at the base.

    photo: uint8 RGB (h, w, 3). mask: bool (h, w).
    """
    contrast = _measure_contrast(photo, mask)
    contour = find_contour(mask)
    base = contour & find_base(mask)
    return {
        "alike": float((contrast[contour] < LOOKALIKE_LAB).mean()) if contour.any() else 1.0,
        "base_alike": float((contrast[base] < LOOKALIKE_LAB).mean()) if base.any() else 0.0,
    }


def find_base(mask: np.ndarray) -> np.ndarray:
    """Returns the rows in which a product meets the ground: bool (h, w), true for whole rows.

    mask: the product, bool (h, w).
    """
    base = np.zeros_like(mask)
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size:
        bottom, height = rows[-1] + 1, rows[-1] + 1 - rows[0]
        top, below = bottom - BASE_HEIGHT * height, bottom + BASE_MARGIN * height
        base[int(top) : math.ceil(below)] = True
    return base


def find_contour(mask: np.ndarray) -> np.ndarray:
    """Returns the pixels of a mask next to its outside: bool (h, w), without the image's edge.

    mask: bool (h, w).
    """
    kernel = np.ones((3, 3), np.uint8)
    return mask & (cv2.erode(mask.astype(np.uint8), kernel) == 0)


def find_rim(mask: np.ndarray) -> np.ndarray:
    """Returns the pixels within RIM_WIDTH of a mask's contour, bool (h, w).

    mask: bool (h, w).
    """
    away = (~find_contour(mask)).astype(np.uint8)
    return cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_5) <= RIM_WIDTH


def measure_largest(area: np.ndarray) -> int:
    """Returns the pixels in the largest part of an area, bool (h, w); thin parts do not count."""
    _, areas = label_components(open_mask(area, MIN_RADIUS))
    return int(areas.max())


def _measure_contrast(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Returns how both sides of a mask differ near each pixel, in CIE Lab: float32 (h, w).

    photo: uint8 RGB (h, w, 3). mask: bool (h, w).
    """
    lab = lab_from_srgb(photo)
    inside, outside = (
        weighted / np.maximum(weight, MIN_WEIGHT)[..., np.newaxis]
        for weighted, weight in (
            average_weighted_windows(lab, side.astype(np.float32), RIM_RADIUS)
            for side in (mask, ~mask)
        )
    )
    return np.linalg.norm(inside - outside, axis=2)
