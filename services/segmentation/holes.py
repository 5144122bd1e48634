"""Tells holes through which the backdrop shows from parts of a product that look like holes."""

import cv2
import numpy as np

from services.imaging.color import lab_from_srgb
from services.segmentation.morphology import at_frame, label

# A share of the longer side, and Lab units.
REACH = 0.06
ALIKE = 12.0
# The backdrop next to a hole may have many colors; one of them is enough.
NEAREST = 0.1


def close_false_holes(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Fills the holes of a bool mask (h, w) whose color is not that of the backdrop next to them.

    photo: uint8 RGB (h, w, 3). A highlight or a label is not the color of what lies behind.
    """
    lab = lab_from_srgb(photo)
    labels, areas = label(~mask)
    beyond = at_frame(labels, len(areas))
    outside = beyond[labels] & ~mask
    filled = mask.copy()
    for number in np.flatnonzero((areas > 0) & ~beyond):
        hole = labels == number
        if not _shows_through(lab, hole, outside):
            filled |= hole
    return filled


def _shows_through(lab: np.ndarray, hole: np.ndarray, outside: np.ndarray) -> bool:
    if not outside.any():
        return False
    distance = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 3)
    near = outside & (distance <= distance[outside].min() + REACH * max(hole.shape))
    color = np.median(lab[hole], axis=0)
    return float(np.quantile(np.linalg.norm(lab[near] - color, axis=1), NEAREST)) <= ALIKE
