"""Where cast shadows fall, and how they soften."""

import numpy as np
import pytest

from services.imaging.blur import FAITHFUL, QUICK
from services.imaging.scene import Light
from services.imaging.shadows import (
    LONGEST,
    THINNEST,
    away_from,
    blur_shares,
    fall_of,
    lay_on_ground,
    shadow_length,
    soften_cast,
)


@pytest.mark.parametrize(
    ("azimuth", "away"), [(0, (0, -1)), (90, (-1, 0)), (180, (0, 1)), (270, (1, 0))]
)
def test_away_from_a_light_is_opposite_to_where_it_comes_from(azimuth, away):
    assert away_from(azimuth) == pytest.approx(away, abs=1e-9)


def test_the_shadow_of_a_lower_light_is_longer_down_to_the_lowest_that_counts():
    lengths = [shadow_length(2, Light(0, elevation), 20) for elevation in (80, 45, 20, 5)]
    assert lengths[1:] == pytest.approx([2, 2 / np.tan(np.radians(20)), lengths[2]])
    assert lengths == sorted(lengths)


@pytest.mark.parametrize("elevation", [30, 60, 80])
def test_a_shadow_is_as_long_as_the_light_is_low_and_foreshortened_by_the_camera(elevation):
    reach = min(LONGEST, 1 / np.tan(np.radians(elevation)))
    assert fall_of(Light(270, elevation), 30)[0] == pytest.approx(reach)
    right, down = fall_of(Light(180, elevation), 90)
    assert (right, down) == pytest.approx((0, max(reach, THINNEST)), abs=1e-9)
    assert fall_of(Light(180, elevation), 45)[1] == pytest.approx(
        max(reach * np.sin(np.pi / 4), THINNEST)
    )


@pytest.mark.parametrize("pitch", [0, 3])
def test_no_shadow_is_seen_edge_on(pitch):
    for azimuth in range(0, 360, 15):
        assert abs(fall_of(Light(azimuth, 45), pitch)[1]) >= THINNEST


def test_a_laid_pixel_goes_by_its_height_and_the_foot_by_the_shift_alone():
    alpha = np.zeros((50, 40), np.uint8)
    alpha[40, 10] = alpha[20, 10] = 255
    laid = lay_on_ground(alpha, (0.5, 1.0), 40, (3, 5), (80, 60))
    assert laid.shape == (80, 60)
    assert set(zip(*np.nonzero(laid), strict=True)) == {(5, 13), (25, 23)}


def test_a_harder_light_casts_sharper_shadows():
    hard, soft = blur_shares(Light(softness=0)), blur_shares(Light(softness=1))
    assert hard[0] < hard[1] and soft[0] < soft[1]
    assert hard[0] < soft[0] and hard[1] < soft[1]


@pytest.mark.parametrize("reduction", [QUICK, FAITHFUL])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_shadow_softens_and_fades_away_from_its_base(reduction, kind):
    laid = np.zeros((300, 100), kind)
    laid[20:280, 30:70] = 200
    soft = soften_cast(laid, 280, 260, (1.5, 9), 0.7, reduction)
    assert soft.dtype == np.float32
    steps = np.abs(np.diff(soft, axis=1)).max(axis=1)
    assert steps[270] > 4 * steps[60] > 0
    assert soft[270, 50] > 190 and soft[45, 50] == pytest.approx(200 * 0.37, abs=8)
