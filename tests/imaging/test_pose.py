"""A photo's view gains stance, lean and light, and keeps its camera."""

import cv2
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


ABOVE = PhotoView(ground_pitch=72, camera_pitch=70, pitch_confidence=0.8)
BALL_SIDE = 240


def draw_ball(opening: float | None = None, radius: float = 0.5):
    """Draws a shaded ball, with an opening seen at a pitch: RGB photo (240, 240, 3) and alpha."""
    y, x = np.mgrid[-1 : 1 : BALL_SIDE * 1j, -1 : 1 : BALL_SIDE * 1j]
    depth = np.sqrt(np.clip(1 - x**2 - y**2, 0, None))
    gray = 60 + 170 * np.clip(-0.4 * x - 0.5 * y + 0.7 * depth, 0, None)
    if opening is not None:
        sine, cosine = np.sin(np.radians(opening)), np.cos(np.radians(opening))
        middle, half = BALL_SIDE / 2, BALL_SIDE / 2 * radius
        row = middle * (1 - np.sqrt(1 - radius**2) * cosine)
        axes = (round(half), round(half * sine))
        cv2.ellipse(gray, (round(middle), round(row)), axes, 0, 0, 360, 30, -1)
    photo = np.repeat(gray.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    return photo, np.where(x**2 + y**2 < 0.96, 255, 0).astype(np.uint8)


def view_ball(photo, ball):
    return add_pose(ABOVE, photo, ball, (0, 0, BALL_SIDE, BALL_SIDE), [])


def test_a_ball_stands_and_its_outline_shows_no_pitch():
    view = view_ball(*draw_ball())
    assert view.stance == "standing"
    assert (view.ground_pitch, view.camera_pitch, view.pitch_confidence) == (None, None, 0.0)


@pytest.mark.parametrize("pitch", [22, 36, 50])
@pytest.mark.parametrize("radius", [0.4, 0.6])
def test_the_opening_of_a_ball_shows_the_pitch(pitch, radius):
    view = view_ball(*draw_ball(pitch, radius))
    assert view.stance == "standing" and view.followed_pitch is not None
    assert view.camera_pitch == pytest.approx(pitch, abs=8)
    assert view.ground_pitch > view.camera_pitch


def test_a_plate_whose_rim_is_seen_from_above_lies():
    view = view_ball(*draw_ball(88, 0.7))
    assert view.stance == "lying" and view.ground_pitch == ABOVE.ground_pitch


def test_a_clear_cutout_leaves_the_view_as_it_is():
    assert add_pose(PhotoView(), PHOTO, np.zeros((9, 9), np.uint8), BOUNDS, []) == PhotoView()
