import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.compositing.backdrop import cover, plain
from services.runtime.scene import Scene
from tests.pictures import assert_image_equal

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


sides = st.integers(16, 700)


@given(st.tuples(sides, sides), st.tuples(sides, sides), st.floats(0, 1))
def test_every_size_comes_out_exactly(size, canvas, ground):
    pixels, _ = cover(np.zeros((*size, 3), np.uint8), canvas, Scene(ground_line=ground))
    assert pixels.shape == (*canvas, 3)


def test_a_plain_color_is_that_color_everywhere():
    assert (plain((255, 250, 3), (20, 30)) == (255, 250, 3)).all()
