"""The metrics of an ad against the truth have the values that can be worked out by hand."""

import numpy as np
import pytest

from benchmarks.truth_metrics import (
    find_shadow,
    find_surroundings,
    measure_balanced_error_rate,
    measure_glass_error,
    measure_linear_error,
)

SIDE = 60


@pytest.fixture
def mask():
    """A product of 10 x 20 pixels in the middle."""
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    alpha[20:40, 25:35] = 255
    return alpha


def paint(level: int) -> np.ndarray:
    """Returns an even gray picture."""
    return np.full((SIDE, SIDE, 3), level, np.uint8)


def test_the_surroundings_reach_one_height_and_leave_both_products_out(mask):
    region = find_surroundings(np.roll(mask, 4, axis=1), mask)
    assert not region[20:40, 25:39].any() and not region[30, 40]
    # Their right edge is column 38, their left one 25.
    assert region[30, 58] and not region[30, 59]
    assert region[30, 5] and not region[30, 4]


def test_the_error_is_that_of_linear_light(mask):
    region = find_surroundings(mask, mask)
    assert measure_linear_error(paint(128), paint(128), region) == 0
    # sRGB 188 reflects half of the light.
    assert measure_linear_error(paint(255), paint(188), region) == pytest.approx(0.5, abs=0.005)


def test_changes_inside_the_product_do_not_count(mask):
    changed = np.where(mask[..., None] > 0, 0, paint(128))
    assert measure_linear_error(changed, paint(128), find_surroundings(mask, mask)) == 0


def test_shadow_begins_where_light_is_lost_visibly():
    # In linear light 90 % and 80 % of the level 200.
    assert not find_shadow(paint(191), paint(200)).any()
    assert find_shadow(paint(181), paint(200)).all()


def test_noise_in_the_dark_is_no_shadow():
    assert not find_shadow(paint(0), paint(1)).any()


def test_the_error_rate_weighs_missed_and_invented_shadow_alike():
    true = np.zeros((10, 10), bool)
    true[:2] = True
    everywhere = np.ones((10, 10), bool)
    assert measure_balanced_error_rate(true, true, everywhere) == 0
    assert measure_balanced_error_rate(~true, true, everywhere) == 1
    assert measure_balanced_error_rate(~everywhere, true, everywhere) == 0.5
    half = true.copy()
    half[1] = False
    assert measure_balanced_error_rate(half, true, everywhere) == 0.25


def test_without_a_true_shadow_there_is_no_error_rate():
    none = np.zeros((10, 10), bool)
    assert measure_balanced_error_rate(none, none, ~none) is None


def test_glass_is_compared_inside_its_own_outline_only(mask):
    ad, glass = paint(200), np.zeros_like(mask)
    glass[20:30, 25:35] = 255
    ad[30:] = 0
    assert measure_glass_error(ad, paint(200), mask, glass) == 0
    assert measure_glass_error(paint(0), paint(255), mask, glass) == pytest.approx(100, abs=0.1)
