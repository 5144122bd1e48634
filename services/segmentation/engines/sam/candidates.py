"""Scores the masks that a model offers: which one is the product, and whether to trust it."""

from dataclasses import dataclass

import numpy as np

from services.segmentation.consensus import compute_iou, measure_separation
from services.segmentation.engine import MaskScores

# Shares of the photo that a product can cover. A smaller mask is a speck, a larger one the photo.
MIN_AREA, MAX_AREA = 0.002, 0.95
# A mask that covers more than this share of the border is the surroundings', and its complement
# becomes a candidate. Smaller: complements of products that touch the edge are offered as well.
MAX_BORDER_SHARE = 0.5
# Offset of the two thresholds whose masks are compared for stability, in logits: the default of
# segment-anything's automatic mask generator (stability_score_offset).
STABILITY_OFFSET = 1.0
# Score from which on a mask is trusted, by contract (MaskCandidate.score). Larger: more photos are
# left to another engine.
MIN_TRUSTED_SCORE = 0.5
# Weights of the measurements in the score, a weighted geometric mean, so that failing in one of
# them is enough to be doubtful. Larger: that measurement counts more. The prediction of the
# model counts most, the mask's place least.
PREDICTED_IOU_WEIGHT = 3
STABILITY_WEIGHT = 2
BORDER_WEIGHT = 1
CENTER_WEIGHT = 1
SEPARATION_WEIGHT = 2
# The same for the agreement with the product as known without the model, before it is multiplied by
# the certainty of that knowledge.
AGREEMENT_WEIGHT = 3
# Measurements below this count as this, so that a single 0 does not make the score 0.
MIN_MEASUREMENT = 0.02


@dataclass(frozen=True)
class ScoringContext:
    """What masks are scored against.

    photo: uint8 RGB (h, w, 3), at the size of the masks. center: x, y of the prompt's center in its
    pixels. radius: distance from there to the prompt's corner. known_mask: bool (h, w), the product
    as known without the model, or None. certainty: of known_mask, 0 to 1.
    """

    photo: np.ndarray
    center: tuple[float, float]
    radius: float
    known_mask: np.ndarray | None = None
    certainty: float = 1.0


@dataclass(frozen=True)
class ScoredMask:
    """One mask and its measurements, each as in the contract's MaskCandidate.

    logits: float32 (256, 256), above 0 where the model sees product; the photo covers their upper
    left part. mask: bool (h, w), the product in the photo of the context.
    """

    logits: np.ndarray
    mask: np.ndarray
    predicted_iou: float
    stability: float
    area: float
    border: float
    center: float
    separation: float
    agreement: float | None
    certainty: float
    complement: bool = False
    refined: bool = False

    @property
    def score(self) -> float:
        """How likely the mask is the product, 0 to 1: the weighted geometric mean of measurements.

        0 if the mask is too small or too large to be a product.
        """
        if not MIN_AREA <= self.area <= MAX_AREA:
            return 0.0
        weighted: list[tuple[float, float]] = [
            (self.predicted_iou, PREDICTED_IOU_WEIGHT),
            (self.stability, STABILITY_WEIGHT),
            (1 - self.border, BORDER_WEIGHT),
            (self.center, CENTER_WEIGHT),
            (self.separation, SEPARATION_WEIGHT),
        ]
        if self.agreement is not None:
            weighted.append((self.agreement, AGREEMENT_WEIGHT * self.certainty))
        values, weights = (np.array(column, float) for column in zip(*weighted, strict=True))
        logs = np.log(np.clip(values, MIN_MEASUREMENT, 1))
        return float(np.exp((logs * weights).sum() / weights.sum()))

    @property
    def scores(self) -> MaskScores:
        """The measurements and the score without the pixels, as responses report them."""
        return MaskScores(
            score=self.score,
            predicted_iou=self.predicted_iou,
            stability=self.stability,
            area=self.area,
            border=self.border,
            center=self.center,
            separation=self.separation,
            agreement=self.agreement,
            complement=self.complement,
            refined=self.refined,
        )

    @property
    def is_trusted(self) -> bool:
        """Whether the mask can be used without a second opinion."""
        return self.score >= MIN_TRUSTED_SCORE


def score_mask(
    context: ScoringContext,
    logits: np.ndarray,
    predicted_iou: float,
    *,
    complement: bool = False,
    refined: bool = False,
) -> ScoredMask:
    """Measures how likely a mask of the model is the product.

    context: the photo and what is known about the product in it.
    logits: the mask, float32 (256, 256), above 0 where the model sees product; the photo covers its
        upper left part.
    predicted_iou: the model's own prediction of how well the mask fits, about 0 to 1.
    complement: whether the logits are the negated ones of a mask of the surroundings.
    refined: whether they come from a second, closer prompt.
    """
    height, width = context.photo.shape[:2]
    visible = logits[:height, :width]
    mask = visible > 0
    known = context.known_mask
    return ScoredMask(
        logits,
        mask,
        predicted_iou=float(np.clip(predicted_iou, 0, 1)),
        stability=compute_iou(visible > STABILITY_OFFSET, visible > -STABILITY_OFFSET),
        area=float(mask.mean()),
        border=measure_border_coverage(mask),
        center=_measure_centeredness(context, mask),
        separation=measure_separation(context.photo, mask),
        agreement=None if known is None else compute_iou(mask, known),
        certainty=context.certainty,
        complement=complement,
        refined=refined,
    )


def score_masks(
    context: ScoringContext, logits: np.ndarray, predicted_ious: np.ndarray
) -> list[ScoredMask]:
    """Measures how likely each mask of the model is the product; returns them best first.

    A mask along the photo's border rather shows the surroundings, so its complement, everything
    outside it, is measured as well.

    context: the photo and what is known about the product in it.
    logits: the masks, float32 (n, 256, 256), above 0 where the model sees product.
    predicted_ious: the model's own prediction of how well each fits, float32 (n,).
    """
    scored = [
        score_mask(context, mask_logits, predicted_iou)
        for mask_logits, predicted_iou in zip(logits, predicted_ious, strict=True)
    ]
    scored += [
        score_mask(context, -mask.logits, mask.predicted_iou, complement=True)
        for mask in scored
        if mask.border > MAX_BORDER_SHARE
    ]
    return sorted(scored, key=lambda mask: mask.score, reverse=True)


def measure_border_coverage(mask: np.ndarray) -> float:
    """Returns the share of the outermost pixels that a bool mask (h, w) covers, 0 to 1."""
    return float(np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]]).mean())


def _measure_centeredness(context: ScoringContext, mask: np.ndarray) -> float:
    """Returns how close a mask's center of mass is to the center of the prompt, 0 to 1.

    1 is the prompt's center; 0 is as far from it as the corner of the prompting box, or farther,
    or an empty mask.

    mask: bool (h, w).
    """
    if not mask.any():
        return 0.0
    y, x = (positions.mean() for positions in np.nonzero(mask))
    distance = np.hypot(x - context.center[0], y - context.center[1])
    return float(max(0.0, 1 - distance / context.radius))
