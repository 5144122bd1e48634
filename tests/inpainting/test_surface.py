"""The ground is multiplied by factors of light and shadow; the product is not."""

import cv2
import numpy as np
import pytest

from services.inpainting.engines.grounding.surface import (
    compute_shadow_factors,
    measure_ground_color,
    shade_ground,
)
from tests.support.pictures import assert_image_equal

FLOOR = (210, 190, 160)


def shade(color, darkness):
    """The factors of a shadow on ground of one color: float32 (1, n, 3)."""
    return compute_shadow_factors(np.array(color, float), np.array([darkness], np.float32))


def test_a_shadow_deepens_the_hue_of_its_ground():
    shaded = (np.array(FLOOR) * shade(FLOOR, [0.6]))[0, 0]
    assert shaded[0] / shaded[2] > FLOOR[0] / FLOOR[2]
    assert shaded.mean() == pytest.approx(0.4 * np.mean(FLOOR), rel=0.05)


def test_a_shadow_on_gray_stays_gray():
    assert shade((128, 128, 128), [0.6]) == pytest.approx(np.full((1, 1, 3), 0.4), abs=1e-5)


@pytest.mark.parametrize("color", [FLOOR, (0, 0, 0), (255, 0, 0), (12, 200, 90)])
def test_a_shadow_takes_its_darkness_of_the_light(color):
    """The mean of the channels' factors is 1 - darkness, whatever the ground's color."""
    darkness = np.linspace(0, 1, 101, dtype=np.float32)
    factors = shade(color, darkness)
    assert factors.dtype == np.float32
    assert factors.mean(axis=2)[0] == pytest.approx(1 - darkness, abs=1e-5)
    assert factors[0, 0] == pytest.approx(1) and factors[0, -1] == pytest.approx(0, abs=1e-6)
    assert (np.diff(factors[0], axis=0) <= 1e-6).all()


def test_darkness_is_limited_to_0_and_1():
    factors = shade(FLOOR, [-0.5, 1.5])
    assert factors[0, 0] == pytest.approx(1) and factors[0, 1] == pytest.approx(0, abs=1e-6)


def test_the_grounds_color_is_that_in_the_shadow_and_outside_the_product():
    picture = np.full((20, 20, 3), (10, 20, 30), np.uint8)
    picture[:, 10:] = FLOOR
    mask, darkness = np.zeros((20, 20), np.uint8), np.zeros((20, 20), np.float32)
    mask[:10], darkness[:, 10:] = 255, 0.3
    picture[:10] = (255, 0, 0)
    assert measure_ground_color(picture, mask, darkness) == pytest.approx(np.array(FLOOR), abs=1)
    assert not measure_ground_color(picture, mask, 0 * darkness).any()


@pytest.fixture
def scene():
    """Noise as the picture, a soft disc as the mask, and smooth factors of about half."""
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (120, 160, 3), dtype=np.uint8)
    mask = np.zeros((120, 160), np.uint8)
    cv2.circle(mask, (80, 60), 30, 255, -1)
    mask = cv2.GaussianBlur(mask, (5, 5), 0)
    factors = cv2.GaussianBlur(rng.integers(0, 256, (120, 160, 3), dtype=np.uint8), (0, 0), 2)
    return picture, mask, factors


def test_the_ground_is_multiplied_and_soft_edges_in_proportion(scene):
    picture, mask, factors = scene
    out = shade_ground(picture, mask, factors)
    share = mask[..., None] / 255
    shaded = np.clip(np.rint(picture * (factors / 255)), 0, 255)
    assert np.abs(out - (picture * share + shaded * (1 - share))).max() <= 1


def test_opaque_pixels_and_the_arguments_stay_bit_equal(scene):
    before = [each.copy() for each in scene]
    picture, mask, factors = scene
    out = shade_ground(picture, mask, factors)
    assert_image_equal(out[mask == 255], picture[mask == 255])
    for now, then in zip(scene, before, strict=True):
        assert np.array_equal(now, then)


def test_factors_of_1_change_nothing(scene):
    picture, mask, factors = scene
    assert_image_equal(shade_ground(picture, mask, np.full_like(factors, 255)), picture)


@pytest.mark.parametrize(("row", "column"), [(5, 5), (119, 159), (60, 20)])
def test_a_change_at_any_place_is_found(scene, row, column):
    picture, mask, factors = scene
    factors = np.full_like(factors, 255)
    factors[row, column] = 128
    out = shade_ground(picture, mask, factors)
    expected = picture.copy()
    expected[row, column] = np.rint(picture[row, column] * (128 / 255))
    assert np.abs(out.astype(int) - expected).max() <= 1
    untouched = np.ones(mask.shape, bool)
    untouched[row, column] = False
    assert_image_equal(out[untouched], picture[untouched])


def test_coarser_factors_are_enlarged_to_the_picture(scene):
    picture, mask, _ = scene
    smooth = np.zeros((120, 160, 3), np.uint8)
    smooth += np.linspace(100, 230, 160).astype(np.uint8)[None, :, None]
    fine = shade_ground(picture, mask, smooth)
    coarse = shade_ground(picture, mask, cv2.resize(smooth, (40, 30)))
    assert np.abs(coarse.astype(int) - fine).max() <= 3
