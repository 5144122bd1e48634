import numpy as np
import pytest

from services.segmentation.cleaning import clean
from tests.support.pictures import assert_image_equal


def product(*boxes: tuple[slice, slice]) -> np.ndarray:
    """A block of 40 x 40, and more."""
    mask = np.zeros((100, 160), bool)
    for box in (np.s_[20:60, 20:60], *boxes):
        mask[box] = True
    return mask


@pytest.mark.parametrize(("side", "stays"), [(8, False), (10, True), (40, True)])
def test_a_part_beside_stays_from_its_share_of_the_largest_on(side, stays):
    mask = product(np.s_[30 : 30 + side, 65 : 65 + side])
    assert_image_equal(clean(mask, 0.05), mask if stays else product())


@pytest.mark.parametrize(("side", "stays"), [(18, False), (20, True)])
def test_a_part_farther_off_than_it_is_large_must_be_larger(side, stays):
    mask = product(np.s_[30 : 30 + side, 90 : 90 + side])
    assert_image_equal(clean(mask, 0.05), mask if stays else product())


def test_a_part_at_the_frame_goes_where_another_is_whole():
    assert_image_equal(clean(product(np.s_[:40, 65:110]), 0.05), product())


@pytest.mark.parametrize(("side", "stays"), [(18, False), (20, True)])
def test_of_parts_that_all_reach_the_frame_the_large_ones_stay(side, stays):
    largest, both = np.zeros((2, 100, 160), bool)
    largest[:40, 20:60] = both[:40, 20:60] = both[:side, 65 : 65 + side] = True
    assert_image_equal(clean(both, 0.05), both if stays else largest)


@pytest.mark.parametrize(("side", "stays"), [(2, False), (3, True), (12, True)])
def test_pin_holes_close_and_holes_stay_open(side, stays):
    mask = product()
    mask[30 : 30 + side, 30 : 30 + side] = False
    assert_image_equal(clean(mask, 0.05), mask if stays else product())


def test_a_nick_at_the_frame_is_no_hole():
    mask = np.ones((100, 160), bool)
    mask[0, 50] = False
    assert_image_equal(clean(mask, 0.05), mask)


@pytest.mark.parametrize("full", [False, True])
def test_nothing_stays_nothing_and_all_stays_all(full):
    mask = np.full((20, 30), full)
    assert_image_equal(clean(mask, 0.05), mask)
