"""Rids a mask of crumbs and pin holes."""

import numpy as np

from services.segmentation.morphology import at_frame, label

LEAST_PART_AT_FRAME = 0.25
LEAST_HOLE = 0.005


def clean(mask: np.ndarray, least_part: float) -> np.ndarray:
    """Returns a bool mask (h, w) of the product's parts, two shoes being two, without pin holes.

    A part stays from `least_part` of the largest part's area on; one that runs out of the picture
    rather belongs to the surroundings and stays from LEAST_PART_AT_FRAME on. A hole stays open
    from LEAST_HOLE of the product's area on.
    """
    labels, areas = label(mask)
    least = np.where(at_frame(labels, len(areas)), LEAST_PART_AT_FRAME, least_part)
    kept = (areas >= least * areas.max()) & (areas > 0)
    return _close_holes(kept[labels])


def _close_holes(mask: np.ndarray) -> np.ndarray:
    labels, areas = label(~mask)
    small = areas < LEAST_HOLE * np.count_nonzero(mask)
    small &= (areas > 0) & ~at_frame(labels, len(areas))
    return mask | small[labels]
