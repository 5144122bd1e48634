"""Cut-outs are mirrored, then rotated clockwise."""

import numpy as np
import pytest

from services.compositing.engines.opencv.orientation import flip_and_rotate
from services.imaging.resizing import premultiply
from tests.support.pictures import assert_image_equal, draw_cutout


@pytest.fixture
def cutout():
    picture = premultiply(draw_cutout())
    picture[10:30, 10:30, :3] = (0, 250, 0)
    return picture


def test_without_flip_and_rotation_nothing_changes(cutout):
    assert_image_equal(flip_and_rotate(cutout, False, 0), cutout)


def test_a_quarter_turn_moves_pixels_and_changes_none(cutout):
    turned = flip_and_rotate(cutout, False, 90)
    assert_image_equal(turned, np.ascontiguousarray(np.rot90(cutout, -1)))
    assert_image_equal(flip_and_rotate(turned, False, -90), cutout)


def test_the_mirrored_cutout_is_rotated_clockwise(cutout):
    turned = flip_and_rotate(cutout, True, 90)
    assert_image_equal(turned, np.ascontiguousarray(np.rot90(cutout[:, ::-1], -1)))


@pytest.mark.parametrize("degrees", [10, -33, 60])
def test_other_angles_keep_area_and_color_and_crop_to_the_product(cutout, degrees):
    turned = flip_and_rotate(cutout, False, degrees)
    area = cutout[..., 3].sum(dtype=float)
    assert turned[..., 3].sum(dtype=float) == pytest.approx(area, rel=0.01)
    assert turned[..., 1].sum(dtype=float) == pytest.approx(cutout[..., 1].sum(), rel=0.01)
    alpha = turned[..., 3]
    assert alpha[0].any() and alpha[-1].any() and alpha[:, 0].any() and alpha[:, -1].any()


def test_a_small_angle_turns_clockwise():
    """A horizontal bar: clockwise, its left end rises and its right end sinks."""
    bar = np.zeros((41, 201, 4), np.uint8)
    bar[18:23] = 255
    alpha = flip_and_rotate(bar, False, 20)[..., 3]
    left, right = (np.flatnonzero(alpha[:, column]).mean() for column in (10, -10))
    assert right - left == pytest.approx(np.tan(np.radians(20)) * (alpha.shape[1] - 20), rel=0.1)
