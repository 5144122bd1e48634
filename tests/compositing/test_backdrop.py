from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.compositing.backdrop import cover, plain
from services.imaging.scene import Scene
from tests.support.pictures import assert_image_equal

SCENE = Scene(ground_line=0.75, horizon=0.25)


def ruled(height, width):
    """Rows whose level tells their height: 0 at the top, 200 at the bottom."""
    rows = np.linspace(0, 200, height)[:, None, None]
    return np.broadcast_to(rows, (height, width, 3)).astype(np.uint8).copy()


def test_a_background_of_the_right_size_stays_as_it_is():
    background = ruled(200, 300)
    pixels, scene = cover(background, (200, 300), SCENE)
    assert_image_equal(pixels, background)
    assert scene == SCENE


@pytest.mark.parametrize("canvas", [(90, 728), (50, 320), (600, 160), (250, 300), (900, 900)])
def test_what_stood_on_the_ground_line_and_horizon_still_does(canvas):
    pixels, scene = cover(ruled(400, 600), canvas, SCENE)
    assert pixels.shape == (*canvas, 3)
    for share, before in ((scene.ground_line, 150), (scene.horizon, 50)):
        row = round(share * canvas[0])
        if 0 <= row < canvas[0]:
            assert abs(int(pixels[row, 5, 0]) - before) <= 2
    assert scene.ground_line == pytest.approx(0.75, abs=0.02)


def test_what_is_too_wide_is_cut_evenly():
    background = np.zeros((100, 400, 3), np.uint8)
    background[:, 150:250] = 200
    pixels, _ = cover(background, (100, 100), SCENE)
    assert (pixels == 200).all()


def test_a_ground_line_below_what_may_be_covered_is_brought_up():
    background = ruled(640, 360)
    pixels, scene = cover(background, (640, 360), SCENE, lowest=0.65)
    assert scene.ground_line == pytest.approx(0.65, abs=0.01)
    assert abs(int(pixels[round(0.65 * 640), 5, 0]) - 150) <= 2
    assert pixels.shape == background.shape


def test_a_background_is_not_moved_closer_than_looks_well():
    pixels, scene = cover(ruled(640, 360), (640, 360), replace(SCENE, ground_line=0.95), lowest=0.5)
    assert 0.5 < scene.ground_line < 0.95 and pixels.shape == (640, 360, 3)


sides = st.integers(16, 700)


@given(st.tuples(sides, sides), st.tuples(sides, sides), st.floats(0, 1), st.floats(0.3, 1))
def test_every_size_comes_out_exactly(size, canvas, ground, lowest):
    picture = np.zeros((*size, 3), np.uint8)
    pixels, scene = cover(picture, canvas, Scene(ground_line=ground), lowest)
    assert pixels.shape == (*canvas, 3)
    assert -0.1 <= scene.ground_line <= 1.1


def test_a_plain_color_is_that_color_everywhere():
    assert (plain((255, 250, 3), (20, 30)) == (255, 250, 3)).all()
