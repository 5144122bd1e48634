"""Cuts products out without a trained model: by colours, outlines and agreement."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from services.runtime.engines import Notice
from services.runtime.errors import NothingFound
from services.segmentation.backdrop import Backdrop, fit_backdrop
from services.segmentation.consensus import separation
from services.segmentation.cutout import cut_out
from services.segmentation.engine import Finding, Prompt
from services.segmentation.plain import MUCH, cut_from_plain
from services.segmentation.scale import fit_within
from services.segmentation.voting import cut_by_vote

COARSE_SIDE = 320
# A smaller share of the photo is dust; cuts that agree less have found nothing in common.
LEAST_PRODUCT = 0.001
LEAST_AGREEMENT = 0.25
SURE = 0.6
# Less separate colors make a cut less sure, however far the cuts agree.
CLEARLY_APART = 0.6

NOTHING = (
    "nothing in this photo stands out from its surroundings; send one with the whole product in "
    "the middle, well lit, before a backdrop of another colour"
)
LOOKALIKE = Notice(
    "LOW_CONFIDENCE",
    "much of the product looks like the backdrop, as transparent material or white on white does; "
    "check the cut-out's outline, or photograph the product before a darker or coloured backdrop",
)
UNSURE = Notice(
    "LOW_CONFIDENCE",
    "product and surroundings are hard to tell apart; check the cut-out, or photograph the product "
    "in the middle of a plain backdrop",
)


class Classic:
    """Needs no weights; the same photo gives the same bytes on any number of threads."""

    name = "classic"
    version = f"1-opencv{cv2.__version__}"

    def __init__(self, threads: int | None = None) -> None:
        self._pool = ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)))

    def find(self, photo: np.ndarray, prompt: Prompt) -> Finding:
        """Cuts the product out of uint8 RGB (H, W, 3); raises NothingFound when there is none."""
        small = fit_within(photo, COARSE_SIDE)
        backdrop = fit_backdrop(small)
        if backdrop.plain:
            coarse = self._enclose(small, backdrop)
        else:
            coarse = self._vote(small, prompt.box_share)
        if coarse.mask.mean() < LEAST_PRODUCT or coarse.mask.all():
            raise NothingFound(NOTHING)
        cutout, bounds = cut_out(
            photo, coarse.mask, prompt.max_side, trusted=backdrop.plain, fine=prompt.fine
        )
        return Finding(cutout, bounds, coarse.confidence, coarse.notices)

    def _enclose(self, small: np.ndarray, backdrop: Backdrop) -> "_Coarse":
        found = cut_from_plain(small, backdrop, self._pool.map)
        if found.lookalike >= MUCH:
            return _Coarse(found.mask, found.confidence, (LOOKALIKE,))
        return _Coarse(found.mask, found.confidence, _doubts(found.confidence))

    def _vote(self, small: np.ndarray, box_share: float) -> "_Coarse":
        mask, agreement = cut_by_vote(small, box_share, self._pool.map)
        if agreement < LEAST_AGREEMENT:
            raise NothingFound(NOTHING)
        confidence = agreement * min(1.0, separation(small, mask) / CLEARLY_APART)
        return _Coarse(mask, confidence, _doubts(confidence))


@dataclass(frozen=True)
class _Coarse:
    mask: np.ndarray
    confidence: float
    notices: tuple[Notice, ...]


def _doubts(confidence: float) -> tuple[Notice, ...]:
    return () if confidence >= SURE else (UNSURE,)
