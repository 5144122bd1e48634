"""The line where a product meets the ground: dark along all of the base, and nowhere else."""

import cv2
import numpy as np
import pytest

from services.inpainting.engines.studio.contact_line import render_contact_line

SIDE, FOOT = 800, 640


def draw_can(pitch: float) -> np.ndarray:
    """Draws a can whose foot is seen at a pitch: uint8 alpha (800, 800)."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    depth = round(160 * np.sin(np.radians(pitch)))
    cv2.rectangle(mask, (240, 240), (560, FOOT - depth), 255, -1)
    cv2.ellipse(mask, (400, FOOT - depth), (160, depth), 0, 0, 360, 255, -1)
    return mask


@pytest.mark.parametrize("pitch", [8, 25, 45])
def test_the_line_follows_the_foot_and_fades_over_the_ground_in_front(pitch):
    mask = draw_can(pitch)
    line = render_contact_line(mask, pitch)
    assert line.dtype == np.float32 and line.min() >= 0 and line.max() <= 1
    for column in (280, 340, 400, 460, 520):
        below = line[np.flatnonzero(mask[:, column])[-1] + 1 :, column]
        assert below[0] < 0.5 and below[90] > 0.95
        assert (np.diff(below[:90]) >= -0.01).all()
    assert (line[:240] == 1).all()


def test_the_ground_is_still_dim_a_twentieth_of_the_width_below_the_foot():
    """A mere line does not read as contact at full size."""
    mask = draw_can(25)
    twentieth = render_contact_line(mask, 25)[FOOT + 1 + 320 // 20, 400]
    assert 0.55 < twentieth < 0.8


def test_the_side_of_a_long_base_is_as_dark_as_its_front():
    """The sole of a shoe that points to the camera recedes along a slanted line."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    corners = [(200, 640), (560, 500), (560, 260), (200, 400)]
    cv2.fillPoly(mask, [np.array(corners)], 255)
    line = render_contact_line(mask, 25)
    for column in (230, 300, 380, 500):
        foot = np.flatnonzero(mask[:, column])[-1]
        assert line[foot + 1, column] < 0.5 and line[foot + 3, column] < 0.6


@pytest.mark.parametrize("pitch", [8, 25, 45])
def test_light_falls_through_a_clear_foot_except_for_a_line_along_its_front(pitch):
    mask = draw_can(pitch)
    mask[320:] = np.minimum(mask[320:], 31)
    line = render_contact_line(mask, pitch)
    depth = round(160 * np.sin(np.radians(pitch)))
    assert line[FOOT - depth - 4 : FOOT - depth + 4, 300:500].min() > 0.9
    assert 0.6 < line[FOOT + 1, 360:440].mean() < 0.97
    assert line[FOOT + 20, 360:440].min() > 0.95


def test_flanks_are_dark_up_to_the_middle_of_the_base():
    """The tip of a shoe that points aside meets the ground with a steep outline."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.ellipse(mask, (400, 560), (220, 80), 0, 0, 360, 255, -1)
    cv2.rectangle(mask, (180, 380), (620, 560), 255, -1)
    line = render_contact_line(mask, 25)
    for side in (range(400, 800), range(399, -1, -1)):
        for row, largest in ((560, 0.65), (540, 0.65)):
            beyond = next(column for column in side if not mask[row, column])
            assert line[row, beyond] < largest
        assert line[440, 640] > 0.9 and line[440, 160] > 0.9
