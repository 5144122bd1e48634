from dataclasses import replace

import numpy as np
import pytest

from services.segmentation.engines.sam.candidates import (
    ScoringContext,
    measure_border_coverage,
    score_mask,
    score_masks,
)
from tests.support.pictures import assert_image_equal, draw_product

PHOTO, PRODUCT = draw_product()
HALF = PRODUCT & (np.arange(PRODUCT.shape[0])[:, None] < PRODUCT.shape[0] // 2)
CONTEXT = ScoringContext(PHOTO, (64, 80), 100)
CONTEXT_WITH_MASK = replace(CONTEXT, known_mask=PRODUCT)


def create_logits(mask: np.ndarray, certainty_logit: float = 8.0) -> np.ndarray:
    """Logits as the model returns them: over a square that is larger than the photo."""
    whole = np.full((256, 256), certainty_logit, np.float32)
    whole[: mask.shape[0], : mask.shape[1]] = np.where(mask, certainty_logit, -certainty_logit)
    return whole


def find_best(context: ScoringContext, *masks: np.ndarray, predicted=None):
    predicted = np.array(predicted or [0.9] * len(masks))
    return score_masks(context, np.stack([create_logits(mask) for mask in masks]), predicted)[0]


def test_every_measurement_of_a_good_mask_is_high():
    scored = score_mask(CONTEXT_WITH_MASK, create_logits(PRODUCT), 0.93)
    assert scored.predicted_iou == pytest.approx(0.93)
    assert (scored.stability, scored.border, scored.agreement) == (1, 0, 1)
    assert scored.area == pytest.approx(PRODUCT.mean())
    assert scored.center > 0.95 and scored.separation > 0.95
    assert scored.is_trusted and scored.score > 0.9


@pytest.mark.parametrize(
    "worse",
    [
        score_mask(CONTEXT_WITH_MASK, create_logits(PRODUCT), 0.1),
        score_mask(CONTEXT_WITH_MASK, create_logits(PRODUCT, certainty_logit=0.5), 0.93),
        score_mask(CONTEXT_WITH_MASK, create_logits(~PRODUCT), 0.93),
        score_mask(CONTEXT_WITH_MASK, create_logits(np.roll(PRODUCT, 60, axis=1)), 0.93),
    ],
    ids=["low prediction", "unstable", "the surroundings", "elsewhere"],
)
def test_a_mask_that_fails_in_one_respect_is_doubtful(worse):
    assert worse.score < 0.75 * score_mask(CONTEXT_WITH_MASK, create_logits(PRODUCT), 0.93).score


def test_the_surroundings_alone_are_not_trusted():
    assert not score_mask(CONTEXT_WITH_MASK, create_logits(~PRODUCT), 0.97).is_trusted


def test_the_complement_of_the_surroundings_is_a_candidate():
    scored = find_best(CONTEXT, ~PRODUCT)
    assert scored.complement
    assert_image_equal(scored.mask, PRODUCT)


def test_a_known_mask_favors_the_whole_product_over_a_part():
    assert_image_equal(
        find_best(CONTEXT_WITH_MASK, HALF, PRODUCT, predicted=[0.95, 0.9]).mask, PRODUCT
    )


def test_an_uncertain_known_mask_hardly_counts():
    uncertain = replace(CONTEXT_WITH_MASK, known_mask=HALF, certainty=0.05)
    assert_image_equal(find_best(uncertain, HALF, PRODUCT, predicted=[0.85, 0.95]).mask, PRODUCT)


@pytest.mark.parametrize("share", ["nothing", "a speck", "everything"])
def test_masks_that_cannot_be_a_product_score_zero(share):
    mask = np.zeros_like(PRODUCT)
    mask[80, 60] = share == "a speck"
    mask |= share == "everything"
    assert score_mask(CONTEXT, create_logits(mask), 0.99).score == 0


@pytest.mark.parametrize(("predicted", "expected"), [(1.2, 1), (-0.1, 0)])
def test_a_predicted_iou_outside_0_to_1_is_clipped(predicted, expected):
    assert score_mask(CONTEXT, create_logits(PRODUCT), predicted).predicted_iou == expected


def test_border_coverage_counts_every_outermost_pixel_once():
    mask = np.zeros((4, 6), bool)
    mask[0] = True
    assert measure_border_coverage(mask) == pytest.approx(6 / 16)
