import cv2
import numpy as np
import pytest

from services.segmentation.projection import project
from tests.segmentation.drawings import BLUE, DARK, GREEN, SIZE, block, clutter, disc, paint

SHARP = disc(120, 100, 60)
REACH = 4


def blurred(share: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(share, (0, 0), sigma)


def solve(photo: np.ndarray, mask: np.ndarray):
    return project(photo.astype(np.float32), mask, REACH)


@pytest.mark.parametrize("color", [GREEN, BLUE, DARK])
@pytest.mark.parametrize("sigma", [0.5, 1.0])
@pytest.mark.parametrize("off", [-1, 0, 1])
def test_alpha_is_the_share_that_the_product_has_though_the_mask_is_a_pixel_off(color, sigma, off):
    share = blurred(SHARP, sigma)
    found = solve(paint(share, color), disc(120, 100, 60 + off) > 0.5)
    band = found.trust > 0.5
    assert band.sum() > 1000
    assert np.abs(found.alpha - share)[band].mean() < 0.02


def test_the_colors_on_both_sides_are_those_nearby():
    backdrop = np.where(np.arange(240)[:, None] < 120, (230, 228, 224), (120, 140, 200))
    photo = paint(SHARP, GREEN, backdrop)
    found = solve(photo, SHARP > 0.5)
    assert np.abs(found.product[100, 60:64] - GREEN).max() < 4
    assert np.abs(found.backdrop[100, 58:62] - (230, 228, 224)).max() < 4
    assert np.abs(found.backdrop[100, 178:182] - (120, 140, 200)).max() < 4


@pytest.mark.parametrize(
    ("color", "backdrop"),
    [((236, 234, 230), (232, 230, 226)), (GREEN, clutter()), (clutter(), (232, 230, 226))],
    ids=["alike", "textured backdrop", "textured product"],
)
def test_colors_that_tell_nothing_are_not_trusted(color, backdrop):
    found = solve(paint(SHARP, color, backdrop), SHARP > 0.5)
    clear = solve(paint(SHARP, GREEN), SHARP > 0.5)
    assert found.trust.mean() < 0.6 * clear.trust.mean()


def test_a_pixel_of_a_third_color_is_not_trusted():
    photo = paint(SHARP, GREEN)
    photo[98:102, 56:64] = (250, 40, 220)
    assert solve(photo, SHARP > 0.5).trust[100, 58:62].max() < 0.05


def test_beyond_the_band_and_without_a_sure_side_nothing_is_known():
    found = solve(paint(SHARP, GREEN), SHARP > 0.5)
    assert not found.trust[100, 120] and not found.trust[5, 5]
    thin = block(118, 20, 121, 180)
    assert not solve(paint(thin, GREEN), thin > 0.5).trust.any()
    assert not solve(paint(0 * SHARP), np.zeros(SIZE, bool)).trust.any()
