"""Segments a product coarsely by color: from a plain background, a network's prior, or by vote."""

from dataclasses import dataclass

import cv2
import numpy as np

from services.runtime.engines import EngineWarning
from services.runtime.errors import ProductNotFound
from services.segmentation.consensus import compute_iou, measure_separation
from services.segmentation.grabcut import MapCuts, run_grabcut
from services.segmentation.morphology import fill_holes
from services.segmentation.photo_background import PhotoBackground, fit_photo_background
from services.segmentation.plain_background import LOOKALIKE_SHARE, cut_from_plain_background
from services.segmentation.scale import shrink_to_side
from services.segmentation.seeds import create_probability_seeds
from services.segmentation.voting import cut_by_vote

# Longer side in pixels of the coarse mask. Larger: thinner parts are found, and cuts take longer.
COARSE_SIDE = 320
# Share of the photo below which a mask is dust rather than a product.
MIN_PRODUCT_SHARE = 0.001
# Share of the photo above which a network's mask is the photo itself, as in noise. Larger: noise
# counts as a product; smaller: products that fill the photo are rejected.
MAX_PRODUCT_SHARE = 0.9
# Agreement of the cuts below which nothing was found. Larger: more photos are rejected.
MIN_AGREEMENT = 0.25
# Confidence from which on no warning is added. Larger: more warnings.
CONFIDENT = 0.6
# Color separation from which on confidence is the agreement alone; less separated colors make a cut
# less certain, however well the cuts agree. Larger: less confidence in similar colors.
CLEAR_SEPARATION = 0.6
# Probabilities of a prior below the first are certainly background, above the second certainly
# product. Closer together: more errors of the network stay.
PRIOR_CERTAINTY = (0.1, 0.9)
# GrabCut iterations from a prior. More take proportionally longer.
PRIOR_ITERATIONS = 2
# The least overlap (IoU) of a cut with the prior's mask. Larger: the prior decides more often.
MIN_PRIOR_IOU = 0.85

NOT_FOUND = (
    "nothing in this photo stands out from its surroundings; send one with the whole product in "
    "the middle, well lit, before a background of another color"
)
LOOKALIKE_WARNING = EngineWarning(
    "LOW_CONFIDENCE",
    "much of the product looks like the background, as transparent material or white on white "
    "does; check the cut-out's outline, or photograph the product before a darker or colored "
    "background",
)
UNSURE_WARNING = EngineWarning(
    "LOW_CONFIDENCE",
    "product and surroundings are hard to tell apart; check the cut-out, or photograph the product "
    "in the middle of a plain background",
)


@dataclass(frozen=True)
class CoarseCut:
    """A coarse segmentation of a product.

    mask: bool (h, w), the longer side at most COARSE_SIDE. confidence: 0 to 1.
    on_plain_background: whether the photo has a plain background.
    """

    mask: np.ndarray
    confidence: float
    warnings: tuple[EngineWarning, ...]
    on_plain_background: bool

    @property
    def nbytes(self) -> int:
        """Size of the mask in bytes."""
        return self.mask.nbytes


def cut_coarsely(
    photo: np.ndarray,
    box_share: float,
    map_cuts: MapCuts = map,
    prior: np.ndarray | None = None,
) -> CoarseCut:
    """Finds the product in a photo, uint8 RGB (h, w, 3), at low resolution.

    Returns a bool mask of at most COARSE_SIDE pixels per side, with its confidence and warnings.

    box_share: share of each side, 0 to 1, of a centered box that probably contains the product;
        unused before a plain background.
    map_cuts: applies a function to independent inputs, like `map`; it may run them in parallel.
    prior: probability, by a network, that a pixel shows the product: float32 (h, w), 0 to 1,
        stretched over the photo. It corrects a cut that contradicts it, and replaces the vote.

    Raises ProductNotFound if nothing stands out.
    """
    small = shrink_to_side(photo, COARSE_SIDE)
    expected = None if prior is None else cut_by_prior(small, prior)
    background = fit_photo_background(small)
    if background.is_plain:
        coarse = _cut_with_warnings(small, background, map_cuts)
        if expected and _contradict(coarse.mask, expected.mask):
            coarse = expected
    else:
        coarse = expected or _cut_by_agreement(small, box_share, map_cuts)
    if coarse.mask.mean() < MIN_PRODUCT_SHARE or coarse.mask.all():
        raise ProductNotFound(NOT_FOUND)
    return coarse


