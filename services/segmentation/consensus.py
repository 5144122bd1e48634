"""Merges several masks of one photo: the best one and those similar to it vote on each pixel."""

from collections.abc import Sequence

import cv2
import numpy as np

# Nearest other masks whose overlap counts as agreement. More: a minority of good masks loses.
PEERS = 3
# Overlap (IoU) from which on masks vote together. Smaller: different cuts blur each other.
MIN_VOTER_IOU = 0.8
# Histogram bins per Lab channel. More: small color differences and noise count as separation.
BINS = 8
# Exponents of color separation and of area in a mask's merit, tuned on photos, on a plateau. Area
# counts because a tiny patch is easily separated.
SEPARATION_POWER = 3
AREA_POWER = 0.75


def merge_masks(photo: np.ndarray, masks: Sequence[np.ndarray]) -> tuple[np.ndarray, float]:
    """Merges masks of one photo into one, bool (h, w), and returns their agreement, 0 to 1.

    The best mask overlaps with others, separates colors well and is not tiny. It and the masks
    similar to it vote on every pixel; half of the votes is enough. The agreement is the best mask's
    mean overlap (intersection over union) with its peers, the PEERS most similar other masks.

    photo: uint8 RGB (h, w, 3). masks: two or more, bool (h, w).
    """
    overlaps = np.array([[compute_iou(a, b) for b in masks] for a in masks])
    # Below every overlap, so that no mask counts as its own peer.
    np.fill_diagonal(overlaps, -1)
    peer_overlaps = np.sort(overlaps, axis=1)[:, ::-1][:, : min(PEERS, len(masks) - 1)]
    agreements = peer_overlaps.mean(axis=1)
    merits = [
        agreement * measure_separation(photo, mask) ** SEPARATION_POWER * mask.mean() ** AREA_POWER
        for agreement, mask in zip(agreements, masks, strict=True)
    ]
    best = int(np.argmax(merits))
    similar = [int(index) for index in np.flatnonzero(overlaps[best] >= MIN_VOTER_IOU)]
    voters = [masks[best], *(masks[index] for index in similar)]
    return np.mean(voters, axis=0) >= 0.5, float(agreements[best])


def compute_iou(a: np.ndarray, b: np.ndarray) -> float:
    """Returns how much two masks overlap: their intersection over union (IoU), 0 to 1.

    a, b: bool (h, w). If both are empty they count as equal, 1.
    """
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 1.0


def measure_separation(photo: np.ndarray, mask: np.ndarray) -> float:
    """Returns how much the colors inside and outside a mask differ, 0 to 1.

    This is 1 minus the intersection of their histograms (M. Swain, D. Ballard: "Color Indexing",
    IJCV 7(1), 1991) in CIE Lab, and 0 if nothing is inside or nothing outside.

    photo: uint8 RGB (h, w, 3). mask: bool (h, w).
    """
    if mask.all() or not mask.any():
        return 0.0
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2Lab)
    # Each histogram is a float32 array of BINS per Lab channel, whose sum is 1.
    inside, outside = (
        cv2.calcHist([lab], [0, 1, 2], side.astype(np.uint8), [BINS] * 3, [0, 256] * 3) / side.sum()
        for side in (mask, ~mask)
    )
    return 1 - float(np.minimum(inside, outside).sum())
