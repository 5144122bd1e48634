"""Backgrounds of any size cover the canvas."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.compositing.background_fit import fit_background
from services.imaging.recipe import Crop, SetRecipe
from services.imaging.scene import Scene
from tests.support.pictures import assert_image_equal

SCENE = Scene(ground_line=0.75, horizon=0.25)


def draw_gradient(height, width):
    """A vertical gradient: level 0 at the top, 200 at the bottom."""
    rows = np.linspace(0, 200, height)[:, None, None]
    return np.broadcast_to(rows, (height, width, 3)).astype(np.uint8).copy()


def test_a_background_of_the_canvas_size_is_unchanged():
    background = draw_gradient(200, 300)
    pixels, scene = fit_background(background, (200, 300), SCENE)
    assert_image_equal(pixels, background)
    assert scene == SCENE


@pytest.mark.parametrize("canvas", [(90, 728), (50, 320), (600, 160), (250, 300), (900, 900)])
def test_ground_line_and_horizon_follow_the_crop(canvas):
    pixels, scene = fit_background(draw_gradient(400, 600), canvas, SCENE)
    assert pixels.shape == (*canvas, 3)
    for share, before in ((scene.ground_line, 150), (scene.horizon, 50)):
        row = round(share * canvas[0])
        if 0 <= row < canvas[0]:
            assert abs(int(pixels[row, 5, 0]) - before) <= 2
    assert scene.ground_line == pytest.approx(0.75, abs=0.02)


def test_wide_backgrounds_are_cropped_evenly_left_and_right():
    background = np.zeros((100, 400, 3), np.uint8)
    background[:, 150:250] = 200
    pixels, _ = fit_background(background, (100, 100), SCENE)
    assert (pixels == 200).all()


def test_a_ground_line_that_is_too_low_is_raised_by_zooming_in():
    background = draw_gradient(640, 360)
    pixels, scene = fit_background(background, (640, 360), SCENE, lowest_ground=0.65)
    assert scene.ground_line == pytest.approx(0.65, abs=0.01)
    assert abs(int(pixels[round(0.65 * 640), 5, 0]) - 150) <= 2
    assert pixels.shape == background.shape


def test_the_zoom_is_limited():
    pixels, scene = fit_background(
        draw_gradient(640, 360), (640, 360), replace(SCENE, ground_line=0.95), lowest_ground=0.5
    )
    assert 0.5 < scene.ground_line < 0.95 and pixels.shape == (640, 360, 3)


sides = st.integers(16, 700)


@given(st.tuples(sides, sides), st.tuples(sides, sides), st.floats(0, 1), st.floats(0.3, 1))
def test_the_result_has_the_size_of_the_canvas(size, canvas, ground, lowest):
    picture = np.zeros((*size, 3), np.uint8)
    pixels, scene = fit_background(picture, canvas, Scene(ground_line=ground), lowest)
    assert pixels.shape == (*canvas, 3)
    assert -0.1 <= scene.ground_line <= 1.1


def test_the_recipe_of_a_set_says_which_part_of_it_is_seen():
    recipe = SetRecipe("3", "x", 200, 100, 7)
    scene = Scene(ground_line=0.5, recipe=recipe)
    background = np.zeros((100, 200, 3), np.uint8)
    _, square = fit_background(background, (50, 50), scene)
    assert square.recipe.crop == Crop(0.25, 0.0, 0.5, 1.0)
    _, upright = fit_background(np.zeros((50, 50, 3), np.uint8), (100, 50), square)
    # A part of the part that was seen before.
    assert upright.recipe.crop == Crop(0.375, 0.0, 0.25, 1.0)


def test_lines_far_outside_a_banner_stay_within_the_contract():
    scene = Scene(ground_line=0.95, horizon=-1.0)
    _, banner = fit_background(np.zeros((400, 1200, 3), np.uint8), (40, 1200), scene)
    assert banner.horizon >= -10 and 0 <= banner.ground_line <= 1
