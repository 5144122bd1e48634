"""Color conversions of the studio."""

import numpy as np
import pytest

from services.studio.color import (
    brighten_color,
    extract_palette,
    linear_from_srgb,
    mix_colors,
    relative_luminance,
    rgb_from_kelvin,
    srgb_from_linear,
)


def test_srgb_and_linear_light_are_inverse():
    color = (12, 128, 250)
    assert np.rint(srgb_from_linear(linear_from_srgb(color)) * 255).tolist() == list(color)


def test_low_color_temperatures_are_warm_and_high_ones_cool():
    warm, white, cool = (rgb_from_kelvin(kelvin) for kelvin in (3000, 6500, 9000))
    assert warm[0] > warm[1] > warm[2]
    assert white == pytest.approx([1, 1, 1])
    assert cool[0] < cool[1] < cool[2]


def test_colors_of_all_temperatures_have_equal_luminance():
    weights = [0.2126, 0.7152, 0.0722]
    assert [rgb_from_kelvin(k) @ weights for k in (2500, 4000, 8000)] == pytest.approx([1, 1, 1])


def test_a_mix_starts_at_one_color_and_ends_at_the_other():
    assert mix_colors((10, 20, 30), (110, 120, 130), 0) == (10, 20, 30)
    assert mix_colors((10, 20, 30), (110, 120, 130), 1) == (110, 120, 130)


def test_twice_the_light_is_twice_the_luminance():
    assert relative_luminance(brighten_color((60, 40, 30), 2)) == pytest.approx(
        2 * relative_luminance((60, 40, 30)), rel=0.03
    )


def test_a_palette_lists_colors_by_their_share():
    picture = np.full((120, 120, 3), (200, 40, 40), np.uint8)
    picture[:30] = (20, 30, 160)
    found = extract_palette(picture)
    assert np.abs(np.array(found[:2]) - [(200, 40, 40), (20, 30, 160)]).max() <= 3


def test_a_palette_has_at_most_six_colors_and_is_deterministic():
    picture = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    assert len(extract_palette(picture)) <= 6
    assert extract_palette(picture) == extract_palette(picture.copy())


def test_a_plain_image_has_one_color():
    assert extract_palette(np.full((50, 70, 3), 90, np.uint8)) == ((90, 90, 90),)
