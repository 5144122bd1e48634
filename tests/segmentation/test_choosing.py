import numpy as np
import pytest

from services.segmentation.choosing import choose_mask, frame_share
from tests.pictures import assert_image_equal, draw_product

PHOTO, PRODUCT = draw_product()
HALF = PRODUCT & (np.arange(PRODUCT.shape[0])[:, None] < PRODUCT.shape[0] // 2)
RANDOM = np.random.default_rng(0).random(PRODUCT.shape) < 0.3


def test_colors_that_stand_out_beat_a_slightly_better_score():
    mask, score = choose_mask(PHOTO, [RANDOM, PRODUCT], [0.95, 0.9])
    assert_image_equal(mask, PRODUCT)
    assert score == pytest.approx(0.9)


def test_of_masks_that_stand_out_alike_the_better_scored_is_chosen():
    for scores in ([0.9, 0.3], [0.3, 0.9]):
        mask, _ = choose_mask(PHOTO, [PRODUCT, HALF], scores)
        assert_image_equal(mask, PRODUCT if scores[0] > scores[1] else HALF)


def test_a_mask_of_the_backdrop_is_turned_into_that_of_the_product():
    mask, _ = choose_mask(PHOTO, [~PRODUCT], [0.99])
    assert_image_equal(mask, PRODUCT)


@pytest.mark.parametrize("share", ["nothing", "a speck", "everything"])
def test_masks_that_can_be_no_product_are_not_chosen(share):
    mask = np.zeros_like(PRODUCT)
    mask[80, 60] = share == "a speck"
    mask |= share == "everything"
    assert choose_mask(PHOTO, [mask], [0.99]) is None


def test_a_score_beyond_its_range_is_cut_off():
    assert choose_mask(PHOTO, [PRODUCT], [1.2])[1] == 1
    assert choose_mask(PHOTO, [PRODUCT], [-0.1])[1] == 0


def test_the_share_of_the_frame_counts_every_outermost_pixel_once():
    mask = np.zeros((4, 6), bool)
    mask[0] = True
    assert frame_share(mask) == pytest.approx(6 / 16)
