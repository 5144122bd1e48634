"""Plain colors become sweeps: the very color, a soft pool of light, a scene with a camera."""

import numpy as np
import pytest

from services.compositing.color_backdrop import plan_color_scene, render_sweep
from services.imaging.scene import Scene
from services.imaging.view import PhotoView
from tests.support.pictures import assert_image_equal

COLORS = [(200, 40, 50), (18, 20, 24), (0, 0, 0), (245, 240, 232)]
SIZE = (220, 180)


def render(color, scene=None):
    return render_sweep(color, SIZE, scene or plan_color_scene(color, PhotoView())).astype(int)


@pytest.mark.parametrize("color", COLORS)
def test_most_of_a_sweep_has_the_very_color(color):
    sweep = render(color)
    assert sweep.shape == (*SIZE, 3)
    exact = (sweep == color).all(axis=2)
    assert exact.mean() > 0.6
    edges = [exact[0], exact[-1], exact[:, 0], exact[:, -1]]
    assert all(edge.all() for edge in edges)


@pytest.mark.parametrize("color", COLORS)
def test_the_pool_of_light_is_gentle_and_lies_behind_the_product(color):
    lift = render(color) - color
    assert lift.min() >= 0 and lift.max() <= 0.08 * 255 + 1
    # Without noise the light is smooth: means of neighboring blocks differ by little.
    means = lift[:216, :176].reshape(27, 8, 22, 8, 3).mean(axis=(1, 3))
    assert max(np.abs(np.diff(means, axis=axis)).max() for axis in (0, 1)) < 4
    row, column, _ = np.unravel_index(means.argmax(), means.shape)
    assert 0.6 < row / 27 < 0.8 and 0.4 < column / 22 < 0.6


def test_a_white_sweep_is_white_and_equal_requests_give_equal_pixels():
    assert (render((255, 255, 255)) == 255).all()
    assert_image_equal(render((90, 120, 30)), render((90, 120, 30)))


def test_the_pool_has_no_bands():
    """Where it brightens by a level in many rows, both levels alternate in between."""
    column = render_sweep((20, 22, 26), (1024, 256), plan_color_scene((20, 22, 26), PhotoView()))[
        :, 128, 0
    ]
    runs = np.diff(np.flatnonzero(np.diff(column.astype(int)) != 0))
    assert len(runs) > 100 and np.percentile(runs, 95) < 30


@pytest.mark.parametrize(("pitch", "camera"), [(12.0, 5.4), (40.0, 33.4), (5.0, 0.0)])
def test_the_ground_is_seen_as_the_photo_shows_it(pitch, camera):
    scene = plan_color_scene((1, 2, 3), PhotoView(ground_pitch=pitch, pitch_confidence=0.8))
    assert scene.camera_pitch == pytest.approx(camera, abs=0.1)
    assert scene.ground_pitch == pytest.approx(max(pitch, 6.6), abs=0.5)
    assert scene.ground_line == 0.8 and scene.horizon < 0.3


def test_an_unsure_pitch_is_not_followed():
    scene = plan_color_scene((1, 2, 3), PhotoView(ground_pitch=40, pitch_confidence=0.3))
    assert scene.camera_pitch == Scene.camera_pitch


def test_what_is_seen_from_above_gets_a_sweep_seen_from_above():
    view = PhotoView(ground_pitch=80, pitch_confidence=0.9)
    scene = plan_color_scene((1, 2, 3), view)
    assert scene.lying and scene.ground_line == 0.5
    lift = render((1, 2, 3), scene).sum(axis=2)
    assert lift[105:115].mean() > lift[180:].mean()


def test_the_light_comes_from_where_the_photos_does_and_else_from_the_upper_left():
    assert plan_color_scene((1, 2, 3), PhotoView(light_azimuth=80)).light.azimuth == 80
    assert 270 < plan_color_scene((1, 2, 3), PhotoView()).light.azimuth < 360
