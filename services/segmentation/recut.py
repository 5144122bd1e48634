"""Finds a coarse mask's true edge: cuts again, finer, in a narrow band around it."""

import cv2
import numpy as np

from services.segmentation.grabcut import cut
from services.segmentation.morphology import grow, label, shrink

BAND = 0.018
ROUNDS = 1
DEEP = 0.5
SMOOTH = 1.2


def recut_edge(photo: np.ndarray, mask: np.ndarray, trusted: bool = False) -> np.ndarray:
    """Returns the mask with its edge on the photo's edges, bool (h, w).

    photo: uint8 RGB (h, w, 3).
    mask: bool (h, w), right but for a band of BAND of the longer side on each side of its edge.
    trusted: gives back what the cut took from deep inside the mask. Where the product has the
        backdrop's colors, as clear glass has, the cut takes all that it may.
    """
    reach = max(2, round(BAND * max(mask.shape)))
    seeds = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    seeds[shrink(mask, reach)] = cv2.GC_FGD
    seeds[~grow(mask, reach)] = cv2.GC_BGD
    recut = cut(photo, seeds, ROUNDS)
    return _give_back(recut, mask, reach) if trusted else recut


def _give_back(recut: np.ndarray, mask: np.ndarray, reach: int) -> np.ndarray:
    labels, areas = label(mask & ~recut)
    deep = np.zeros(len(areas), bool)
    deep[labels[shrink(mask, max(1, round(DEEP * reach)))]] = True
    given = (deep & (areas > 0))[labels]
    whole = (recut | given).astype(np.float32)
    smooth = cv2.GaussianBlur(whole, (0, 0), SMOOTH * reach) > 0.5
    return np.where(grow(given, max(1, round(DEEP * reach))), smooth, recut)
