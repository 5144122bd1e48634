import cv2
import numpy as np
import pytest

from services.segmentation.morphology import dilate_mask, erode_mask
from services.segmentation.projection import UNKNOWN_VARIANCE, estimate_side_colors, solve_alpha
from tests.support.drawings import (
    BLUE,
    DARK,
    GREEN,
    SIZE,
    draw_box,
    draw_clutter,
    draw_disc,
    paint_product,
)

SHARP = draw_disc(120, 100, 60)
REACH = 4


def blur_share(share: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(share, (0, 0), sigma)


def solve_photo(photo: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    photo = photo.astype(np.float32)
    return solve_alpha(photo, *estimate_side_colors(photo, mask, REACH))


def create_band(mask: np.ndarray) -> np.ndarray:
    return dilate_mask(mask, REACH) & ~erode_mask(mask, REACH)


@pytest.mark.parametrize("color", [GREEN, BLUE, DARK])
@pytest.mark.parametrize("sigma", [0.5, 1.0])
@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_alpha_is_the_products_coverage_though_the_mask_is_a_pixel_off(color, sigma, offset):
    share = blur_share(SHARP, sigma)
    mask = draw_disc(120, 100, 60 + offset) > 0.5
    alpha, confidence = solve_photo(paint_product(share, color), mask)
    band = create_band(mask)
    assert confidence[band].mean() > 0.85
    assert np.abs(alpha - share)[band].mean() < 0.02


def test_side_colors_are_those_nearby():
    backdrop = np.where(np.arange(240)[:, None] < 120, (230, 228, 224), (120, 140, 200))
    photo = paint_product(SHARP, GREEN, backdrop).astype(np.float32)
    product, background, variance = estimate_side_colors(photo, SHARP > 0.5, REACH)
    assert np.abs(product[100, 60:64] - GREEN).max() < 4
    assert np.abs(background[100, 58:62] - (230, 228, 224)).max() < 4
    assert np.abs(background[100, 178:182] - (120, 140, 200)).max() < 4
    assert variance[100, 58:62].max() < 40


@pytest.mark.parametrize(
    ("color", "backdrop"),
    [
        ((236, 234, 230), (232, 230, 226)),
        (GREEN, draw_clutter()),
        (draw_clutter(), (232, 230, 226)),
    ],
    ids=["alike", "textured backdrop", "textured product"],
)
def test_similar_or_textured_colors_have_low_confidence(color, backdrop):
    band = create_band(SHARP > 0.5)
    _, confidence = solve_photo(paint_product(SHARP, color, backdrop), SHARP > 0.5)
    _, clear = solve_photo(paint_product(SHARP, GREEN), SHARP > 0.5)
    assert confidence[band].mean() < 0.6 * clear[band].mean()


def test_a_pixel_of_a_third_color_has_low_confidence():
    photo = paint_product(SHARP, GREEN)
    photo[98:102, 56:64] = (250, 40, 220)
    assert solve_photo(photo, SHARP > 0.5)[1][100, 58:62].max() < 0.05


def test_the_variance_is_unknown_if_one_side_has_no_certain_pixels():
    thin = draw_box(118, 20, 121, 180)
    for share in (thin, np.zeros(SIZE, np.float32)):
        photo = paint_product(share).astype(np.float32)
        variance = estimate_side_colors(photo, share > 0.5, REACH)[2]
        assert (variance == UNKNOWN_VARIANCE).all()
        assert solve_photo(photo, share > 0.5)[1].max() < 1e-6
