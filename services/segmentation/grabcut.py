"""Cuts a picture in two with GrabCut, always the same way for the same picture.

C. Rother, V. Kolmogorov, A. Blake: "GrabCut", ACM Transactions on Graphics 23(3), 2004.
"""

import cv2
import numpy as np

COMPONENTS = 5


def cut(image: np.ndarray, seeds: np.ndarray, rounds: int) -> np.ndarray:
    """Returns the product's mask, bool (h, w).

    image: uint8 (h, w, 3), any three channels in which product and backdrop differ.
    seeds: uint8 (h, w) of cv2.GC_BGD, GC_FGD, GC_PR_BGD and GC_PR_FGD; where one side has too few
        pixels to learn its colors from, the seeds are the answer.
    """
    inside = (seeds & 1).astype(bool)
    if min(inside.sum(), (~inside).sum()) < COMPONENTS:
        return inside
    # OpenCV's generator belongs to the thread, and its state to whatever ran there before.
    cv2.setRNGSeed(0)
    labels = seeds.copy()
    cv2.grabCut(image, labels, None, None, None, rounds, cv2.GC_INIT_WITH_MASK)
    return (labels & 1).astype(bool)
