import pytest

from cyclorama.v1.image_pb2 import SIDE_BOTTOM, SIDE_LEFT, SIDE_RIGHT, SIDE_TOP
from services.compositing.placement import OVERLAP, place
from services.runtime.scene import Scene

STANDING = Scene(ground_line=0.8, camera_pitch=15)
LYING = Scene(ground_line=0.5, camera_pitch=90)


def put(cutout, scene=STANDING, sides=(), canvas=(1000, 1000), width=0.7, height=0.62):
    return place(cutout, canvas, scene, sides, width, height)


def test_a_wide_product_takes_70_percent_of_the_width_and_keeps_its_aspect():
    at = put((200, 400))
    assert (at.width, at.height) == (700, 350)
    assert at.scale == pytest.approx(1.75)


def test_a_tall_product_is_bounded_by_the_height():
    at = put((400, 100))
    assert (at.width, at.height) == (155, 620)


def test_a_standing_product_is_centred_on_the_ground_line():
    at = put((200, 400))
    assert at.y + at.height == 800
    assert at.x == 150


def test_a_standing_product_leaves_air_above_even_on_a_high_ground_line():
    at = put((400, 100), Scene(ground_line=0.5))
    assert at.y == 60 and at.y + at.height == 500


def test_a_lying_product_is_centred_both_ways():
    at = put((200, 400), LYING)
    assert (at.x, at.y) == (150, 325)


@pytest.mark.parametrize("canvas", [(1000, 600), (600, 1800), (256, 256)])
def test_the_product_stays_inside_every_canvas(canvas):
    at = put((300, 200), canvas=canvas)
    assert at.x >= 0 and at.x + at.width <= canvas[1]
    assert at.y >= 0 and at.y + at.height <= canvas[0]


@pytest.mark.parametrize("scene", [STANDING, LYING])
def test_a_product_that_the_photo_cut_off_runs_out_of_the_picture(scene):
    at = put((400, 200), scene, [SIDE_BOTTOM])
    assert at.y + at.height == 1000 + OVERLAP
    assert put((400, 200), scene, [SIDE_TOP]).y == -OVERLAP
    assert put((400, 200), scene, [SIDE_LEFT]).x == -OVERLAP
    right = put((400, 200), scene, [SIDE_RIGHT])
    assert right.x + right.width == 1000 + OVERLAP


def test_a_hairline_still_gets_a_pixel():
    at = put((4000, 1))
    assert at.width == 1 and at.height <= 620
