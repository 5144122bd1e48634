"""Cleans a mask of the product: which of its parts and holes are real."""

import cv2
import numpy as np

from services.segmentation.morphology import at_frame, label

LEAST_MAIN = 0.3
LEAST_PART_APART = 0.25
LEAST_HOLE = 0.005


def clean(mask: np.ndarray, least_part: float) -> np.ndarray:
    """Returns a bool mask (h, w) of the product's parts, two shoes being two, without pin holes.

    A part stays from `least_part` of the largest part's area on, and from LEAST_PART_APART on
    where it is farther from that part than it is large itself, or runs out of the picture. What
    runs out of the picture rather belongs to the surroundings: it does not stay at all where
    another part of at least LEAST_MAIN is whole. A hole stays open from LEAST_HOLE of the
    product's area on.
    """
    labels, areas = label(mask)
    cut_off = at_frame(labels, len(areas))
    has_whole = areas[~cut_off].max(initial=0) >= LEAST_MAIN * areas.max()
    kept = (areas >= least_part * areas.max()) & (areas > 0) & ~(cut_off & has_whole)
    small = np.flatnonzero(kept & (areas < LEAST_PART_APART * areas.max()))
    if small.size:
        kept[small] &= ~cut_off[small] & ~_are_apart(labels, areas, small)
    return _close_holes(kept[labels])


def _are_apart(labels: np.ndarray, areas: np.ndarray, parts: np.ndarray) -> np.ndarray:
    others = (labels != areas.argmax()).astype(np.uint8)
    distances = cv2.distanceTransform(others, cv2.DIST_L2, cv2.DIST_MASK_5)
    nearest = np.array([distances[labels == part].min() for part in parts])
    return nearest > np.sqrt(areas[parts])


def _close_holes(mask: np.ndarray) -> np.ndarray:
    labels, areas = label(~mask)
    small = areas < LEAST_HOLE * np.count_nonzero(mask)
    small &= (areas > 0) & ~at_frame(labels, len(areas))
    return mask | small[labels]
