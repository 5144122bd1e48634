"""Refines the edge of a coarse mask: runs GrabCut again, finer, in a narrow band around it."""

import cv2
import numpy as np

from services.segmentation.grabcut import run_grabcut
from services.segmentation.morphology import dilate_mask, erode_mask, label_components

# Half-width of the band that is cut again, as a share of the longer side: the error of a coarse
# mask. Wider: corrects larger errors, but may lose thin parts.
BAND = 0.018
# One iteration is enough: the seeds already show the colors of both sides. More take longer.
GRABCUT_ITERATIONS = 1
# Depth, as a share of the band's half-width, from which on a lost area counts as lost by mistake.
# Smaller: more of what the cut removed is restored.
DEEP_SHARE = 0.5
# Standard deviation of the blur that smooths a restored edge, in half-widths of the band. Larger:
# rounder corners.
SMOOTHING = 1.2


def refine_edge(photo: np.ndarray, mask: np.ndarray, trusted: bool = False) -> np.ndarray:
    """Moves the edge of a mask onto the photo's edges; returns a new mask, bool (h, w).

    GrabCut, which separates two sides by their colors, decides again in a band along the edge.

    photo: uint8 RGB (h, w, 3).
    mask: bool (h, w), correct except for BAND of the longer side on each side of its edge.
    trusted: whether to restore areas that GrabCut removed from deep inside the mask. If the product
        has the background's colors, as clear glass has, GrabCut removes the whole band.
    """
    reach = max(2, round(BAND * max(mask.shape)))
    seeds = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    seeds[erode_mask(mask, reach)] = cv2.GC_FGD
    seeds[~dilate_mask(mask, reach)] = cv2.GC_BGD
    refined = run_grabcut(photo, seeds, GRABCUT_ITERATIONS)
    return _restore_deep_areas(refined, mask, reach) if trusted else refined


def _restore_deep_areas(refined: np.ndarray, mask: np.ndarray, reach: int) -> np.ndarray:
    """Returns a refined mask plus the areas that refining removed from deep inside the original.

    The edge is smoothed where an area was restored.

    refined, mask: the mask after and before refining, bool (h, w), like the result.
    reach: how far refining may move the edge, in pixels.
    """
    labels, areas = label_components(mask & ~refined)
    depth = max(1, round(DEEP_SHARE * reach))
    # Indexed by the number of a removed area; number 0 stands for all other pixels.
    is_deep = np.zeros(len(areas), bool)
    is_deep[labels[erode_mask(mask, depth)]] = True
    restored = (is_deep & (areas > 0))[labels]
    complete = (refined | restored).astype(np.float32)
    # Blurring and thresholding rounds the edge; (0, 0) derives the kernel's size from sigma.
    smooth = cv2.GaussianBlur(complete, (0, 0), SMOOTHING * reach) > 0.5
    return np.where(dilate_mask(restored, depth), smooth, refined)
