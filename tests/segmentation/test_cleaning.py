import numpy as np
import pytest

from services.segmentation.cleaning import clean_mask
from tests.support.pictures import assert_image_equal


def create_product(*boxes: tuple[slice, slice]) -> np.ndarray:
    """A block of 40 x 40, and more."""
    mask = np.zeros((100, 160), bool)
    for box in (np.s_[20:60, 20:60], *boxes):
        mask[box] = True
    return mask


@pytest.mark.parametrize(("side", "is_kept"), [(8, False), (10, True), (40, True)])
def test_a_near_part_stays_from_the_given_share_of_the_largest_on(side, is_kept):
    mask = create_product(np.s_[30 : 30 + side, 65 : 65 + side])
    assert_image_equal(clean_mask(mask, 0.05), mask if is_kept else create_product())


@pytest.mark.parametrize(("side", "is_kept"), [(18, False), (20, True)])
def test_a_distant_part_needs_a_larger_share_to_stay(side, is_kept):
    mask = create_product(np.s_[30 : 30 + side, 90 : 90 + side])
    assert_image_equal(clean_mask(mask, 0.05), mask if is_kept else create_product())


def test_a_part_at_the_photos_edge_is_dropped_if_another_is_whole():
    assert_image_equal(clean_mask(create_product(np.s_[:40, 65:110]), 0.05), create_product())


@pytest.mark.parametrize(("side", "is_kept"), [(18, False), (20, True)])
def test_large_parts_stay_if_all_parts_touch_the_photos_edge(side, is_kept):
    largest, both = np.zeros((2, 100, 160), bool)
    largest[:40, 20:60] = both[:40, 20:60] = both[:side, 65 : 65 + side] = True
    assert_image_equal(clean_mask(both, 0.05), both if is_kept else largest)


@pytest.mark.parametrize(("side", "is_kept"), [(2, False), (3, True), (12, True)])
def test_pinholes_are_closed_and_larger_holes_stay_open(side, is_kept):
    mask = create_product()
    mask[30 : 30 + side, 30 : 30 + side] = False
    assert_image_equal(clean_mask(mask, 0.05), mask if is_kept else create_product())


def test_a_notch_at_the_photos_edge_is_not_a_hole():
    mask = np.ones((100, 160), bool)
    mask[0, 50] = False
    assert_image_equal(clean_mask(mask, 0.05), mask)


@pytest.mark.parametrize("full", [False, True])
def test_empty_and_full_masks_do_not_change(full):
    mask = np.full((20, 30), full)
    assert_image_equal(clean_mask(mask, 0.05), mask)
