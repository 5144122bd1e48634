import cv2
import numpy as np
import pytest

from services.segmentation.morphology import grow, shrink
from services.segmentation.projection import UNKNOWN, project, sure_colors
from tests.support.drawings import BLUE, DARK, GREEN, SIZE, block, clutter, disc, paint

SHARP = disc(120, 100, 60)
REACH = 4


def blurred(share: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(share, (0, 0), sigma)


def solve(photo: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    photo = photo.astype(np.float32)
    return project(photo, *sure_colors(photo, mask, REACH))


def band_of(mask: np.ndarray) -> np.ndarray:
    return grow(mask, REACH) & ~shrink(mask, REACH)


@pytest.mark.parametrize("color", [GREEN, BLUE, DARK])
@pytest.mark.parametrize("sigma", [0.5, 1.0])
@pytest.mark.parametrize("off", [-1, 0, 1])
def test_alpha_is_the_share_that_the_product_has_though_the_mask_is_a_pixel_off(color, sigma, off):
    share = blurred(SHARP, sigma)
    mask = disc(120, 100, 60 + off) > 0.5
    alpha, trust = solve(paint(share, color), mask)
    band = band_of(mask)
    assert trust[band].mean() > 0.85
    assert np.abs(alpha - share)[band].mean() < 0.02


def test_the_colors_on_both_sides_are_those_nearby():
    backdrop = np.where(np.arange(240)[:, None] < 120, (230, 228, 224), (120, 140, 200))
    photo = paint(SHARP, GREEN, backdrop).astype(np.float32)
    product, beyond, spread = sure_colors(photo, SHARP > 0.5, REACH)
    assert np.abs(product[100, 60:64] - GREEN).max() < 4
    assert np.abs(beyond[100, 58:62] - (230, 228, 224)).max() < 4
    assert np.abs(beyond[100, 178:182] - (120, 140, 200)).max() < 4
    assert spread[100, 58:62].max() < 40


@pytest.mark.parametrize(
    ("color", "backdrop"),
    [((236, 234, 230), (232, 230, 226)), (GREEN, clutter()), (clutter(), (232, 230, 226))],
    ids=["alike", "textured backdrop", "textured product"],
)
def test_colors_that_tell_nothing_are_not_trusted(color, backdrop):
    band = band_of(SHARP > 0.5)
    _, trust = solve(paint(SHARP, color, backdrop), SHARP > 0.5)
    _, clear = solve(paint(SHARP, GREEN), SHARP > 0.5)
    assert trust[band].mean() < 0.6 * clear[band].mean()


def test_a_pixel_of_a_third_color_is_not_trusted():
    photo = paint(SHARP, GREEN)
    photo[98:102, 56:64] = (250, 40, 220)
    assert solve(photo, SHARP > 0.5)[1][100, 58:62].max() < 0.05


def test_where_a_side_is_not_sure_nothing_is_known():
    thin = block(118, 20, 121, 180)
    for share in (thin, np.zeros(SIZE, np.float32)):
        photo = paint(share).astype(np.float32)
        spread = sure_colors(photo, share > 0.5, REACH)[2]
        assert (spread == UNKNOWN).all() and solve(photo, share > 0.5)[1].max() < 1e-6
