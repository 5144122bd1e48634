"""Distinguishes holes that show the photo background from parts of the product that look so."""

import cv2
import numpy as np

from services.imaging.color import lab_from_srgb
from services.segmentation.morphology import find_labels_at_edge, label_components

# How far around a hole, beyond the nearest background, its colors are compared: a share of the
# longer side. Larger: colors from elsewhere in the photo open false holes.
REACH = 0.06
# Lab distance up to which a hole has the color of the background. Larger: more holes stay open.
MAX_COLOR_DISTANCE = 12.0
# Share of the background's pixels that must match. The background next to a hole may have many
# colors, and one of them is enough; larger: holes before a busy background are filled.
MATCHING_SHARE = 0.1


def fill_false_holes(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Fills the holes of a product's mask that do not show the color of the nearby background.

    A hole in a handle shows it; a highlight or a label, which the mask misses, does not. Returns a
    new mask, bool (h, w).

    photo: uint8 RGB (h, w, 3). mask: bool (h, w).
    """
    lab = lab_from_srgb(photo)
    # Connected areas outside the mask: those at the image's edge are background, others are holes.
    labels, areas = label_components(~mask)
    at_edge = find_labels_at_edge(labels, len(areas))
    background = at_edge[labels] & ~mask
    filled = mask.copy()
    for label in np.flatnonzero((areas > 0) & ~at_edge):
        hole = labels == label
        if not _shows_background(lab, hole, background):
            filled |= hole
    return filled


def _shows_background(lab: np.ndarray, hole: np.ndarray, background: np.ndarray) -> bool:
    """Whether the median color of a hole occurs in the background near it.

    lab: the photo, float32 CIE Lab (h, w, 3). hole, background: their pixels, bool (h, w).
    """
    if not background.any():
        return False
    distance = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
    near = background & (distance <= distance[background].min() + REACH * max(hole.shape))
    hole_color = np.median(lab[hole], axis=0)
    color_distances = np.linalg.norm(lab[near] - hole_color, axis=1)
    return float(np.quantile(color_distances, MATCHING_SHARE)) <= MAX_COLOR_DISTANCE
