"""Cast and contact shadows against their geometry: place, direction, length, softness, fading."""

import math

import numpy as np
import pytest

from services.compositing.engines.opencv.ground_shadows import (
    CONTACT_FLATNESS,
    FADING,
    FOOT_SHARE,
    render_cast_shadow,
    render_contact_shadow,
)
from services.imaging.scene import Light
from tests.support.pictures import assert_image_equal

HEIGHT, WIDTH = 200, 60
HARD = 0.0


@pytest.fixture
def post():
    """The silhouette of a post, fully opaque."""
    return np.full((HEIGHT, WIDTH), 255, np.uint8)


def lay_on_canvas(shadow, height=800, width=1000):
    """The shadow's depth on an empty canvas: float (height, width)."""
    canvas = np.zeros((height, width))
    rows, columns = shadow.depth.shape
    canvas[shadow.y : shadow.y + rows, shadow.x : shadow.x + columns] = shadow.depth
    return canvas


def find_center(depth):
    """Row and column of the center of mass."""
    rows, columns = np.indices(depth.shape)
    return (rows * depth).sum() / depth.sum(), (columns * depth).sum() / depth.sum()


@pytest.mark.parametrize(("azimuth", "side"), [(90, -1), (270, 1), (135, -1), (225, 1)])
def test_a_cast_shadow_lies_on_the_side_away_from_the_light(post, azimuth, side):
    depth = lay_on_canvas(render_cast_shadow(post, (400, 300), Light(azimuth, 45, HARD), 30))
    _, column = find_center(depth)
    assert side * (column - (400 + WIDTH / 2)) > 20


@pytest.mark.parametrize(("azimuth", "below"), [(180, True), (0, False)])
def test_light_from_behind_throws_the_shadow_towards_the_camera(post, azimuth, below):
    depth = lay_on_canvas(render_cast_shadow(post, (400, 300), Light(azimuth, 45, HARD), 40))
    row, column = find_center(depth)
    assert (row > 300 + HEIGHT) == below
    assert column == pytest.approx(400 + (WIDTH - 1) / 2, abs=1)


def test_a_cast_shadow_is_as_long_as_the_light_is_low(post):
    """From the side, a point z above the ground falls z / tan(elevation) away."""
    elevation = 60
    depth = lay_on_canvas(render_cast_shadow(post, (400, 300), Light(270, elevation, HARD), 15))
    columns = np.flatnonzero(depth.max(axis=0) > 20)
    length = columns[-1] - (400 + WIDTH)
    assert length == pytest.approx(HEIGHT / math.tan(math.radians(elevation)), abs=12)


def test_lights_mirrored_left_to_right_cast_mirrored_shadows(post):
    left, right = (
        lay_on_canvas(render_cast_shadow(post, (470, 300), Light(azimuth, 40, 0.4), 25))
        for azimuth in (70, 290)
    )
    assert left.sum() == pytest.approx(right.sum(), rel=0.01)
    # Mirrored about the middle of the post, at 470 + 60 / 2 = 1000 / 2, up to a rounded pixel.
    (left_row, left_column), (right_row, right_column) = map(find_center, (left, right[:, ::-1]))
    assert left_row == pytest.approx(right_row, abs=0.5)
    assert left_column == pytest.approx(right_column, abs=1)
    assert np.abs(left - right[:, ::-1]).mean() < 0.5


def test_a_cast_shadow_fades_and_softens_from_the_foot_to_its_end(post):
    light = Light(180, 45, 0.3)
    depth = lay_on_canvas(render_cast_shadow(post, (400, 100), light, 60))
    foot = 100 + HEIGHT
    end = foot + round(HEIGHT * math.sin(math.radians(60)) * 0.9)
    middle = depth[foot + 10 : end - 40, 400 + WIDTH // 2]
    # One level of tolerance for the rounding to 8 bits.
    assert (np.diff(middle) <= 1).all() and middle[-1] < middle[0] * (1 - FADING / 2)
    near, far = (np.abs(np.diff(depth[row])).max() / depth[row].max() for row in (foot + 15, end))
    assert far < near / 2


def test_a_softer_light_casts_a_softer_shadow_of_the_same_strength(post):
    hard, soft = (
        lay_on_canvas(render_cast_shadow(post, (400, 300), Light(270, 45, softness), 30))
        for softness in (0.0, 1.0)
    )
    assert np.abs(np.diff(soft, axis=0)).max() < np.abs(np.diff(hard, axis=0)).max() / 2
    assert soft.sum() == pytest.approx(hard.sum(), rel=0.2)


def test_without_a_light_the_shadow_points_to_neither_side(post):
    depth = lay_on_canvas(render_cast_shadow(post, (470, 300), None, 20))
    assert np.abs(depth - depth[:, ::-1]).max() <= 2
    assert depth.max() > 100


def test_a_contact_shadow_is_the_flattened_foot_at_the_ground(post):
    depth = lay_on_canvas(render_contact_shadow(post, (400, 300)))
    rows, columns = np.flatnonzero(depth.max(axis=1) > 60), np.flatnonzero(depth.max(axis=0) > 60)
    foot = HEIGHT * FOOT_SHARE
    assert rows[-1] == pytest.approx(300 + HEIGHT, abs=2)
    assert len(rows) == pytest.approx(foot * CONTACT_FLATNESS, abs=3)
    assert columns[0] == pytest.approx(400, abs=2) and columns[-1] == pytest.approx(459, abs=2)


@pytest.mark.parametrize("render", ["cast", "contact"])
def test_large_silhouettes_have_the_same_shadow_at_scale(post, render):
    """Above the working extent shadows are computed at a reduced size."""
    large = np.full((HEIGHT * 8, WIDTH * 8), 255, np.uint8)
    if render == "cast":
        light = Light(250, 40, 0.5)
        shadows = [render_cast_shadow(each, (0, 0), light, 30) for each in (post, large)]
    else:
        shadows = [render_contact_shadow(each, (0, 0)) for each in (post, large)]
    small_sum, large_sum = (shadow.depth.sum(dtype=float) for shadow in shadows)
    assert large_sum / 64 == pytest.approx(small_sum, rel=0.1)
    small_center, large_center = (find_center(shadow.depth.astype(float)) for shadow in shadows)
    assert (large_center[0] + shadows[1].y) / 8 == pytest.approx(
        small_center[0] + shadows[0].y, abs=3
    )
    assert (large_center[1] + shadows[1].x) / 8 == pytest.approx(
        small_center[1] + shadows[0].x, abs=3
    )


def test_the_silhouette_is_not_changed(post):
    before = post.copy()
    render_cast_shadow(post, (0, 0), Light(), 20)
    render_contact_shadow(post, (0, 0))
    assert_image_equal(post, before)
