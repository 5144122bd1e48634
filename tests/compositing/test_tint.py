"""The tint pulls colors towards the background, and its shift is measured."""

import cv2
import numpy as np
import pytest

from services.compositing.color_shift import measure_color_shift
from services.compositing.engines.opencv.tint import color_by_light, tint_product
from services.imaging.resizing import premultiply
from tests.support.pictures import assert_image_equal, draw_cutout

GROUND = (90, 120, 150)


@pytest.fixture
def product():
    return premultiply(draw_cutout())


@pytest.fixture
def ground():
    return np.full((200, 240, 3), GROUND, np.uint8)


def test_a_tint_of_zero_changes_nothing(product, ground):
    assert_image_equal(tint_product(product, ground, 0), product)


@pytest.mark.parametrize("strength", [0.25, 1.0])
def test_the_tint_mixes_in_the_mean_color_by_luma_and_keeps_alpha(product, ground, strength):
    before = product.copy()
    tinted = tint_product(product, ground, strength)
    opaque = product[..., 3] == 255
    color = product[opaque][:, :3].astype(float)
    luma = (color @ (0.299, 0.587, 0.114))[:, None] / 255
    weight = strength * (4 * luma * (1 - luma)) ** 2
    expected = color * (1 - weight) + np.array(GROUND) * weight
    assert np.abs(tinted[opaque][:, :3] - expected).max() <= 2
    assert (tinted[..., :3] <= tinted[..., 3:]).all()
    assert_image_equal(tinted[..., 3], product[..., 3])
    assert_image_equal(product, before)


@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 0, 0), (255, 120, 0), (40, 60, 200)])
@pytest.mark.parametrize("strength", [0.06, 0.2, 0.5])
def test_blacks_and_whites_stay(ground, strength):
    levels = np.arange(256, dtype=np.uint8)
    ramp = np.dstack([levels, levels, levels, np.full(256, 255, np.uint8)])
    tinted = tint_product(ramp, np.full((8, 8, 3), ground, np.uint8), strength)
    moved = np.abs(tinted.astype(int) - ramp)[0, :, :3]
    assert moved[:9].max() <= 2 and moved[247:].max() <= 2
    assert moved[0].max() == moved[255].max() == 0
    # Gray stays in order: no level overtakes the next.
    assert (np.diff(tinted[0, :, 0].astype(int)) >= 0).all()


def test_midtones_move_by_the_strength():
    gray = np.full((8, 8, 4), 128, np.uint8)
    gray[..., 3] = 255
    tinted = tint_product(gray, np.full((8, 8, 3), (228, 128, 28), np.uint8), 0.2)
    assert tinted[0, 0, :3] == pytest.approx(np.array((148, 128, 108)), abs=1)


def test_soft_edges_are_tinted_like_the_product_behind_them():
    edge = np.full((8, 8, 4), 64, np.uint8)
    edge[..., 3] = 128
    tinted = tint_product(edge, np.full((8, 8, 3), 228, np.uint8), 0.2)
    assert tinted[0, 0, :3] == pytest.approx(np.full(3, 74), abs=1)


def test_color_shift_is_zero_without_a_change_and_grows_with_it(product):
    assert measure_color_shift(product, product) == 0
    shifts = []
    for levels in (10, 20):
        shifted = product.copy()
        shifted[..., 1] = cv2.add(shifted[..., 1], levels)
        shifts.append(measure_color_shift(product, shifted))
    assert shifts[1] > 3 and shifts[0] < shifts[1]


def test_color_shift_ignores_soft_edges(product):
    shifted = product.copy()
    shifted[product[..., 3] < 255] = 0
    assert measure_color_shift(product, shifted) == 0


def test_white_light_and_no_strength_change_nothing(product):
    assert_image_equal(color_by_light(product, (255, 255, 255), 0.06), product)
    assert_image_equal(color_by_light(product, (255, 180, 90), 0), product)


@pytest.mark.parametrize(("color", "channel"), [((255, 220, 170), 2), ((170, 205, 255), 0)])
def test_light_of_a_color_takes_away_the_opposite_channel_alone(product, color, channel):
    before = product.copy()
    lit = color_by_light(product, color, 0.06)
    lost = (product.astype(int) - lit)[product[..., 3] == 255].mean(axis=0)
    assert lost[channel] > lost[1] > lost[2 - channel] == 0
    assert 4 < lost[channel] < 20
    assert_image_equal(lit[..., 3], product[..., 3])
    assert_image_equal(product, before)


def test_at_full_strength_white_has_the_color_of_the_light(product):
    white = np.full((4, 4, 4), 255, np.uint8)
    lit = color_by_light(white, (255, 200, 120), 0.5)
    assert np.abs(lit[0, 0, :3].astype(int) - (255, 200, 120)).max() <= 5
