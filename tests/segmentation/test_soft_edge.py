"""The wide, soft edge of a network, shifted from that of the photo."""

import cv2
import numpy as np
import pytest

from services.imaging.box import find_bounding_box
from services.segmentation.soft_edge import align_probability, matte_probability
from tests.support.drawings import GREEN, draw_clutter, draw_disc, paint_product

SIZE = 300, 340
TRUTH = draw_disc(160, 150, 70, size=SIZE)
# Two pixels right of the product and blurred.
PROBABILITY = cv2.GaussianBlur(draw_disc(162, 150, 70, size=SIZE), (0, 0), 2)
FUNCTIONS = [align_probability, matte_probability]


@pytest.fixture(params=["plain", "clutter"])
def photo(request):
    if request.param == "plain":
        return paint_product(TRUTH)
    return paint_product(TRUTH, GREEN, draw_clutter(SIZE))


@pytest.mark.parametrize("find_alpha", FUNCTIONS)
def test_a_blurred_and_shifted_edge_moves_onto_the_photos(find_alpha, photo):
    alpha = find_alpha(photo, PROBABILITY)
    assert alpha.dtype == np.float32 and alpha.shape == SIZE
    assert alpha.min() >= 0 and alpha.max() <= 1
    rim = cv2.dilate(((TRUTH > 0) & (TRUTH < 1)).astype(np.uint8), np.ones((7, 7))) > 0
    before, after = (np.abs(found - TRUTH)[rim].mean() for found in (PROBABILITY, alpha))
    assert after < 0.8 * before
    wrong_before, wrong_after = (
        np.count_nonzero((found > 0.5) ^ (TRUTH > 0.5)) for found in (PROBABILITY, alpha)
    )
    assert wrong_after < 0.4 * wrong_before


def test_no_haze_widens_the_bounds(photo):
    alpha = align_probability(photo, PROBABILITY)
    # Left of the product, the network is uncertain only.
    assert find_bounding_box(alpha > 0)[0] == pytest.approx(find_bounding_box(TRUTH > 0)[0], abs=1)
    away = cv2.dilate((PROBABILITY > 0.02).astype(np.uint8), np.ones((3, 3))) == 0
    assert not alpha[away].any()


def test_matting_is_closer_to_the_product_than_aligning(photo):
    matted, aligned = (
        np.abs(find_alpha(photo, PROBABILITY) - TRUTH).mean()
        for find_alpha in (matte_probability, align_probability)
    )
    assert matted < 0.3 * aligned


def test_what_is_certain_is_final(photo):
    alpha = align_probability(photo, PROBABILITY)
    uncertain = ((PROBABILITY > 0.02) & (PROBABILITY < 0.98)).astype(np.uint8)
    certain = cv2.dilate(uncertain, np.ones((5, 5))) == 0
    assert np.array_equal(alpha[certain], PROBABILITY[certain] > 0.5)


def test_a_certain_probability_is_not_moved(photo):
    certain = (TRUTH > 0.5).astype(np.float32)
    assert np.array_equal(align_probability(photo, certain), certain)


def test_matting_changes_a_narrow_band_only(photo):
    mask = align_probability(photo, PROBABILITY) > 0.5
    kernel = np.ones((11, 11), np.uint8)
    inside, outside = (cv2.erode(side.astype(np.uint8), kernel) > 0 for side in (mask, ~mask))
    alpha = matte_probability(photo, PROBABILITY)
    assert (alpha[inside] == 1).all() and not alpha[outside].any()
