"""What of a thing is seen next to a product of a known shape, and what the product covers."""

from itertools import pairwise

import pytest

from services.studio.camera import create_camera
from services.studio.props import create_plinth
from services.studio.seeing import PictureBox, cover_product, measure_seen_share, outline_thing

CAMERA = create_camera(96, 96, pitch=12, ground_line=0.8, view_angle=26)
ABOVE = create_camera(96, 96, 90, 0.5, 26)


def measure(x: float, z: float, camera=CAMERA, aspect: float = 0.6) -> float:
    block = create_plinth(0.1, 0.1, 0.1, corner=0.01, fillet=0.005).translate(x=x, z=z)
    return measure_seen_share(camera, [block], cover_product(camera, aspect))


@pytest.mark.parametrize(
    ("x", "z", "share"),
    [(0.38, -0.3, 1.0), (0.0, -0.3, 0.0), (0.36, 0.2, 1.0), (0.9, -0.3, 0.0), (0.5, 0.0, 0.5)],
    ids=["next to it", "behind it", "in front of it", "outside", "cut off"],
)
def test_only_what_is_in_view_counts(x, z, share):
    assert measure(x, z) == pytest.approx(share, abs=0.15)


def test_a_wide_product_covers_what_a_narrow_one_leaves_in_view():
    assert measure(0.28, -0.1, aspect=0.4) == 1
    assert measure(0.28, -0.1, aspect=1.6) < 0.2


def test_a_product_that_is_seen_from_above_covers_what_it_lies_on():
    assert measure(0.0, -0.1, ABOVE) == 0
    assert measure(0.4, -0.4, ABOVE) == 1


@pytest.mark.parametrize("camera", [CAMERA, ABOVE, create_camera(200, 100, 12, 0.8, 26)])
def test_a_product_stays_in_the_picture_and_keeps_its_shape(camera):
    boxes = [cover_product(camera, aspect) for aspect in (0.3, 0.9, 2.4)]
    for box, aspect in zip(boxes, (0.3, 0.9, 2.4), strict=True):
        width, height = box.right - box.left, box.bottom - box.top
        assert width * camera.width == pytest.approx(aspect * height * camera.height)
        assert box.measure_overlap(PictureBox(0, 0, 1, 1)) == pytest.approx(1)
    assert all(one.right - one.left < other.right - other.left for one, other in pairwise(boxes))


def test_a_product_above_the_ground_ends_above_it():
    standing, raised = (cover_product(CAMERA, 1.0, is_raised) for is_raised in (False, True))
    assert raised.bottom < standing.bottom == CAMERA.ground_line


def test_a_box_around_a_thing_has_its_foot_and_its_top():
    box = outline_thing(CAMERA, (0.3, 0.0, -0.2), 0.2)
    foot, top = (CAMERA.project_point((0.3, y, -0.2)) for y in (0.0, 0.15))
    assert box.left < foot[0] < box.right and box.top < top[1] < foot[1] < box.bottom
