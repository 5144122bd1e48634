import numpy as np
import pytest

from services.segmentation.consensus import agree, overlap, separation
from tests.support.drawings import BLUE, block, disc, paint
from tests.support.pictures import assert_image_equal

TRUTH = disc(120, 100, 50)
PRODUCT, PHOTO = TRUTH >= 0.5, paint(TRUTH)


def boxed(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    return block(left, top, right, bottom) > 0


NONE, ALL, HALF = boxed(0, 0, 0, 0), boxed(0, 0, 240, 200), PRODUCT & boxed(0, 0, 120, 200)
STRAY = boxed(5, 5, 40, 40), boxed(200, 5, 235, 195)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (boxed(0, 0, 40, 40), boxed(0, 0, 40, 40), 1),
        (boxed(0, 0, 40, 40), boxed(20, 0, 60, 40), 1 / 3),
        (boxed(0, 0, 40, 40), boxed(0, 0, 20, 40), 1 / 2),
        (*STRAY, 0),
        (PRODUCT, NONE, 0),
        (NONE, NONE, 1),
    ],
)
def test_overlap_is_intersection_over_union(a, b, expected):
    assert overlap(a, b) == overlap(b, a) == pytest.approx(expected)


def test_the_truth_separates_colors_better_than_masks_beside_it():
    assert separation(PHOTO, PRODUCT) > 0.99
    assert separation(PHOTO, np.roll(PRODUCT, 30, axis=1)) < 0.9
    assert separation(PHOTO, boxed(20, 20, 220, 180)) < 0.9


@pytest.mark.parametrize("mask", [NONE, ALL, PRODUCT])
def test_where_all_colors_are_on_one_side_or_alike_nothing_is_separated(mask):
    photo = np.full((200, 240, 3), 90, np.uint8) if mask is PRODUCT else PHOTO
    assert separation(photo, mask) == pytest.approx(0, abs=1e-6)


LABEL, OTHER = disc(120, 100, 15), block(5, 5, 60, 195)
LOSERS = {
    "without peers": [OTHER >= 0.5],
    "without colors of their own": 2 * [np.roll(PRODUCT, 60, axis=1)],
    "small": 2 * [LABEL >= 0.5],
}


@pytest.mark.parametrize("losers", LOSERS.values(), ids=LOSERS)
def test_the_product_wins_over_masks_that_lack_something(losers):
    photo = paint(OTHER, BLUE, paint(LABEL, (240, 200, 40), PHOTO))
    mask, agreement = agree(photo, [*losers, PRODUCT, PRODUCT])
    assert_image_equal(mask, PRODUCT)
    assert 1 / 3 <= agreement <= 1


@pytest.mark.parametrize("masks", [[HALF, PRODUCT], [PRODUCT, HALF]])
def test_among_two_masks_the_one_with_colors_of_its_own_wins(masks):
    mask, agreement = agree(PHOTO, masks)
    assert_image_equal(mask, PRODUCT)
    assert agreement == pytest.approx(overlap(PRODUCT, HALF))


def test_masks_like_the_best_outvote_its_faults():
    faults = np.roll(PRODUCT, 6, axis=1), np.roll(PRODUCT, 6, axis=0), np.roll(PRODUCT, -6, axis=1)
    mask, _ = agree(PHOTO, [*faults, *STRAY])
    assert overlap(mask, PRODUCT) > max(overlap(fault, PRODUCT) for fault in faults)


def test_agreement_is_the_mean_overlap_with_the_nearest_peers():
    assert agree(PHOTO, [STRAY[0], PRODUCT, STRAY[1], PRODUCT])[1] == pytest.approx(1 / 3)
    assert agree(PHOTO, [PRODUCT, *STRAY])[1] == 0
