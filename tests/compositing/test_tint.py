"""The tint pulls colors towards the background, and its shift is measured."""

import cv2
import numpy as np
import pytest

from services.compositing.color_shift import measure_color_shift
from services.compositing.engines.opencv.tint import tint_product
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
def test_the_tint_mixes_in_the_mean_color_and_keeps_alpha(product, ground, strength):
    before = product.copy()
    tinted = tint_product(product, ground, strength)
    share = product[..., 3:] / 255
    expected = product[..., :3] * (1 - strength) + np.array(GROUND) * share * strength
    assert np.abs(tinted[..., :3] - expected).max() <= 1
    assert_image_equal(tinted[..., 3], product[..., 3])
    assert_image_equal(product, before)


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
