import numpy as np
import pytest

from services.segmentation.consensus import compute_iou, measure_separation, merge_masks
from tests.support.drawings import BLUE, draw_box, draw_disc, paint_product
from tests.support.pictures import assert_image_equal

TRUTH = draw_disc(120, 100, 50)
PRODUCT, PHOTO = TRUTH >= 0.5, paint_product(TRUTH)


def fill_box(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    return draw_box(left, top, right, bottom) > 0


NONE, ALL, HALF = fill_box(0, 0, 0, 0), fill_box(0, 0, 240, 200), PRODUCT & fill_box(0, 0, 120, 200)
STRAY = fill_box(5, 5, 40, 40), fill_box(200, 5, 235, 195)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (fill_box(0, 0, 40, 40), fill_box(0, 0, 40, 40), 1),
        (fill_box(0, 0, 40, 40), fill_box(20, 0, 60, 40), 1 / 3),
        (fill_box(0, 0, 40, 40), fill_box(0, 0, 20, 40), 1 / 2),
        (*STRAY, 0),
        (PRODUCT, NONE, 0),
        (NONE, NONE, 1),
    ],
)
def test_overlap_is_intersection_over_union(a, b, expected):
    assert compute_iou(a, b) == compute_iou(b, a) == pytest.approx(expected)


def test_the_true_mask_separates_colors_better_than_shifted_masks():
    assert measure_separation(PHOTO, PRODUCT) > 0.99
    assert measure_separation(PHOTO, np.roll(PRODUCT, 30, axis=1)) < 0.9
    assert measure_separation(PHOTO, fill_box(20, 20, 220, 180)) < 0.9


@pytest.mark.parametrize("mask", [NONE, ALL, PRODUCT])
def test_separation_is_zero_if_one_side_is_empty_or_all_colors_are_equal(mask):
    photo = np.full((200, 240, 3), 90, np.uint8) if mask is PRODUCT else PHOTO
    assert measure_separation(photo, mask) == pytest.approx(0, abs=1e-6)


LABEL, OTHER = draw_disc(120, 100, 15), draw_box(5, 5, 60, 195)
LOSERS = {
    "without similar masks": [OTHER >= 0.5],
    "without colors of their own": 2 * [np.roll(PRODUCT, 60, axis=1)],
    "small": 2 * [LABEL >= 0.5],
}


@pytest.mark.parametrize("losers", LOSERS.values(), ids=LOSERS)
def test_the_product_wins_over_masks_that_lack_something(losers):
    photo = paint_product(OTHER, BLUE, paint_product(LABEL, (240, 200, 40), PHOTO))
    mask, agreement = merge_masks(photo, [*losers, PRODUCT, PRODUCT])
    assert_image_equal(mask, PRODUCT)
    assert 1 / 3 <= agreement <= 1


@pytest.mark.parametrize("masks", [[HALF, PRODUCT], [PRODUCT, HALF]])
def test_the_mask_that_separates_colors_better_wins_of_two(masks):
    mask, agreement = merge_masks(PHOTO, masks)
    assert_image_equal(mask, PRODUCT)
    assert agreement == pytest.approx(compute_iou(PRODUCT, HALF))


def test_masks_similar_to_the_best_outvote_its_errors():
    faults = np.roll(PRODUCT, 6, axis=1), np.roll(PRODUCT, 6, axis=0), np.roll(PRODUCT, -6, axis=1)
    mask, _ = merge_masks(PHOTO, [*faults, *STRAY])
    assert compute_iou(mask, PRODUCT) > max(compute_iou(fault, PRODUCT) for fault in faults)


def test_agreement_is_the_mean_overlap_with_the_nearest_peers():
    assert merge_masks(PHOTO, [STRAY[0], PRODUCT, STRAY[1], PRODUCT])[1] == pytest.approx(1 / 3)
    assert merge_masks(PHOTO, [PRODUCT, *STRAY])[1] == 0
