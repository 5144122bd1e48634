from dataclasses import replace

import numpy as np
import pytest

from services.segmentation.engines.sam.candidates import View, frame_share, judge, judge_all
from tests.support.pictures import assert_image_equal, draw_product

PHOTO, PRODUCT = draw_product()
HALF = PRODUCT & (np.arange(PRODUCT.shape[0])[:, None] < PRODUCT.shape[0] // 2)
VIEW = View(PHOTO, (64, 80), 100)
KNOWING = replace(VIEW, known=PRODUCT)


def logits(mask: np.ndarray, sure: float = 8.0) -> np.ndarray:
    """As the model gives them: over a square that is larger than the photo."""
    whole = np.full((256, 256), sure, np.float32)
    whole[: mask.shape[0], : mask.shape[1]] = np.where(mask, sure, -sure)
    return whole


def best_of(view: View, *masks: np.ndarray, predicted=None):
    predicted = np.array(predicted or [0.9] * len(masks))
    return judge_all(view, np.stack([logits(mask) for mask in masks]), predicted)[0]


def test_every_measure_of_a_good_mask_is_good():
    found = judge(KNOWING, logits(PRODUCT), 0.93)
    assert found.predicted_iou == pytest.approx(0.93)
    assert (found.stability, found.border, found.agreement) == (1, 0, 1)
    assert found.area == pytest.approx(PRODUCT.mean())
    assert found.center > 0.95 and found.separation > 0.95
    assert found.trusted and found.score > 0.9


@pytest.mark.parametrize(
    "worse",
    [
        judge(KNOWING, logits(PRODUCT), 0.1),
        judge(KNOWING, logits(PRODUCT, sure=0.5), 0.93),
        judge(KNOWING, logits(~PRODUCT), 0.93),
        judge(KNOWING, logits(np.roll(PRODUCT, 60, axis=1)), 0.93),
    ],
    ids=["low prediction", "unstable", "the surroundings", "elsewhere"],
)
def test_a_mask_that_fails_in_one_respect_is_doubtful(worse):
    assert worse.score < 0.75 * judge(KNOWING, logits(PRODUCT), 0.93).score


def test_the_surroundings_alone_are_not_trusted():
    assert not judge(KNOWING, logits(~PRODUCT), 0.97).trusted


def test_what_the_surroundings_leave_out_is_a_candidate():
    found = best_of(VIEW, ~PRODUCT)
    assert found.complement
    assert_image_equal(found.mask, PRODUCT)


def test_what_is_known_tells_a_product_from_its_part():
    assert_image_equal(best_of(KNOWING, HALF, PRODUCT, predicted=[0.95, 0.9]).mask, PRODUCT)


def test_what_is_hardly_known_hardly_counts():
    vague = replace(KNOWING, known=HALF, certainty=0.05)
    assert_image_equal(best_of(vague, HALF, PRODUCT, predicted=[0.85, 0.95]).mask, PRODUCT)


@pytest.mark.parametrize("share", ["nothing", "a speck", "everything"])
def test_masks_that_can_be_no_product_score_nothing(share):
    mask = np.zeros_like(PRODUCT)
    mask[80, 60] = share == "a speck"
    mask |= share == "everything"
    assert judge(VIEW, logits(mask), 0.99).score == 0


@pytest.mark.parametrize(("predicted", "told"), [(1.2, 1), (-0.1, 0)])
def test_a_prediction_beyond_its_range_is_cut_off(predicted, told):
    assert judge(VIEW, logits(PRODUCT), predicted).predicted_iou == told


def test_the_share_of_the_frame_counts_every_outermost_pixel_once():
    mask = np.zeros((4, 6), bool)
    mask[0] = True
    assert frame_share(mask) == pytest.approx(6 / 16)
