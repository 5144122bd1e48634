"""A photo's view gains stance, lean and light, and keeps its camera."""

import numpy as np
import pytest

from cyclorama.v1.image_pb2 import SIDE_LEFT
from services.imaging.pose import add_pose
from services.imaging.view import PhotoView
from tests.support.product_drawings import SIDE, draw_silhouette

PHOTO = np.full((SIDE, SIDE, 3), 200, np.uint8)
BOUNDS = (0, 0, SIDE, SIDE)


def test_a_leaning_product_stands_and_leans():
    camera = PhotoView(ground_pitch=30, camera_pitch=25, pitch_confidence=0.9, focal_length_mm=50)
    view = add_pose(camera, PHOTO, draw_silhouette("bottle", 12), BOUNDS, [])
    assert view.stance == "standing" and view.tilt == pytest.approx(12, abs=1)
    assert view.light_azimuth is None
    assert (view.ground_pitch, view.camera_pitch, view.focal_length_mm) == (30, 25, 50)


@pytest.mark.parametrize(("turn", "cut_sides"), [(45, []), (12, [SIDE_LEFT])])
def test_products_in_the_air_and_those_cut_off_do_not_lean(turn, cut_sides):
    alpha = draw_silhouette("bottle", turn)
    assert add_pose(PhotoView(), PHOTO, alpha, BOUNDS, cut_sides).tilt is None


def test_a_sure_pitch_from_above_lays_the_product_down():
    above = PhotoView(ground_pitch=80, camera_pitch=80, pitch_confidence=0.8)
    assert add_pose(above, PHOTO, draw_silhouette("bottle"), BOUNDS, []).stance == "lying"


def test_what_does_not_stand_has_no_base_to_read_the_pitch_from():
    camera = PhotoView(ground_pitch=8, camera_pitch=5, pitch_confidence=0.9, focal_length_mm=50)
    view = add_pose(camera, PHOTO, draw_silhouette("tank_top"), BOUNDS, [])
    assert view == PhotoView(stance="lying", focal_length_mm=50)


def test_a_ball_stands_however_steeply_its_base_seems_to_be_seen():
    above = PhotoView(ground_pitch=72, camera_pitch=70, pitch_confidence=0.8)
    y, x = np.ogrid[-50:50, -50:50]
    ball = np.where(x**2 + y**2 < 48**2, 255, 0).astype(np.uint8)
    assert add_pose(above, PHOTO, ball, (100, 100, 100, 100), []).stance == "standing"


def test_a_clear_cutout_leaves_the_view_as_it_is():
    assert add_pose(PhotoView(), PHOTO, np.zeros((9, 9), np.uint8), BOUNDS, []) == PhotoView()
