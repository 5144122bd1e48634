"""Reduced blurs against the full Gaussian that they approximate."""

import cv2
import numpy as np
import pytest

from services.imaging.blur import ACCURATE_BLUR, FAST_BLUR, blur_weighted, gaussian_blur
from tests.support.pictures import assert_image_equal


def draw_disc(side: int = 241) -> np.ndarray:
    """Draws a white disc on black: uint8 (side, side + 10)."""
    mask = np.zeros((side, side + 10), np.uint8)
    cv2.circle(mask, (side // 2, side // 2), side // 5, 255, -1)
    return mask


def blur_fully(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blurs at full size, as a reference; black outside the image."""
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)


@pytest.mark.parametrize("sigma", [0.6, 2.0, 4.4, 9, 17.5, 40])
@pytest.mark.parametrize(
    ("reduction", "tolerance"),
    [(FAST_BLUR, 0.03), (ACCURATE_BLUR, 0.015)],
    ids=["fast", "accurate"],
)
def test_a_reduced_blur_is_close_to_the_full_blur(sigma, reduction, tolerance):
    disc = draw_disc().astype(np.float32) / 255
    blurred = gaussian_blur(disc, sigma, reduction)
    assert blurred.shape == disc.shape and blurred.dtype == np.float32
    assert np.abs(blurred - blur_fully(disc, sigma)).max() < tolerance


@pytest.mark.parametrize("sigma", [8.3, 11.6, 20.3])
def test_the_accurate_reduction_is_closer_than_the_fast_one(sigma):
    disc = draw_disc().astype(np.float32) / 255
    errors = [
        np.abs(gaussian_blur(disc, sigma, reduction) - blur_fully(disc, sigma)).mean()
        for reduction in (FAST_BLUR, ACCURATE_BLUR)
    ]
    assert errors[1] < errors[0]


@pytest.mark.parametrize("sigma", [0.8, 5, 21])
def test_a_margin_equals_padding_the_image_first(sigma):
    disc = draw_disc(101)
    wide = gaussian_blur(disc, sigma, ACCURATE_BLUR, margin=30)
    assert wide.shape == (161, 171) and wide.dtype == np.uint8
    padded = cv2.copyMakeBorder(disc, *[30] * 4, cv2.BORDER_CONSTANT)
    assert_image_equal(wide, gaussian_blur(padded, sigma, ACCURATE_BLUR))


def test_pixels_outside_count_as_0():
    white = np.ones((90, 90, 3), np.float32)
    blurred = gaussian_blur(white, 12)
    assert (blurred[0, 0] < 0.4).all() and (blurred[0, 45] < 0.65).all()
    assert blurred[45, 45] == pytest.approx([1] * 3, abs=0.01)


def test_colors_of_weight_0_do_not_bleed_into_others():
    weight = draw_disc().astype(np.float32) / 255
    colors = np.where(weight[..., None] > 0, np.float32((90, 60, 30)), np.float32((0, 255, 0)))
    blurred = blur_weighted(colors, weight, 9)
    assert np.abs(blurred[weight > 0] - (90, 60, 30)).max() < 0.01


def test_a_weighted_blur_may_use_another_blur():
    weight = draw_disc().astype(np.float32) / 255
    colors = np.random.default_rng(0).uniform(0, 255, (*weight.shape, 3)).astype(np.float32)
    ours = blur_weighted(colors, weight, 4, blur_fully)
    share = np.maximum(blur_fully(weight, 4), 1e-3)[..., None]
    assert_image_equal(ours, blur_fully(colors * weight[..., None], 4) / share)


@pytest.mark.parametrize("sigma", [0.1, 3, 7.7, 12, 25])
@pytest.mark.parametrize("reduction", [FAST_BLUR, ACCURATE_BLUR], ids=["fast", "accurate"])
def test_a_blur_neither_adds_nor_loses_light(sigma, reduction):
    disc = draw_disc(201).astype(np.float32)
    blurred = gaussian_blur(disc, sigma, reduction, margin=120)
    assert blurred.sum() == pytest.approx(disc.sum(), rel=0.002)
    assert blurred.min() >= 0 and blurred.max() <= 255.01


@pytest.mark.parametrize("sigma", [2, 7, 11, 22])
def test_a_blur_is_symmetric_where_blocks_fill_the_image(sigma):
    # Divisible by the factors of these sigmas, so that no block is padded.
    square = np.zeros((240, 240), np.float32)
    square[116:124, 116:124] = 1
    blurred = gaussian_blur(square, sigma)
    for mirrored in (blurred[::-1], blurred[:, ::-1], blurred.T):
        assert np.abs(blurred - mirrored).max() < 1e-5


@pytest.mark.parametrize(
    ("reduction", "sigma", "factor"),
    [(FAST_BLUR, 2.4, 1), (FAST_BLUR, 5, 2), (FAST_BLUR, 7.4, 2), (ACCURATE_BLUR, 7.4, 3)],
)
def test_the_factor_is_the_sigma_over_the_target(reduction, sigma, factor):
    assert reduction.choose_factor(sigma) == factor


@pytest.mark.parametrize("sigma", [3, 9, 16])
def test_the_width_of_a_blur_is_its_sigma(sigma):
    edge = np.zeros((480, 480), np.float32)
    edge[:, 240:] = 1
    profile = np.diff(gaussian_blur(edge, sigma, ACCURATE_BLUR)[240, 80:400])
    at = np.arange(len(profile))
    mean = (profile * at).sum() / profile.sum()
    spread = np.sqrt((profile * (at - mean) ** 2).sum() / profile.sum())
    assert spread == pytest.approx(sigma, rel=0.03)


def test_a_weighted_blur_keeps_a_flat_color_and_its_dtype():
    weight = np.random.default_rng(3).random((80, 90)).astype(np.float32)
    colors = np.full((80, 90, 3), (200, 10, 90), np.float32)
    blurred = blur_weighted(colors, weight, 6)
    assert blurred.dtype == np.float32 and blurred.shape == colors.shape
    assert np.abs(blurred - colors).max() < 0.01


def test_a_weighted_blur_stays_finite_without_any_weight():
    nothing = np.zeros((40, 50), np.float32)
    assert (blur_weighted(np.ones((40, 50, 3), np.float32), nothing, 5) == 0).all()


@pytest.mark.parametrize("shape", [(61, 47), (23, 90), (9, 9)])
@pytest.mark.parametrize("reduction", [FAST_BLUR, ACCURATE_BLUR], ids=["fast", "accurate"])
def test_sizes_that_blocks_do_not_divide_are_blurred_to_the_edge(shape, reduction):
    image = np.random.default_rng(0).random(shape).astype(np.float32)
    blurred = gaussian_blur(image, 22, reduction)
    assert blurred.shape == shape
    assert np.abs(blurred - blur_fully(image, 22)).max() < 0.035
