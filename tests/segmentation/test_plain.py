from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from services.segmentation.backdrop import fit_backdrop
from services.segmentation.plain import MUCH, PlainCut, cut_from_plain
from tests.support.drawings import (
    BLUE,
    DARK,
    GREEN,
    SIZE,
    block,
    disc,
    overlap,
    paint,
    shade,
)
from tests.support.pictures import BACKDROP, assert_image_equal

DISC = disc(120, 90, 50)


def cut(photo: np.ndarray, **how) -> PlainCut:
    return cut_from_plain(photo, fit_backdrop(photo), **how)


@pytest.mark.parametrize("color", [GREEN, BLUE, DARK, (150, 150, 150), (255, 255, 255)])
def test_a_product_of_any_color_but_the_backdrops_is_found(color):
    found = cut(paint(DISC, color))
    assert found.mask.dtype == bool and overlap(found.mask, DISC >= 0.5) >= 0.97
    assert found.lookalike < 0.05 and found.confidence > 0.9


@pytest.mark.parametrize("color", [GREEN, DARK])
@pytest.mark.parametrize("blur", [2, 6, 10])
def test_a_shadow_is_left_out(color, blur):
    found = cut(paint(DISC, color, shade(130, 145, 60, blur)))
    assert overlap(found.mask, DISC >= 0.5) >= 0.97


def test_two_products_stay_two_and_crumbs_go():
    pair = np.maximum(disc(65, 80, 35), disc(175, 80, 35))
    crumbs = np.maximum(disc(60, 170, 7), disc(180, 170, 2))
    assert overlap(cut(paint(np.maximum(pair, crumbs))).mask, pair >= 0.5) >= 0.97


@pytest.mark.parametrize("hole", [12, 20, 30])
def test_the_hole_of_a_ring_stays_open(hole):
    ring = disc(120, 100, 70, hole)
    found = cut(paint(ring))
    assert overlap(found.mask, ring >= 0.5) >= 0.96 and not found.mask[97:103, 117:123].any()


def test_a_handle_keeps_the_gap_behind_it_above_a_shadow():
    mug = np.maximum(disc(165, 100, 30, 20), block(70, 50, 150, 155))
    found = cut(paint(mug, BLUE, shade(120, 155, 70, 6)))
    assert overlap(found.mask, mug >= 0.5) >= 0.97 and not found.mask[95:105, 160:170].any()


@pytest.mark.parametrize("cap", [0, 30, 60])
def test_white_on_white_is_found_by_its_outline_and_counts_as_alike(cap):
    colors = np.full((*SIZE, 3), np.add(BACKDROP, 12), np.float32)
    colors[: 30 + cap] = GREEN
    tube = block(80, 30, 160, 170)
    found = cut(paint(tube, colors, noise=1))
    assert overlap(found.mask, tube >= 0.5) >= 0.97
    assert found.lookalike == pytest.approx(1 - cap / 140, abs=0.05) and found.lookalike >= MUCH
    assert found.confidence <= 1 - found.lookalike


@pytest.mark.parametrize("noise", [0, 2])
def test_a_bare_backdrop_leaves_the_mask_empty(noise):
    assert not cut(paint(0 * DISC, noise=noise)).mask.any()


def test_cuts_that_run_at_once_give_the_same_mask():
    photo = paint(DISC, (200, 190, 170))
    with ThreadPoolExecutor(2) as pool:
        beside, alone = cut(photo, map_cuts=pool.map), cut(photo)
    assert_image_equal(beside.mask, alone.mask)
    assert beside.confidence == alone.confidence