def cut_by_prior(small: np.ndarray, prior: np.ndarray) -> CoarseCut | None:
    """Cuts the product where a network expects it, with the edge that colors have.

    Returns None if the network expects none. The confidence is the mean probability of the product.

    small: the photo at working size, uint8 RGB (h, w, 3).
    prior: that a pixel shows the product, float32, 0 to 1, of any size, stretched over the photo.
    """
    probability = cv2.resize(prior, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    expected = probability > 0.5
    if not MIN_PRODUCT_SHARE <= expected.mean() <= MAX_PRODUCT_SHARE:
        return None
    seeds = create_probability_seeds(probability, *PRIOR_CERTAINTY)
    cut = run_grabcut(small, seeds, PRIOR_ITERATIONS)
    # Colors that both sides share lead GrabCut astray.
    mask = cut if compute_iou(cut, expected) >= MIN_PRIOR_IOU else expected
    confidence = float(probability[expected].mean())
    warnings = create_confidence_warnings(confidence)
    return CoarseCut(mask, confidence, warnings, on_plain_background=False)


def _contradict(cut: np.ndarray, expected: np.ndarray) -> bool:
    """Whether a cut from a plain background shows another product than a network expects.

    Openings do not count: a network of low resolution fills them, and color shows them best.

    cut, expected: bool (h, w).
    """
    return compute_iou(fill_holes(cut), fill_holes(expected)) < MIN_PRIOR_IOU


def _cut_with_warnings(
    small: np.ndarray, background: PhotoBackground, map_cuts: MapCuts
) -> CoarseCut:
    """Cuts the product from a plain background and adds warnings about the result.

    small: the photo at working size, uint8 RGB (h, w, 3).
    background: smooth color gradient that was fitted to the background of the photo.
    map_cuts: applies a function to independent inputs, like `map`.

    The result has a warning if the product looks like the background or the confidence is low.
    """
    cut = cut_from_plain_background(small, background, map_cuts)
    is_lookalike = cut.lookalike >= LOOKALIKE_SHARE
    warnings = (LOOKALIKE_WARNING,) if is_lookalike else create_confidence_warnings(cut.confidence)
    return CoarseCut(cut.mask, cut.confidence, warnings, on_plain_background=True)


def _cut_by_agreement(small: np.ndarray, box_share: float, map_cuts: MapCuts) -> CoarseCut:
    """Finds the product before any background: several cuts vote on each pixel.

    small: the photo at working size, uint8 RGB (h, w, 3).
    box_share: share of each side, 0 to 1, of a centered box that probably contains the product.
    map_cuts: applies a function to independent inputs, like `map`.

    Raises ProductNotFound if the cuts agree too little.
    """
    mask, agreement = cut_by_vote(small, box_share, map_cuts)
    if agreement < MIN_AGREEMENT:
        raise ProductNotFound(NOT_FOUND)
    confidence = agreement * min(1.0, measure_separation(small, mask) / CLEAR_SEPARATION)
    warnings = create_confidence_warnings(confidence)
    return CoarseCut(mask, confidence, warnings, on_plain_background=False)


def create_confidence_warnings(confidence: float) -> tuple[EngineWarning, ...]:
    """Returns one warning if the confidence, 0 to 1, is low, otherwise none."""
    return () if confidence >= CONFIDENT else (UNSURE_WARNING,)
