import cv2
import numpy as np
import pytest

from services.segmentation.matting import create_trimap, estimate_alpha, estimate_alpha_in_band
from tests.support.drawings import BLUE, GREEN, SIZE, draw_disc, paint_product
from tests.support.pictures import assert_image_equal

SHARP = draw_disc(120, 100, 60)


def test_the_trimap_is_unknown_only_along_the_edge():
    trimap = create_trimap(SHARP > 0.5, 4)
    assert list(trimap[100, [120, 66, 62, 58, 50]]) == [1, 1, 0.5, 0.5, 0]
    assert set(np.unique(trimap)) == {0, 0.5, 1}


@pytest.mark.parametrize("color", [GREEN, BLUE])
@pytest.mark.parametrize("sigma", [0.8, 1.6])
def test_alpha_is_the_products_coverage_of_a_pixel(color, sigma):
    share = cv2.GaussianBlur(SHARP, (0, 0), sigma)
    alpha = estimate_alpha(paint_product(share, color), SHARP > 0.5)
    assert alpha.dtype == np.float32 and alpha.min() >= 0 and alpha.max() <= 1
    rim = (share > 0.02) & (share < 0.98)
    assert np.abs(alpha - share)[rim].mean() < 0.03


@pytest.mark.parametrize("whole", [True, False])
def test_a_mask_without_an_edge_is_returned_as_alpha(whole):
    mask = np.full(SIZE, whole)
    assert_image_equal(estimate_alpha(paint_product(SHARP), mask), mask.astype(np.float32))


@pytest.mark.parametrize("known", [0.0, 1.0])
def test_a_band_next_to_one_side_only_becomes_that_side(known):
    trimap = np.full(SIZE, known, np.float32)
    trimap[80:120, 90:150] = 0.5
    alpha = estimate_alpha_in_band(paint_product(SHARP), trimap)
    assert np.abs(alpha - known).max() < 0.05


def test_a_trimap_without_unknown_pixels_is_returned_as_it_is():
    trimap = (SHARP > 0.5).astype(np.float32)
    alpha = estimate_alpha_in_band(paint_product(SHARP), trimap)
    assert alpha is not trimap and np.array_equal(alpha, trimap)


def test_alpha_in_a_wide_band_converges():
    share = cv2.GaussianBlur(SHARP, (0, 0), 1.2)
    trimap = create_trimap(SHARP > 0.5, 15)
    alpha = estimate_alpha_in_band(paint_product(share), trimap)
    assert np.array_equal(alpha[trimap == 1], trimap[trimap == 1])
    assert np.abs(alpha - share)[trimap == 0.5].mean() < 0.02


def test_alpha_does_not_depend_on_the_number_of_threads():
    photo, threads = paint_product(SHARP), cv2.getNumThreads()
    alphas = []
    for count in (1, 4):
        cv2.setNumThreads(count)
        alphas.append(estimate_alpha(photo, SHARP > 0.5))
    cv2.setNumThreads(threads)
    assert np.array_equal(*alphas)


@pytest.mark.parametrize("size", [(1, 9), (2, 9), (3, 70), (70, 67)])
def test_small_and_odd_sizes_are_matted(size):
    photo = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    trimap = np.full(size, 0.5, np.float32)
    trimap[:, 0], trimap[:, -1] = 0, 1
    alpha = estimate_alpha_in_band(photo, trimap)
    assert alpha.shape == size and alpha.min() >= 0 and alpha.max() <= 1
