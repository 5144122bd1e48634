"""Makes one mask of several of one photo: the best one, put right by those that agree with it."""

from collections.abc import Sequence

import cv2
import numpy as np

PEERS = 3
LIKE_MINDED = 0.8
BINS = 8
# Tuned on photos, on a plateau; a tiny patch is easily set apart, hence the area.
SEPARATION_POWER = 3
AREA_POWER = 0.75


def agree(photo: np.ndarray, masks: Sequence[np.ndarray]) -> tuple[np.ndarray, float]:
    """Returns a bool mask (h, w), and how far the masks agree on it, 0 to 1.

    The best mask is one that others overlap with and whose colors stand out. Those that are like
    it then vote on every pixel. Their agreement is the best one's mean overlap with its nearest
    peers.

    photo: uint8 RGB (h, w, 3); masks: two or more bool (h, w).
    """
    overlaps = np.array([[overlap(a, b) for b in masks] for a in masks])
    np.fill_diagonal(overlaps, -1)
    nearest = np.sort(overlaps, axis=1)[:, ::-1][:, : min(PEERS, len(masks) - 1)]
    agreement = nearest.mean(axis=1)
    merit = [
        agreed * separation(photo, mask) ** SEPARATION_POWER * mask.mean() ** AREA_POWER
        for agreed, mask in zip(agreement, masks, strict=True)
    ]
    best = int(np.argmax(merit))
    like_minded = [masks[best], *(masks[i] for i in np.flatnonzero(overlaps[best] >= LIKE_MINDED))]
    return np.mean(like_minded, axis=0) >= 0.5, float(agreement[best])


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two bool masks (h, w), 0 to 1; two empty masks agree."""
    union = np.count_nonzero(a | b)
    return np.count_nonzero(a & b) / union if union else 1.0


def separation(photo: np.ndarray, mask: np.ndarray) -> float:
    """How little the colors of uint8 RGB (h, w, 3) inside and outside a bool mask are alike.

    1 less the intersection of their histograms (M. Swain, D. Ballard: "Color Indexing", IJCV 7(1),
    1991) in CIE Lab: 0 to 1, and 0 where either side is empty.
    """
    if mask.all() or not mask.any():
        return 0.0
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2Lab)
    inside, outside = (
        cv2.calcHist([lab], [0, 1, 2], side.astype(np.uint8), [BINS] * 3, [0, 256] * 3) / side.sum()
        for side in (mask, ~mask)
    )
    return 1 - float(np.minimum(inside, outside).sum())
