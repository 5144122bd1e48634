"""The lower outline of a product, and where it touches the ground."""

import cv2
import numpy as np
import pytest

from services.imaging.contour import trace_lower_contour


def test_feet_touch_the_ground_and_the_underside_between_them_does_not():
    mask = np.zeros((100, 100), np.uint8)
    mask[20:60, 10:90] = 255
    mask[60:80, 10:20] = mask[60:80, 80:90] = 255
    contour = trace_lower_contour(mask, pitch=0)
    assert contour.base == 79
    assert (contour.weight[10:20] == 1).all() and (contour.weight[80:90] == 1).all()
    assert (contour.weight[25:75] == 0).all() and contour.weight[0] == 0


def test_a_foot_further_back_touches_where_the_pitch_allows_it():
    mask = np.zeros((200, 200), np.uint8)
    mask[60:120, 20:180] = 255
    mask[120:180, 20:40] = mask[120:150, 140:160] = 255
    assert trace_lower_contour(mask, pitch=5).weight[150] == 0
    contour = trace_lower_contour(mask, pitch=20)
    assert 0.3 < contour.weight[150] < 0.8 and contour.weight[30] == 1
    assert (contour.weight[60:120] == 0).all()
    assert [foot.base for foot in contour.feet] == [179, 149]


@pytest.mark.parametrize("slope", [0.4, 3.5])
def test_a_base_may_recede_from_the_camera_but_not_rise(slope):
    """The side of a box that turns a corner to the camera touches the ground, a flank does not."""
    mask = np.zeros((300, 300), np.uint8)
    far = int(250 - 120 * slope)
    corners = [(60, 10), (60, 250), (180, max(far, 20)), (180, 10)]
    cv2.fillPoly(mask, [np.array(corners)], 255)
    weight = trace_lower_contour(mask, pitch=35).weight
    assert weight[60] == 1 and (weight[150] > 0.5) == (slope < 1)


def draw_can():
    """A can with a round base: alpha (200, 200), columns 50 to 150, base in row 170."""
    mask = np.zeros((200, 200), np.uint8)
    cv2.rectangle(mask, (50, 40), (150, 150), 255, -1)
    cv2.ellipse(mask, (100, 150), (50, 20), 0, 0, 360, 255, -1)
    return mask


def test_the_contour_is_the_lowest_solid_row_of_each_column():
    mask = draw_can()
    contour = trace_lower_contour(mask, 15)
    rows = np.arange(200)[:, None] * (mask >= 128)
    expected = np.where((mask >= 128).any(axis=0), rows.max(axis=0), -1)
    assert (contour.lowest == expected).all() and contour.base == 170
    assert (contour.weight[contour.lowest < 0] == 0).all()


@pytest.mark.parametrize("pitch", [23.6, 40])
def test_a_round_base_touches_in_its_whole_width(pitch):
    """The base of the can is an ellipse of 50 by 20, as a pitch of 23.6 degrees shows it."""
    weight = trace_lower_contour(draw_can(), pitch).weight
    assert (weight[54:147] > 0.9).all() and weight[:48].max() == weight[153:].max() == 0


@pytest.mark.parametrize("pitch", [0, 20])
def test_a_mirrored_product_has_the_mirrored_contour(pitch):
    mask = draw_can()
    cv2.circle(mask, (60, 120), 18, 255, -1)
    contour, mirrored = (
        trace_lower_contour(np.ascontiguousarray(each), pitch) for each in (mask, mask[:, ::-1])
    )
    assert (contour.lowest == mirrored.lowest[::-1]).all()
    assert np.abs(contour.weight - mirrored.weight[::-1]).max() < 1e-6


def draw_leaning_pair() -> np.ndarray:
    """Draws a wide part whose lower edge is 60 of 300 rows higher than that of another one."""
    mask = np.zeros((300, 400), np.uint8)
    mask[60:250, 40:200] = 255
    mask[60:170, 200:250] = 255
    mask[60:190, 250:360] = 255
    return mask


@pytest.mark.parametrize("pitch", [5, 12])
def test_a_wide_part_stands_farther_back_than_the_camera_of_the_scene_shows(pitch):
    """Photos of shoes are taken from higher up than many scenes are seen."""
    contour = trace_lower_contour(draw_leaning_pair(), pitch)
    assert (contour.weight[60:180] == 1).all() and (contour.weight[270:340] > 0.5).all()
    assert (contour.weight[210:240] == 0).all()


def test_a_narrow_part_that_hangs_as_high_does_not_touch():
    mask = draw_leaning_pair()
    mask[170:190, 285:360] = 0
    assert trace_lower_contour(mask, 5).weight[200:].max() == 0
