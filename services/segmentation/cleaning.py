"""Cleans a mask of the product: drops stray parts and closes pinholes."""

import cv2
import numpy as np

from services.segmentation.morphology import find_labels_at_edge, label_components

# A part that is not cut off by the photo's edge is the main product from this share of the largest
# part's area on. Smaller: a small whole object wins over a product that runs out of the photo.
MIN_MAIN_SHARE = 0.3
# A part far from the largest one stays from this share of its area on. Smaller: other objects in
# the photo stay.
MIN_DISTANT_SHARE = 0.25
# A hole stays open from this share of the product's area on. Smaller: noise leaves pinholes.
MIN_HOLE_SHARE = 0.005


def clean_mask(mask: np.ndarray, min_part_share: float) -> np.ndarray:
    """Removes stray parts and pinholes from a product's mask, bool (h, w).

    A product may have several parts, such as two shoes. A part stays if its area is at least
    `min_part_share` of the largest part's; if it is farther from that part than it is large, or
    touches the photo's edge, at least MIN_DISTANT_SHARE of it. Parts that touch the edge are
    dropped entirely if another part of at least MIN_MAIN_SHARE does not: they rather belong to the
    surroundings.
    """
    labels, areas = label_components(mask)
    cut_off = find_labels_at_edge(labels, len(areas))
    has_whole = areas[~cut_off].max(initial=0) >= MIN_MAIN_SHARE * areas.max()
    kept = (areas >= min_part_share * areas.max()) & (areas > 0) & ~(cut_off & has_whole)
    small = np.flatnonzero(kept & (areas < MIN_DISTANT_SHARE * areas.max()))
    if small.size:
        kept[small] &= ~cut_off[small] & ~_find_distant_parts(labels, areas, small)
    return _close_pinholes(kept[labels])


def _find_distant_parts(labels: np.ndarray, areas: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Returns for each part whether it is farther from the largest part than it is large."""
    others = (labels != areas.argmax()).astype(np.uint8)
    distances = cv2.distanceTransform(others, cv2.DIST_L2, cv2.DIST_MASK_5)
    nearest = np.array([distances[labels == part].min() for part in parts])
    return nearest > np.sqrt(areas[parts])


def _close_pinholes(mask: np.ndarray) -> np.ndarray:
    """Fills the holes of a mask that are smaller than MIN_HOLE_SHARE of it."""
    labels, areas = label_components(~mask)
    small = areas < MIN_HOLE_SHARE * np.count_nonzero(mask)
    small &= (areas > 0) & ~find_labels_at_edge(labels, len(areas))
    return mask | small[labels]
