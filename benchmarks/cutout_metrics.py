"""Metrics of a cut-out against the true mask, and of how well its confidence predicts them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

# Distance in pixels within which contours match: the usual 2 px, plus rounding.
CONTOUR_TOLERANCE = 2.01
# The contact zone: the lowest part of the product, and how far it continues around it, as shares of
# the product's height.
CONTACT_HEIGHT, CONTACT_MARGIN = 0.1, 0.02
# A cut-out that reaches both can be used as it is.
USABLE_IOU, USABLE_CONTACT = 0.9, 0.8


@dataclass(frozen=True)
class CutoutScore:
    """Agreement of a cut-out with the true mask, 0 to 1 each.

    iou: intersection over union. boundary: F score of the contours within 2 px.
    contact: IoU within the contact zone.
    """

    iou: float
    boundary: float
    contact: float

    @property
    def usable(self) -> bool:
        """Whether the cut-out can be used without correction."""
        return self.iou >= USABLE_IOU and self.contact >= USABLE_CONTACT


def score_cutout(mask: np.ndarray, truth: np.ndarray) -> CutoutScore:
    """Scores a mask against the true one, both bool (H, W)."""
    zone = find_contact_zone(truth)
    contact = measure_iou(mask & zone, truth & zone)
    return CutoutScore(measure_iou(mask, truth), measure_boundary_f(mask, truth), contact)


def measure_iou(mask: np.ndarray, truth: np.ndarray) -> float:
    """Returns the intersection over union of two masks, bool (H, W); 1 if both are empty."""
    union = np.count_nonzero(mask | truth)
    return float(np.count_nonzero(mask & truth) / union) if union else 1.0


def measure_boundary_f(mask: np.ndarray, truth: np.ndarray) -> float:
    """Returns the F score of two masks' contours, matched within CONTOUR_TOLERANCE.

    mask, truth: bool (H, W). Two masks without a contour match fully.
    """
    contours = _find_contour(mask), _find_contour(truth)
    if not all(contour.any() for contour in contours):
        return float(not any(contour.any() for contour in contours))
    precision, recall = (
        float((_measure_distance(other)[own] <= CONTOUR_TOLERANCE).mean())
        for own, other in (contours, contours[::-1])
    )
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def find_contact_zone(truth: np.ndarray) -> np.ndarray:
    """Returns where a product meets the ground: bool (H, W).

    The zone is a box around the lowest CONTACT_HEIGHT of the product, CONTACT_MARGIN larger below
    and on both sides, so that shadows and ground that were taken for product count, too.

    truth: the true mask, bool (H, W), not empty.
    """
    rows = np.flatnonzero(truth.any(axis=1))
    bottom, height = rows[-1] + 1, rows[-1] + 1 - rows[0]
    top, margin = int(bottom - CONTACT_HEIGHT * height), max(1, round(CONTACT_MARGIN * height))
    columns = np.flatnonzero(truth[top:].any(axis=0))
    zone = np.zeros_like(truth)
    left, right = max(0, columns[0] - margin), columns[-1] + 1 + margin
    zone[top : bottom + margin, left:right] = True
    return zone


def measure_auc(values: Sequence[float], labels: Sequence[bool]) -> float:
    """Returns the area under the ROC curve: how well values predict labels, 0.5 if not at all.

    It is the probability that a value with a true label exceeds one with a false label, ties count
    half. NaN if all labels are equal.
    """
    is_true = np.asarray(labels, bool)
    above, below = (np.asarray(values, float)[side] for side in (is_true, ~is_true))
    if not (above.size and below.size):
        return float("nan")
    difference = above[:, np.newaxis] - below
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


def _find_contour(mask: np.ndarray) -> np.ndarray:
    """Returns the pixels of a mask next to its outside, where the image's edge is not outside."""
    levels = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return mask & (cv2.erode(levels, np.ones((3, 3), np.uint8))[1:-1, 1:-1] == 0)


def _measure_distance(contour: np.ndarray) -> np.ndarray:
    """Returns each pixel's distance to a contour in pixels, float32 (H, W)."""
    return cv2.distanceTransform((~contour).astype(np.uint8), cv2.DIST_L2, 5)
