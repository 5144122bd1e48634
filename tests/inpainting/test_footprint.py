"""The area of ground that products cover, for bases whose footprint is known."""

import cv2
import numpy as np
import pytest

from services.imaging.contour import trace_lower_contour
from services.imaging.foreshortening import sine_of_pitch
from services.inpainting.footprint import find_footprint

SIDE = 300


def draw_can(pitch, radius=60, height=140, base=240):
    """A can as a distant camera sees it: alpha, and the row of the middle of its base."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    half_depth = round(radius * sine_of_pitch(pitch))
    seen = round(height * np.cos(np.radians(pitch)))
    middle = base - half_depth
    cv2.rectangle(mask, (150 - radius, middle - seen), (150 + radius, middle), 255, -1)
    for row in (middle, middle - seen):
        cv2.ellipse(mask, (150, row), (radius, half_depth), 0, 0, 360, 255, -1)
    return mask, middle, middle - seen


def find(mask, pitch):
    return find_footprint(mask, trace_lower_contour(mask, pitch), pitch)


@pytest.mark.parametrize("pitch", [10, 25, 45])
def test_the_footprint_of_a_can_is_the_ellipse_of_its_base(pitch):
    mask, middle, upper = draw_can(pitch)
    footprint = find(mask, pitch)
    y, x = np.mgrid[:SIDE, :SIDE]
    base = ((x - 150) / 60) ** 2 + ((y - middle) / (60 * sine_of_pitch(pitch))) ** 2 <= 1
    covered = footprint.area > 0.5
    assert (covered & base).sum() / (covered | base).sum() > 0.8
    assert footprint.center == pytest.approx((150, middle), abs=0.1 * 60)
    assert footprint.top == pytest.approx(upper, abs=0.12 * 60)
    assert footprint.half_width == pytest.approx(60, abs=5)


def test_a_footprint_has_no_gap_between_neighboring_columns():
    """On steep flanks the outline rises several rows per column; a line of pixels would break."""
    mask, *_ = draw_can(50)
    area = (find(mask, 50).area > 0.1).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(area, connectivity=4)
    assert stats[1:, cv2.CC_STAT_AREA].max() > 0.99 * area.sum()


def test_feet_are_covered_each_by_itself_and_never_beyond_the_product():
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[60:160, 60:240] = 255
    mask[160:240, 70:90] = mask[160:240, 210:230] = 255
    area = find(mask, 20).area
    assert area[236, 72:88].min() > 0.5 and area[236, 212:228].min() > 0.5
    assert area[:, 95:205].max() == 0
    assert (area[mask == 0] == 0).all()
    # As deep as wide: 20 columns under a pitch of 20 degrees are 7 rows.
    assert (area[:, 80] > 0.5).sum() == pytest.approx(7, abs=2)


def test_the_ground_behind_a_handle_stays_free():
    mask, *_ = draw_can(20)
    cv2.ellipse(mask, (225, 150), (30, 45), 0, 0, 360, 255, 9)
    assert find(mask, 20).area[:, 215:].max() == 0


def test_each_foot_has_the_density_of_its_own_material():
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[60:160, 60:240] = 60
    mask[160:240, 70:90], mask[160:240, 210:230] = 255, 60
    footprint = find(mask, 20)
    assert footprint.density[80] == 1 and 0.1 < footprint.density[220] < 0.2
    assert not footprint.rim[:, 70:90].any() and footprint.rim[239, 220] > 0
    assert (footprint.shading_area[:, 80] == footprint.area[:, 80]).all()
