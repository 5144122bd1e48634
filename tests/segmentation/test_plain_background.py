from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from services.segmentation.photo_background import fit_photo_background
from services.segmentation.plain_background import (
    LOOKALIKE_SHARE,
    PlainBackgroundCut,
    cut_from_plain_background,
)
from tests.support.drawings import (
    BLUE,
    DARK,
    GREEN,
    SIZE,
    draw_box,
    draw_disc,
    draw_shadowed_backdrop,
    mask_iou,
    paint_product,
)
from tests.support.pictures import BACKDROP, assert_image_equal

DISC = draw_disc(120, 90, 50)


def cut_photo(photo: np.ndarray, **options) -> PlainBackgroundCut:
    return cut_from_plain_background(photo, fit_photo_background(photo), **options)


@pytest.mark.parametrize("color", [GREEN, BLUE, DARK, (150, 150, 150), (255, 255, 255)])
def test_a_product_of_any_color_except_the_backgrounds_is_cut_out(color):
    result = cut_photo(paint_product(DISC, color))
    assert result.mask.dtype == bool and mask_iou(result.mask, DISC >= 0.5) >= 0.97
    assert result.lookalike < 0.05 and result.confidence > 0.9


@pytest.mark.parametrize("color", [GREEN, DARK])
@pytest.mark.parametrize("blur", [2, 6, 10])
def test_a_shadow_is_left_out(color, blur):
    result = cut_photo(paint_product(DISC, color, draw_shadowed_backdrop(130, 145, 60, blur)))
    assert mask_iou(result.mask, DISC >= 0.5) >= 0.97


def test_two_products_are_kept_and_crumbs_dropped():
    pair = np.maximum(draw_disc(65, 80, 35), draw_disc(175, 80, 35))
    crumbs = np.maximum(draw_disc(60, 170, 7), draw_disc(180, 170, 2))
    assert mask_iou(cut_photo(paint_product(np.maximum(pair, crumbs))).mask, pair >= 0.5) >= 0.97


@pytest.mark.parametrize("hole", [12, 20, 30])
def test_the_hole_of_a_ring_stays_open(hole):
    ring = draw_disc(120, 100, 70, hole)
    result = cut_photo(paint_product(ring))
    assert mask_iou(result.mask, ring >= 0.5) >= 0.96 and not result.mask[97:103, 117:123].any()


def test_the_gap_behind_a_handle_above_a_shadow_stays_open():
    mug = np.maximum(draw_disc(165, 100, 30, 20), draw_box(70, 50, 150, 155))
    result = cut_photo(paint_product(mug, BLUE, draw_shadowed_backdrop(120, 155, 70, 6)))
    assert mask_iou(result.mask, mug >= 0.5) >= 0.97 and not result.mask[95:105, 160:170].any()


@pytest.mark.parametrize("cap", [0, 30, 60])
def test_white_on_white_is_cut_out_by_its_outline_and_counts_as_lookalike(cap):
    colors = np.full((*SIZE, 3), np.add(BACKDROP, 12), np.float32)
    colors[: 30 + cap] = GREEN
    tube = draw_box(80, 30, 160, 170)
    result = cut_photo(paint_product(tube, colors, noise=1))
    assert mask_iou(result.mask, tube >= 0.5) >= 0.97
    assert result.lookalike == pytest.approx(1 - cap / 140, abs=0.05)
    assert result.lookalike >= LOOKALIKE_SHARE
    assert result.confidence <= 1 - result.lookalike


@pytest.mark.parametrize("noise", [0, 2])
def test_a_background_without_a_product_has_an_empty_mask(noise):
    assert not cut_photo(paint_product(0 * DISC, noise=noise)).mask.any()


def test_parallel_cuts_return_the_same_mask():
    photo = paint_product(DISC, (200, 190, 170))
    with ThreadPoolExecutor(2) as pool:
        parallel, alone = cut_photo(photo, map_cuts=pool.map), cut_photo(photo)
    assert_image_equal(parallel.mask, alone.mask)
    assert parallel.confidence == alone.confidence
