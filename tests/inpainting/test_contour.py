"""The lower outline of a product, and where it touches the ground."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from services.inpainting.engines.grounding.contour import trace_lower_contour


def test_feet_touch_the_ground_and_the_underside_between_them_does_not():
    mask = np.zeros((100, 100), np.uint8)
    mask[20:60, 10:90] = 255
    mask[60:80, 10:20] = mask[60:80, 80:90] = 255
    contour = trace_lower_contour(mask, pitch=0)
    assert contour.base == 79
    assert (contour.weight[10:20] == 1).all() and (contour.weight[80:90] == 1).all()
    assert (contour.weight[25:75] == 0).all() and contour.weight[0] == 0


def test_a_foot_further_back_touches_a_little_and_a_slanted_underside_does_not():
    mask = np.zeros((200, 200), np.uint8)
    mask[60:100, 20:180] = 255
    cv2.line(mask, (20, 180), (180, 100), 255, 9)
    assert trace_lower_contour(mask, pitch=10).weight[120:].max() == 0
    cv2.circle(mask, (140, 135), 20, 255, -1)
    contour = trace_lower_contour(mask, pitch=10)
    assert 0.05 < contour.weight[140] < 0.5 and contour.weight[20] == 1


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


def test_a_camera_that_looks_down_sees_more_of_the_base_touch():
    weights = [trace_lower_contour(draw_can(), pitch).weight for pitch in (0, 15, 30, 60)]
    for flat, steep in pairwise(weights):
        assert (steep >= flat - 1e-6).all()
    sums = [weight.sum() for weight in weights]
    assert sums == sorted(sums) and sums[-1] > 1.2 * sums[0]


@pytest.mark.parametrize("pitch", [0, 20])
def test_a_mirrored_product_has_the_mirrored_contour(pitch):
    mask = draw_can()
    cv2.circle(mask, (60, 120), 18, 255, -1)
    contour, mirrored = (
        trace_lower_contour(np.ascontiguousarray(each), pitch) for each in (mask, mask[:, ::-1])
    )
    assert (contour.lowest == mirrored.lowest[::-1]).all()
    assert np.abs(contour.weight - mirrored.weight[::-1]).max() < 1e-6
