"""The camera of a set: framing, projection and horizon agree with each other."""

import math

import numpy as np
import pytest

from services.studio.camera import create_camera

SIZES = [(256, 256), (1024, 512), (300, 900), (900, 300)]


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("pitch", [0.0, 16.0, 45.0])
def test_the_product_stands_on_the_ground_line(width, height, pitch):
    camera = create_camera(width, height, pitch, ground_line=0.8, view_angle=24)
    assert camera.project_point((0, 0, 0)) == pytest.approx((0.5, 0.8))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_product_seen_from_above_lies_in_the_center(width, height):
    camera = create_camera(width, height, 90.0, ground_line=0.8, view_angle=24)
    assert camera.project_point((0, 0, 0)) == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_shorter_side_spans_one_unit(width, height):
    camera = create_camera(width, height, 16.0, ground_line=0.8, view_angle=24)
    up = camera.up / 2
    right, top = camera.project_point((0.5, 0, 0)), camera.project_point(tuple(up))
    pixels = (right[0] - 0.5) * width, (0.8 - top[1]) * height
    assert pixels == pytest.approx((min(width, height) / 2,) * 2)


@pytest.mark.parametrize("pitch", [5.0, 20.0, 40.0])
def test_a_point_of_the_floor_projects_to_the_row_it_was_found_at(pitch):
    camera = create_camera(640, 480, pitch, ground_line=0.8, view_angle=24)
    depth = camera.floor_depth_at_row(0.7, floor_y=-0.1)
    assert camera.project_point((0, -0.1, depth))[1] == pytest.approx(0.7)
    assert camera.height_at_row(0.7, depth) == pytest.approx(-0.1)


def test_a_row_above_the_horizon_has_no_floor_depth():
    camera = create_camera(640, 480, 0.0, ground_line=0.8, view_angle=24)
    assert camera.floor_depth_at_row(0.3) == -math.inf


@pytest.mark.parametrize("pitch", [0.0, 5.0, 16.0])
def test_far_away_points_project_to_the_horizon(pitch):
    camera = create_camera(640, 480, pitch, ground_line=0.8, view_angle=24)
    assert camera.project_point((0, 0, -1e7))[1] == pytest.approx(camera.horizon_row(), abs=1e-4)


def test_a_view_from_above_has_its_horizon_above_the_image():
    assert create_camera(640, 480, 90.0, ground_line=0.8, view_angle=24).horizon_row() == -1.0


def test_points_along_a_ray_project_to_its_column_and_row():
    camera = create_camera(640, 480, 20.0, ground_line=0.8, view_angle=24)
    point = camera.position + 3 * camera.ray_at(0.3, 0.6)
    assert camera.project_point(tuple(point)) == pytest.approx((0.3, 0.6))


def test_a_point_half_the_width_aside_projects_to_the_images_side():
    camera = create_camera(640, 480, 20.0, ground_line=0.8, view_angle=24)
    half = camera.half_width_at_depth(-0.7, y=0.1)
    assert camera.project_point((half, 0.1, -0.7))[0] == pytest.approx(1.0)
    assert np.isclose(np.linalg.norm(camera.forward), 1) and abs(camera.forward @ camera.up) < 1e-9


@pytest.mark.parametrize("column", [0.4, 0.6])
def test_a_product_column_moves_the_product_off_the_middle(column):
    camera = create_camera(640, 480, 16.0, 0.8, 24, product_x=column)
    assert camera.project_point((0, 0, 0)) == pytest.approx((column, 0.8))
    ray = camera.ray_at(0.3, 0.4)
    assert camera.project_point(tuple(camera.position + 3.0 * ray)) == pytest.approx((0.3, 0.4))
    left, right = (camera.half_width_at_depth(-0.5, side=side) for side in (-1, 1))
    for x, edge in ((-left, 0.0), (right, 1.0)):
        assert camera.project_point((x, 0, -0.5))[0] == pytest.approx(edge)
    assert camera.half_width_at_depth(-0.5) == max(left, right)


def test_a_product_seen_from_above_is_in_the_middle_whatever_its_column():
    camera = create_camera(640, 480, 90.0, 0.8, 24, product_x=0.4)
    assert camera.project_point((0, 0, 0)) == pytest.approx((0.5, 0.5))
