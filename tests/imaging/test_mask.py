"""Which pixels of an alpha count as product."""

import numpy as np
import pytest

from services.imaging.mask import (
    OPAQUE_ALPHA,
    SOLID_ALPHA,
    count_levels,
    find_foot_row,
    find_most_solid_pixels,
    find_percentile,
    find_solid_pixels,
)


def draw_alpha(level: int = 255) -> np.ndarray:
    """Draws a block of an alpha, and fainter rows below it: uint8 (60, 80)."""
    alpha = np.zeros((60, 80), np.uint8)
    alpha[10:30, 20:50] = level
    alpha[30:34, 20:50] = level // 3
    return alpha


def test_solid_pixels_are_more_opaque_than_transparent():
    assert (
        find_solid_pixels(np.uint8([0, SOLID_ALPHA - 1, SOLID_ALPHA, 255]))
        == [False, False, True, True]
    ).all()


def test_the_most_opaque_pixels_of_a_faint_product_count_as_solid():
    assert find_solid_pixels(draw_alpha(90)).sum() == 0
    assert find_most_solid_pixels(draw_alpha(90)).sum() == 20 * 30
    assert (find_most_solid_pixels(draw_alpha()) == find_solid_pixels(draw_alpha())).all()


def test_the_foot_is_below_the_last_solid_row_or_at_the_bottom():
    assert find_foot_row(draw_alpha()) == 30
    assert find_foot_row(draw_alpha(20)) == 60


@pytest.mark.parametrize("find", [find_solid_pixels, find_most_solid_pixels])
def test_a_mask_is_bool_of_the_shape_of_its_alpha(find):
    mask = find(draw_alpha())
    assert mask.dtype == bool and mask.shape == (60, 80)


def test_an_empty_alpha_has_its_foot_at_the_bottom():
    assert find_foot_row(np.zeros((7, 9), np.uint8)) == 7


def test_one_solid_pixel_is_a_foot():
    alpha = np.zeros((20, 30), np.uint8)
    alpha[13, 4] = SOLID_ALPHA
    assert find_foot_row(alpha) == 14


def test_opaque_is_the_largest_alpha():
    assert np.iinfo(np.uint8).max == OPAQUE_ALPHA


def test_the_clear_parts_of_a_transparent_product_count():
    alpha = np.zeros((40, 40), np.uint8)
    alpha[5:10, 5:35], alpha[10:36, 5:35] = 255, 28
    assert find_most_solid_pixels(alpha).sum() == 31 * 30
    assert find_foot_row(alpha) == 36
    # Of an opaque product the soft edge does not count.
    alpha[10:34, 5:35], alpha[34:36, 5:35] = 255, 60
    assert find_foot_row(alpha) == 34


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (3, 7), (40, 33)])
@pytest.mark.parametrize("percent", [0, 20, 50, 99.5, 100])
def test_a_percentile_of_counted_levels_is_that_of_sorted_ones(size, percent):
    levels = np.random.default_rng(size[1]).integers(0, 256, size, dtype=np.uint8)
    found = find_percentile(count_levels(levels), percent)
    assert found == pytest.approx(np.percentile(levels, percent))
