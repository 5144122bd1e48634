"""Judges the masks that a model offers: which is the product, and whether any can be trusted."""

from dataclasses import dataclass, fields

import numpy as np

from services.segmentation.consensus import overlap, separation
from services.segmentation.engine import MaskScores

SMALLEST, LARGEST = 0.002, 0.95
# A mask along this share of the frame is the surroundings', and the product is what it leaves out.
MOST_OF_FRAME = 0.5
STABLE_BY = 1.0
TRUSTED = 0.5
# The score is a weighted geometric mean, so that failing in one respect is enough to be doubtful.
WEIGHTS = {"predicted_iou": 3, "stability": 2, "inside": 1, "center": 1, "separation": 2}
AGREEMENT_WEIGHT = 3
FLOOR = 0.02


@dataclass(frozen=True)
class View:
    """What masks are judged against.

    photo: uint8 RGB (h, w, 3). center: x, y of the prompt in its pixels; reach: from there to the
    prompt's corner. known: bool (h, w), the product as far as it is known otherwise, or None;
    certainty: of that, 0 to 1.
    """

    photo: np.ndarray
    center: tuple[float, float]
    reach: float
    known: np.ndarray | None = None
    certainty: float = 1.0


@dataclass(frozen=True)
class Candidate:
    """One mask and what speaks for it; each measure is as in the contract's MaskCandidate.

    logits: float32, above 0 where the model sees product; the view shows their upper left part.
    mask: bool (h, w), the product as the view shows it.
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
        """All measures in one number, 0 to 1; 0 where the mask cannot be a product's."""
        if not SMALLEST <= self.area <= LARGEST:
            return 0.0
        values = vars(self) | {"inside": 1 - self.border}
        pairs = [(values[name], weight) for name, weight in WEIGHTS.items()]
        if self.agreement is not None:
            pairs.append((self.agreement, AGREEMENT_WEIGHT * self.certainty))
        values, weights = (np.array(each, float) for each in zip(*pairs, strict=True))
        logs = np.log(np.clip(values, FLOOR, 1))
        return float(np.exp((logs * weights).sum() / weights.sum()))

    @property
    def scores(self) -> MaskScores:
        """All measures, for whoever asked for the cut-out."""
        names = (field.name for field in fields(MaskScores))
        return MaskScores(**{name: getattr(self, name) for name in names})

    @property
    def trusted(self) -> bool:
        """Whether it may be taken for the product without a second opinion."""
        return self.score >= TRUSTED


def judge(
    view: View, logits: np.ndarray, predicted_iou: float, *, complement=False, refined=False
) -> Candidate:
    """Measures one mask, logits as in Candidate; complement: they are the surroundings' turned."""
    height, width = view.photo.shape[:2]
    seen = logits[:height, :width]
    mask = seen > 0
    return Candidate(
        logits,
        mask,
        float(np.clip(predicted_iou, 0, 1)),
        overlap(seen > STABLE_BY, seen > -STABLE_BY),
        float(mask.mean()),
        frame_share(mask),
        _centered(view, mask),
        separation(view.photo, mask),
        None if view.known is None else overlap(mask, view.known),
        view.certainty,
        complement,
        refined,
    )


def judge_all(view: View, logits: np.ndarray, predicted: np.ndarray) -> list[Candidate]:
    """Measures masks, float32 (n, ...), and what those leave out that run along the frame.

    Best first.
    """
    found = [judge(view, each, iou) for each, iou in zip(logits, predicted, strict=True)]
    found += [
        judge(view, -each.logits, each.predicted_iou, complement=True)
        for each in found
        if each.border > MOST_OF_FRAME
    ]
    return sorted(found, key=lambda each: each.score, reverse=True)


def frame_share(mask: np.ndarray) -> float:
    """How much of a picture's outermost pixels a bool mask (h, w) covers, 0 to 1."""
    return float(np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]]).mean())


def _centered(view: View, mask: np.ndarray) -> float:
    if not mask.any():
        return 0.0
    y, x = (places.mean() for places in np.nonzero(mask))
    distance = np.hypot(x - view.center[0], y - view.center[1])
    return float(max(0.0, 1 - distance / view.reach))
