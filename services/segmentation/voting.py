"""Cuts a product out of any surroundings: several cuts from different starts, and their vote."""

from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np

from services.segmentation.cleaning import clean
from services.segmentation.consensus import agree, overlap
from services.segmentation.grabcut import cut
from services.segmentation.holes import close_false_holes
from services.segmentation.saliency import salient_ellipse
from services.segmentation.scale import fit_within
from services.segmentation.seeds import frame_in, seed_box, seed_ellipse

# Small pictures are cut at a third of the cost, and most photos need no more to agree on.
SMALL_SIDE = 192
ELLIPSES = ((0.24, 0.27), (0.36, 0.40), (0.45, 0.46))
ROUNDS = 2
LEAST_PART = 0.25
# Cuts are at one when all but one of them overlap with their vote by this much.
AT_ONE = 0.6
SAME = 0.9
# In a small picture smoothness weighs more, and cuts can collapse to a patch of one color.
COLLAPSED = 0.05
# A refined mask that differs more than this from the one it came from went astray.
LEAST_KEPT = 0.9


def cut_by_vote(
    photo: np.ndarray, box_share: float, map_cuts: Callable[..., Iterable] = map
) -> tuple[np.ndarray, float]:
    """Returns the product's mask, bool (h, w), and how far the cuts agree on it, 0 to 1.

    photo: uint8 RGB (h, w, 3), a few hundred pixels long. box_share: the share of each side that
    a centered box covers, one of the starts.
    map_cuts: runs the independent cuts; a thread pool's `map` runs them at once.
    """
    small = fit_within(photo, SMALL_SIDE)
    first = list(map_cuts(lambda seeds: _cut(small, seeds), _starts(small, box_share)))
    mask, agreement = agree(small, first)
    mask = clean(mask, LEAST_PART)
    if _are_at_one(first, mask):
        rough = _enlarge(mask, photo)
        refined = _refine(photo, rough)
        mask = refined if overlap(refined, rough) >= LEAST_KEPT else rough
    else:
        mask, agreement = agree(photo, _refine_all(photo, first, box_share, map_cuts))
    return close_false_holes(photo, clean(mask, LEAST_PART)), agreement


def _starts(photo: np.ndarray, box_share: float) -> Iterator[np.ndarray]:
    height, width = photo.shape[:2]
    for axes in ELLIPSES:
        yield seed_ellipse(height, width, *axes)
    x, y, *axes = salient_ellipse(photo)
    yield seed_ellipse(height, width, *axes, x, y)
    yield seed_box(height, width, box_share)


def _cut(photo: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    return clean(cut(photo, seeds, ROUNDS), LEAST_PART)


def _are_at_one(masks: list[np.ndarray], mask: np.ndarray) -> bool:
    second_worst = sorted(overlap(each, mask) for each in masks)[1]
    return second_worst >= AT_ONE and mask.mean() >= COLLAPSED


def _refine_all(
    photo: np.ndarray, masks: list[np.ndarray], box_share: float, map_cuts: Callable[..., Iterable]
) -> list[np.ndarray]:
    """Refines every mask; of those that are the same but for details, the first for all."""
    same = [next(j for j, b in enumerate(masks) if overlap(a, b) >= SAME) for a in masks]
    starts = list(_starts(photo, box_share))
    first = sorted(set(same))
    refined = map_cuts(lambda number: _cut_again(photo, masks[number], starts[number]), first)
    by_first = dict(zip(first, refined, strict=True))
    return [by_first[number] for number in same]


def _cut_again(photo: np.ndarray, mask: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    if mask.mean() < COLLAPSED:
        return _cut(photo, seeds)
    return _refine(photo, _enlarge(mask, photo))


def _refine(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    seeds = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    return _cut(photo, frame_in(seeds))


def _enlarge(mask: np.ndarray, photo: np.ndarray) -> np.ndarray:
    return cv2.resize(mask.astype(np.float32), photo.shape[1::-1]) > 0.5
