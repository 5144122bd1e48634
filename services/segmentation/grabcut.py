"""Separates product from background with GrabCut, deterministically.

C. Rother, V. Kolmogorov, A. Blake: "GrabCut", ACM Transactions on Graphics 23(3), 2004.
"""

from collections.abc import Callable, Iterable

import cv2
import numpy as np

from services.runtime.guards.cancellation import check_active

# OpenCV's number of Gaussians per color model; a side with fewer pixels cannot be modeled.
COMPONENTS = 5
# Parameters of one color model in OpenCV: a weight, a mean and a covariance per Gaussian.
MODEL_SIZE = COMPONENTS * (1 + 3 + 9)

MapCuts = Callable[..., Iterable[np.ndarray]]
"""Runs independent cuts, like `map`; a thread pool's `map` runs them in parallel."""


def run_grabcut(image: np.ndarray, seeds: np.ndarray, iterations: int) -> np.ndarray:
    """Separates product and background by color with OpenCV's GrabCut; returns a bool mask (h, w).

    The mask is true on the product.

    image: uint8 (h, w, 3), any three channels in which product and background differ.
    seeds: what each pixel is at the start, uint8 (h, w): cv2.GC_FGD certainly product, GC_BGD
        certainly background, GC_PR_FGD and GC_PR_BGD probably so. If one side has too few pixels to
        model its colors, the seeds themselves are returned as the mask.
    iterations: how often colors are modeled and pixels reassigned.

    Raises CallCancelled if the caller no longer waits.
    """
    check_active()
    # OpenCV's constants for the product, certain or probable, are the odd ones.
    is_seed_product = (seeds & 1).astype(bool)
    if min(is_seed_product.sum(), (~is_seed_product).sum()) < COMPONENTS:
        return is_seed_product
    # OpenCV's random generator is per thread and keeps the state of earlier work.
    cv2.setRNGSeed(0)
    labels = seeds.copy()
    # grabCut changes labels and both color models in place.
    background, foreground = np.zeros((1, MODEL_SIZE)), np.zeros((1, MODEL_SIZE))
    unused_box = (0, 0, 1, 1)
    cv2.grabCut(
        image, labels, unused_box, background, foreground, iterations, cv2.GC_INIT_WITH_MASK
    )
    check_active()
    return (labels & 1).astype(bool)
