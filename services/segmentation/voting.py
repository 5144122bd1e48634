"""Cuts a product out of any background: several cuts from different seeds vote on each pixel."""

from collections.abc import Iterator

import cv2
import numpy as np

from services.segmentation.cleaning import clean_mask
from services.segmentation.consensus import compute_iou, merge_masks
from services.segmentation.grabcut import MapCuts, run_grabcut
from services.segmentation.holes import fill_false_holes
from services.segmentation.saliency import find_salient_ellipse
from services.segmentation.scale import shrink_to_side
from services.segmentation.seeds import (
    create_box_seeds,
    create_ellipse_seeds,
    mark_border_as_background,
)

# Longer side of the first cuts, in pixels. They take a third of the time of full-size cuts, and
# most photos need no more to agree on.
SMALL_SIDE = 192
# Semi-axes across and down of the centered ellipses, as shares of the sides: small, medium and
# nearly filling products. More ellipses: more votes, and more time.
ELLIPSES = ((0.24, 0.27), (0.36, 0.40), (0.45, 0.46))
# GrabCut iterations of each cut. More take proportionally longer.
GRABCUT_ITERATIONS = 2
# The least area of a part of the product, as a share of the largest part's. Larger: fewer objects
# of the background, but small parts of the product are lost.
MIN_PART_SHARE = 0.25
# Cuts agree if all but one of them overlap (IoU) with their vote by this much. Larger: more photos
# are cut again at full size, which takes longer.
MIN_AGREEING_IOU = 0.6
# Overlap (IoU) from which on two cuts are refined as one. Smaller: less work, less variety.
SAME_IOU = 0.9
# Share of the image below which a cut has collapsed to a patch of one color, as happens in small
# images, in which smoothness weighs more. Larger: small products are cut again.
MIN_UNCOLLAPSED_AREA = 0.05
# The least overlap (IoU) of a refined mask with its original; otherwise the original stays.
# Larger: fewer refinements go astray, fewer help.
MIN_REFINED_IOU = 0.9


def cut_by_vote(
    photo: np.ndarray, box_share: float, map_cuts: MapCuts = map
) -> tuple[np.ndarray, float]:
    """Finds a product before any background: several GrabCut cuts vote on each pixel.

    Each cut starts from another guess of where the product is (its seeds). Returns the product's
    mask, bool (h, w), and how much the cuts agree on it, 0 to 1.

    photo: uint8 RGB (h, w, 3), a few hundred pixels long.
    box_share: share of each side, 0 to 1, of a centered box, which is one of the guesses.
    map_cuts: applies a function to independent inputs, like `map`; it may run them in parallel.
    """
    small = shrink_to_side(photo, SMALL_SIDE)
    small_masks = list(
        map_cuts(lambda seeds: _cut_and_clean(small, seeds), _generate_seeds(small, box_share))
    )
    mask, agreement = merge_masks(small, small_masks)
    mask = clean_mask(mask, MIN_PART_SHARE)
    if _do_masks_agree(small_masks, mask):
        rough = _resize_mask(mask, photo)
        refined = _refine_mask(photo, rough)
        mask = refined if compute_iou(refined, rough) >= MIN_REFINED_IOU else rough
    else:
        mask, agreement = merge_masks(photo, _refine_all(photo, small_masks, box_share, map_cuts))
    return fill_false_holes(photo, clean_mask(mask, MIN_PART_SHARE)), agreement


def _generate_seeds(photo: np.ndarray, box_share: float) -> Iterator[np.ndarray]:
    """Yields several guesses of where the product is, to start one GrabCut cut from each.

    They are centered ellipses, an ellipse around what stands out, and a centered box; each is uint8
    (h, w) of OpenCV's GrabCut constants. Order and number are the same for every photo.

    photo: uint8 RGB (h, w, 3). box_share: the box's share of each side, 0 to 1.
    """
    height, width = photo.shape[:2]
    for across, down in ELLIPSES:
        yield create_ellipse_seeds(height, width, across, down)
    x, y, across, down = find_salient_ellipse(photo)
    yield create_ellipse_seeds(height, width, across, down, x, y)
    yield create_box_seeds(height, width, box_share)


def _cut_and_clean(photo: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Runs GrabCut and drops stray parts of its mask; returns the product's mask, bool (h, w).

    photo: uint8 RGB (h, w, 3). seeds: what each pixel is at the start, as OpenCV's constants, uint8
    (h, w).
    """
    return clean_mask(run_grabcut(photo, seeds, GRABCUT_ITERATIONS), MIN_PART_SHARE)


def _do_masks_agree(masks: list[np.ndarray], merged: np.ndarray) -> bool:
    """Whether all masks but at most one overlap well with the mask that they were merged to.

    False as well if the merged mask has collapsed to a tiny patch. All are bool (h, w).
    """
    second_least_iou = sorted(compute_iou(mask, merged) for mask in masks)[1]
    return bool(second_least_iou >= MIN_AGREEING_IOU and merged.mean() >= MIN_UNCOLLAPSED_AREA)


def _refine_all(
    photo: np.ndarray, masks: list[np.ndarray], box_share: float, map_cuts: MapCuts
) -> list[np.ndarray]:
    """Refines every mask at the photo's size; nearly identical masks are refined only once.

    Returns one mask, bool (h, w), per mask of `masks`, in the same order.

    photo: uint8 RGB (h, w, 3).
    masks: smaller ones, bool, in the order of _generate_seeds, which they were cut from.
    box_share: share of each side, 0 to 1, of the seeds' centered box.
    map_cuts: applies a function to independent inputs, like `map`.
    """
    # For each mask the index of the first nearly identical one, which may be its own.
    first_twins = [
        next(index for index, other in enumerate(masks) if compute_iou(mask, other) >= SAME_IOU)
        for mask in masks
    ]
    seeds = list(_generate_seeds(photo, box_share))
    distinct = sorted(set(first_twins))
    refined = map_cuts(lambda index: _cut_again(photo, masks[index], seeds[index]), distinct)
    refined_by_index = dict(zip(distinct, refined, strict=True))
    return [refined_by_index[index] for index in first_twins]


def _cut_again(photo: np.ndarray, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Refines a small mask at the photo's size, or cuts again if it has collapsed to a patch.

    Returns bool (h, w).

    photo: uint8 RGB (h, w, 3). mask: bool, smaller. seeds: what the second cut starts from, as
    OpenCV's constants, uint8 (h, w).
    """
    if mask.mean() < MIN_UNCOLLAPSED_AREA:
        return _cut_and_clean(photo, seeds)
    return _refine_mask(photo, _resize_mask(mask, photo))


def _refine_mask(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Moves a mask's edge onto the photo's, by GrabCut that starts from the mask.

    photo: uint8 RGB (h, w, 3). mask: bool (h, w), like the result.
    """
    seeds = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    return _cut_and_clean(photo, mark_border_as_background(seeds))


def _resize_mask(mask: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """Resizes a bool mask to the height and width of a photo; returns bool (h, w)."""
    height, width = photo.shape[:2]
    return cv2.resize(mask.astype(np.float32), (width, height)) > 0.5
