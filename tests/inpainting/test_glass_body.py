"""Clear glass: its rim stands out from light and dark ground, and it casts a pale shadow."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.imaging.scene import Light, Scene
from services.inpainting.glass_body import find_glass_body, show_glass_body
from tests.support.pictures import assert_image_equal

SCENE = Scene(camera_pitch=20, ground_line=0.75, horizon=0.1, light=Light(90, 40, 0.2))
LIGHT_GROUND, DARK_GROUND = (225, 205, 170), (24, 40, 34)
RIM, INNER, OUTSIDE = (180, 202), (180, 240), (180, 330)


def draw_jar(ground, alpha=31, lid=(120, 80, 40)):
    """A clear jar with an opaque lid on plain ground: RGB (400, 400, 3) and alpha."""
    mask = np.zeros((400, 400), np.uint8)
    cv2.rectangle(mask, (200, 120), (280, 280), alpha, -1)
    cv2.ellipse(mask, (240, 280), (40, 14), 0, 0, 360, alpha, -1)
    cv2.rectangle(mask, (196, 90), (284, 125), 255, -1)
    picture = np.full((400, 400, 3), ground, np.uint8)
    picture[mask == 255] = lid
    # The lid is bright in one corner, so that a scene on dark ground has light at all.
    picture[:40] = (200, 190, 180)
    return picture, mask


@pytest.mark.parametrize("ground", [LIGHT_GROUND, DARK_GROUND])
def test_opaque_pixels_stay_bit_equal(ground):
    picture, mask = draw_jar(ground)
    before = picture.copy()
    out = show_glass_body(picture, mask, SCENE, 1.0)
    assert_image_equal(out[mask == 255], picture[mask == 255])
    assert (out != picture).any()
    assert_image_equal(picture, before)


@pytest.mark.parametrize("blur", [1, 9])
def test_opaque_products_with_soft_edges_are_no_glass(blur):
    picture, mask = draw_jar(LIGHT_GROUND, alpha=255)
    mask = cv2.GaussianBlur(mask, (blur, blur), 0)
    assert find_glass_body(mask) is None
    assert show_glass_body(picture, mask, SCENE, 1.0) is picture


@pytest.mark.parametrize(("ground", "sign"), [(LIGHT_GROUND, -1), (DARK_GROUND, 1)])
def test_the_rim_is_darker_on_light_ground_and_lighter_on_dark_ground(ground, sign):
    picture, mask = draw_jar(ground)
    out = show_glass_body(picture, mask, SCENE, 0.0).mean(axis=2)
    assert sign * (out[RIM] - out[INNER]) > 10
    assert sign * (out[RIM] - out[OUTSIDE]) > 15
    assert abs(out[INNER] - out[OUTSIDE]) < 12


def test_glass_casts_a_pale_shadow_away_from_the_light():
    picture, mask = draw_jar(LIGHT_GROUND)
    out = show_glass_body(picture, mask, SCENE, 1.0).astype(float).mean(axis=2)
    ground = picture.astype(float).mean(axis=2)
    # The light comes from the right.
    left, right = (ground - out)[240:290, 130:190], (ground - out)[240:290, 300:360]
    assert 8 < left.max() < 110
    assert right.max() < left.max() / 3


@pytest.mark.parametrize(
    "scene", [replace(SCENE, camera_pitch=90), replace(SCENE, stance="floating")]
)
def test_only_standing_glass_has_a_shadow_on_the_ground(scene):
    picture, mask = draw_jar(LIGHT_GROUND)
    out = show_glass_body(picture, mask, scene, 1.0)
    assert_image_equal(out[mask == 0], picture[mask == 0])


def test_the_shadow_ends_at_the_horizon():
    picture, mask = draw_jar(LIGHT_GROUND)
    out = show_glass_body(picture, mask, replace(SCENE, horizon=0.6), 1.0)
    above = mask[:240] == 0
    assert_image_equal(out[:240][above], picture[:240][above])
