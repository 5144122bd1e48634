"""Finds a product roughly, without a model: from a plain backdrop, else by vote."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from services.runtime.engines import EngineWarning
from services.runtime.errors import ProductNotFound
from services.segmentation.backdrop import Backdrop, fit_backdrop
from services.segmentation.consensus import separation
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
LOOKALIKE = EngineWarning(
    "LOW_CONFIDENCE",
    "much of the product looks like the backdrop, as transparent material or white on white does; "
    "check the cut-out's outline, or photograph the product before a darker or coloured backdrop",
)
UNSURE = EngineWarning(
    "LOW_CONFIDENCE",
    "product and surroundings are hard to tell apart; check the cut-out, or photograph the product "
    "in the middle of a plain backdrop",
)


@dataclass(frozen=True)
class Coarse:
    """A product's rough mask, bool (h, w) with a longer side of COARSE_SIDE or less.

    confidence: 0 to 1. plain: whether a plain backdrop was told apart.
    """

    mask: np.ndarray
    confidence: float
    warnings: tuple[EngineWarning, ...]
    plain: bool

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the mask takes."""
        return self.mask.nbytes


def find_coarse(
    photo: np.ndarray, box_share: float, map_cuts: Callable[..., Iterable] = map
) -> Coarse:
    """Finds the product in uint8 RGB (H, W, 3); raises ProductNotFound when nothing stands out.

    box_share: see cut_by_vote. map_cuts: runs the independent cuts, as a thread pool's `map` does.
    """
    small = fit_within(photo, COARSE_SIDE)
    backdrop = fit_backdrop(small)
    if backdrop.plain:
        coarse = _enclose(small, backdrop, map_cuts)
    else:
        coarse = _vote(small, box_share, map_cuts)
    if coarse.mask.mean() < LEAST_PRODUCT or coarse.mask.all():
        raise ProductNotFound(NOTHING)
    return coarse


def _enclose(small: np.ndarray, backdrop: Backdrop, map_cuts) -> Coarse:
    found = cut_from_plain(small, backdrop, map_cuts)
    lookalike = found.lookalike >= MUCH
    warnings = (LOOKALIKE,) if lookalike else _doubts(found.confidence)
    return Coarse(found.mask, found.confidence, warnings, plain=True)


def _vote(small: np.ndarray, box_share: float, map_cuts) -> Coarse:
    mask, agreement = cut_by_vote(small, box_share, map_cuts)
    if agreement < LEAST_AGREEMENT:
        raise ProductNotFound(NOTHING)
    confidence = agreement * min(1.0, separation(small, mask) / CLEARLY_APART)
    return Coarse(mask, confidence, _doubts(confidence), plain=False)


def _doubts(confidence: float) -> tuple[EngineWarning, ...]:
    return () if confidence >= SURE else (UNSURE,)
