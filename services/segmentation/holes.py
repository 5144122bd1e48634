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
    """Fills the holes of a mask, bool (h, w), that do not show the color of the nearby background.

    A highlight or a label, for example, does not. Returns a new mask.

    photo: uint8 RGB (h, w, 3).
    """
    lab = lab_from_srgb(photo)
    labels, areas = label_components(~mask)
    at_edge = find_labels_at_edge(labels, len(areas))
    outside = at_edge[labels] & ~mask
    filled = mask.copy()
    for number in np.flatnonzero((areas > 0) & ~at_edge):
        hole = labels == number
        if not _shows_background(lab, hole, outside):
            filled |= hole
    return filled


def _shows_background(lab: np.ndarray, hole: np.ndarray, outside: np.ndarray) -> bool:
    """Whether the color of a hole occurs in the background next to it."""
    if not outside.any():
        return False
    distance = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 3)
    near = outside & (distance <= distance[outside].min() + REACH * max(hole.shape))
    color = np.median(lab[hole], axis=0)
    distances = np.linalg.norm(lab[near] - color, axis=1)
    return float(np.quantile(distances, MATCHING_SHARE)) <= MAX_COLOR_DISTANCE
