"""What of a place is seen behind a set: much of it, and its horizon in every view."""

import pytest

from services.studio.camera import create_camera
from services.studio.panoramas.outlook import WIDENING, look_out

TABLE_EDGE = -0.7


def create_pitched_camera(pitch: float):
    return create_camera(96, 96, pitch=pitch, ground_line=0.8, view_angle=26)


def test_more_of_a_place_is_seen_than_through_the_lens_of_the_set():
    outlook = look_out(create_pitched_camera(6), edge_z=-7.0)
    assert outlook.half_width == pytest.approx(13 * WIDENING, abs=1.0)
    assert outlook.horizon_row == outlook.camera.horizon_row()
    assert outlook.elevation_at_row(outlook.horizon_row) == 0


@pytest.mark.parametrize("pitch", [20, 30, 40])
def test_a_steep_view_still_shows_what_rises_above_the_horizon(pitch):
    outlook = look_out(create_pitched_camera(pitch), TABLE_EDGE)
    assert outlook.camera.horizon_row() < 0 < outlook.horizon_row < outlook.edge_row
    assert outlook.elevation_at_row(0.0) > 2 > 0 > outlook.elevation_at_row(outlook.edge_row)
