"""The camera of a set: framing, projection and horizon agree with each other."""

import math

import numpy as np
import pytest

from services.studio.camera import frame

SIZES = [(256, 256), (1024, 512), (300, 900), (900, 300)]


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("pitch", [0.0, 16.0, 45.0])
def test_the_product_stands_on_the_ground_line(width, height, pitch):
    camera = frame(width, height, pitch, ground_line=0.8, view=24)
    assert camera.project((0, 0, 0)) == pytest.approx((0.5, 0.8))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_product_seen_from_above_lies_in_the_middle(width, height):
    camera = frame(width, height, 90.0, ground_line=0.8, view=24)
    assert camera.project((0, 0, 0)) == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_shorter_side_spans_one_unit(width, height):
    camera = frame(width, height, 16.0, ground_line=0.8, view=24)
    up = camera.up / 2
    right, top = camera.project((0.5, 0, 0)), camera.project(tuple(up))
    pixels = (right[0] - 0.5) * width, (0.8 - top[1]) * height
    assert pixels == pytest.approx((min(width, height) / 2,) * 2)


@pytest.mark.parametrize("pitch", [5.0, 20.0, 40.0])
def test_what_a_row_shows_of_the_floor_appears_in_that_row(pitch):
    camera = frame(640, 480, pitch, ground_line=0.8, view=24)
    depth = camera.depth_at(0.7, level=-0.1)
    assert camera.project((0, -0.1, depth))[1] == pytest.approx(0.7)
    assert camera.level_at(0.7, depth) == pytest.approx(-0.1)


def test_a_row_above_the_horizon_shows_no_floor():
    camera = frame(640, 480, 0.0, ground_line=0.8, view=24)
    assert camera.depth_at(0.3) == -math.inf


@pytest.mark.parametrize("pitch", [0.0, 5.0, 16.0])
def test_far_level_things_appear_at_the_horizon(pitch):
    camera = frame(640, 480, pitch, ground_line=0.8, view=24)
    assert camera.project((0, 0, -1e7))[1] == pytest.approx(camera.horizon(), abs=1e-4)


def test_the_horizon_of_a_view_from_above_is_above_the_picture():
    assert frame(640, 480, 90.0, ground_line=0.8, view=24).horizon() == -1.0


def test_a_sight_leads_to_what_appears_there():
    camera = frame(640, 480, 20.0, ground_line=0.8, view=24)
    point = camera.position + 3 * camera.sight(0.3, 0.6)
    assert camera.project(tuple(point)) == pytest.approx((0.3, 0.6))


def test_the_side_of_the_picture_is_half_its_width_away():
    camera = frame(640, 480, 20.0, ground_line=0.8, view=24)
    half = camera.half_width_at(-0.7, level=0.1)
    assert camera.project((half, 0.1, -0.7))[0] == pytest.approx(1.0)
    assert np.isclose(np.linalg.norm(camera.forward), 1) and abs(camera.forward @ camera.up) < 1e-9
