"""CIE Lab, luminance and CIEDE2000 against published values."""

import numpy as np
import pytest

from services.imaging.color import (
    LUMINANCE,
    find_channel_extremes,
    lab_from_srgb,
    linear_light_from_srgb,
    luminance_from_srgb,
)
from services.imaging.delta_e import delta_e, delta_e_from_lab
from tests.support.pictures import assert_image_equal, draw_product


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((119, 119, 119), (50, 0, 0)),
        ((255, 0, 0), (53.2, 80.1, 67.2)),
        ((0, 0, 255), (32.3, 79.2, -107.9)),
    ],
)
def test_lab_matches_the_standard(color, expected):
    lab = lab_from_srgb(np.full((1, 1, 3), color, np.uint8))
    assert lab.dtype == np.float32 and lab[0, 0] == pytest.approx(expected, abs=0.3)


def test_lab_of_a_list_of_colors_equals_that_of_an_image():
    picture, mask = draw_product()
    assert_image_equal(lab_from_srgb(picture[mask]), lab_from_srgb(picture)[mask])
    assert lab_from_srgb(picture[0, 0]).shape == (3,)


@pytest.mark.parametrize(
    ("color", "light"), [((0, 0, 0), 0), ((255, 255, 255), 1), ((119, 119, 119), 0.184)]
)
def test_luminance_matches_the_standard(color, light):
    assert luminance_from_srgb(np.uint8([color])) == pytest.approx(light, abs=0.001)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_linear_light_keeps_the_dtype_and_matches_the_standard(kind):
    light = linear_light_from_srgb(np.array([0, 0.02, 0.5, 1], kind))
    assert light.dtype == kind and light == pytest.approx([0, 0.00155, 0.214, 1], abs=0.001)
    assert LUMINANCE.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_delta_e_matches_the_published_pairs(first, second, expected):
    found = delta_e_from_lab(np.array(first), np.array(second))
    assert found == pytest.approx(expected, abs=1e-4)


def test_delta_e_is_0_for_equal_colors_and_below_1_for_one_level():
    gray = np.full((2, 3), 128, np.uint8)
    assert (delta_e(gray, gray) == 0).all()
    assert (delta_e(gray, gray + 1) < 1).all()


def test_channel_extremes_are_the_darkest_and_the_lightest_channel():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    darkest, lightest = find_channel_extremes(pixels)
    assert_image_equal(darkest, pixels.min(axis=2))
    assert_image_equal(lightest, pixels.max(axis=2))
