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
    """Returns a product's mask, bool (h, w), without stray parts and pinholes.

    A part is a connected area of the mask. A product may have several, such as two shoes. A part
    stays if its area is at least `min_part_share` (0 to 1) of the largest part's; if it is farther
    from that part than it is large, or touches the photo's edge, at least MIN_DISTANT_SHARE of it.
    Parts that touch the edge are dropped entirely if another part of at least MIN_MAIN_SHARE does
    not: they rather belong to the surroundings.
    """
    # All but `labels` are indexed by label, one per part; label 0 is the background, with area 0.
    labels, areas = label_components(mask)
    at_edge = find_labels_at_edge(labels, len(areas))
    has_main_part_inside = areas[~at_edge].max(initial=0) >= MIN_MAIN_SHARE * areas.max()
    kept = (areas >= min_part_share * areas.max()) & (areas > 0) & ~(at_edge & has_main_part_inside)
    small = np.flatnonzero(kept & (areas < MIN_DISTANT_SHARE * areas.max()))
    if small.size:
        kept[small] &= ~at_edge[small] & ~_find_distant_parts(labels, areas, small)
    return _close_pinholes(kept[labels])


def _find_distant_parts(labels: np.ndarray, areas: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Returns for each part whether it is farther from the largest part than it is large.

    The size of a part is the square root of its area.

    labels: int32 (h, w), the number of the part at each pixel, 0 outside all parts.
    areas: in pixels, by number. parts: the numbers to check, int (n,). Returns bool (n,).
    """
    outside_largest = (labels != areas.argmax()).astype(np.uint8)
    distances = cv2.distanceTransform(outside_largest, cv2.DIST_L2, cv2.DIST_MASK_5)
    nearest = np.array([distances[labels == part].min() for part in parts])
    return nearest > np.sqrt(areas[parts])


def _close_pinholes(mask: np.ndarray) -> np.ndarray:
    """Returns a bool mask (h, w) without holes smaller than MIN_HOLE_SHARE of its area.

    A hole is a connected area outside the mask that does not touch the image's edge.
    """
    # Indexed by the number of the connected area; number 0 stands for the mask, with area 0.
    labels, areas = label_components(~mask)
    is_pinhole = areas < MIN_HOLE_SHARE * np.count_nonzero(mask)
    is_pinhole &= (areas > 0) & ~find_labels_at_edge(labels, len(areas))
    return mask | is_pinhole[labels]
