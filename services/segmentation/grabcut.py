"""Separates product from background with GrabCut, deterministically.

C. Rother, V. Kolmogorov, A. Blake: "GrabCut", ACM Transactions on Graphics 23(3), 2004.
"""

from collections.abc import Callable, Iterable

import cv2
import numpy as np

# OpenCV's number of Gaussians per color model; a side with fewer pixels cannot be modeled.
COMPONENTS = 5
# Parameters of one color model in OpenCV: a weight, a mean and a covariance per Gaussian.
MODEL_SIZE = COMPONENTS * (1 + 3 + 9)

MapCuts = Callable[..., Iterable[np.ndarray]]
"""Runs independent cuts, like `map`; a thread pool's `map` runs them in parallel."""


def run_grabcut(image: np.ndarray, seeds: np.ndarray, iterations: int) -> np.ndarray:
    """Returns the product's mask, bool (h, w).

    image: uint8 (h, w, 3), any three channels in which product and background differ.
    seeds: uint8 (h, w) of cv2.GC_BGD, GC_FGD, GC_PR_BGD and GC_PR_FGD. If one side has too few
        pixels to model its colors, the seeds themselves are returned as the mask.
    """
    inside = (seeds & 1).astype(bool)
    if min(inside.sum(), (~inside).sum()) < COMPONENTS:
        return inside
    # OpenCV's random generator is per thread and keeps the state of earlier work.
    cv2.setRNGSeed(0)
    labels = seeds.copy()
    background, foreground = np.zeros((1, MODEL_SIZE)), np.zeros((1, MODEL_SIZE))
    unused = (0, 0, 1, 1)
    cv2.grabCut(image, labels, unused, background, foreground, iterations, cv2.GC_INIT_WITH_MASK)
    return (labels & 1).astype(bool)
