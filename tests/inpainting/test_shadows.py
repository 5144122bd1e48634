"""Contact and lying shadows against their formulas: darkness, reach, direction."""

import math

import numpy as np
import pytest

from services.imaging.scene import Light
from services.inpainting.contact import CONTACT_SINE, CUT_OFF, compute_contact_darkness
from services.inpainting.engines.grounding.shadows import (
    CONTACT_BLURS,
    LYING_CREASE,
    LYING_DARKNESS,
    compute_lying_darkness,
)

SIDE, EXTENT = 240, 100.0


def compute_falloff(distance):
    """The darkness of a contact shadow beyond a straight edge, as its formula says."""
    light = 1.0
    for darkness, reach in CONTACT_BLURS:
        covered = math.erfc(distance / (reach * EXTENT) / math.sqrt(2))
        light *= 1 - darkness * max(0, (1 + CUT_OFF) * covered - CUT_OFF)
    return 1 - light


def darken(columns):
    """The darkness around a base that covers some columns from top to bottom."""
    area = np.zeros((SIDE, SIDE), np.float32)
    area[:, columns] = 1
    return compute_contact_darkness(area, EXTENT, CONTACT_SINE, CONTACT_BLURS)


def test_a_contact_shadow_decays_smoothly_from_the_edge_of_the_base():
    darkness = darken(slice(0, 120))
    assert darkness.shape == (SIDE, SIDE) and darkness.dtype == np.float32
    beyond = darkness[120, 120:]
    for distance in (1, 4, 10, 20, 40):
        assert beyond[distance] == pytest.approx(compute_falloff(distance + 0.5), abs=0.03)
    assert (np.diff(beyond) <= 1e-5).all()
    assert 0.85 < darkness[120, 100] < 1


def test_a_narrow_foot_darkens_its_ground_less():
    wide, narrow = darken(slice(60, 120)), darken(slice(116, 120))
    assert narrow[120, 125] < 0.7 * wide[120, 125] and narrow[120, 120] > 0.3


def test_a_faint_base_darkens_less_and_none_not_at_all():
    area = np.zeros((SIDE, SIDE), np.float32)
    assert compute_contact_darkness(area, EXTENT, CONTACT_SINE, CONTACT_BLURS).max() < 1e-6
    area[:, :120] = 0.5
    assert (
        compute_contact_darkness(area, EXTENT, CONTACT_SINE, CONTACT_BLURS)[120, 124]
        < 0.7 * darken(slice(0, 120))[120, 124]
    )


def draw_plate():
    """The alpha of a lying square, symmetric about the middle of the picture."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[70:170, 70:170] = 255
    return mask


@pytest.mark.parametrize(
    ("azimuth", "dark", "lit"),
    [
        (90, np.s_[100:140, 66:70], np.s_[100:140, 170:174]),
        (0, np.s_[66:70, 100:140], np.s_[170:174, 100:140]),
    ],
)
def test_a_lying_product_darkens_the_side_away_from_the_light(azimuth, dark, lit):
    darkness = compute_lying_darkness(draw_plate(), Light(azimuth, 40, 0.3), 1, EXTENT)
    assert darkness[dark].mean() > 2 * darkness[lit].mean() and darkness[dark].mean() > 0.15


def test_mirrored_lights_shade_a_lying_product_mirrored():
    left, right = (
        compute_lying_darkness(draw_plate(), Light(azimuth, 40, 0.3), 1, EXTENT)
        for azimuth in (70, 290)
    )
    assert np.abs(left - right[:, ::-1]).max() < 0.05


def test_without_a_light_a_lying_product_is_shaded_evenly_to_both_sides_and_below():
    darkness = compute_lying_darkness(draw_plate(), None, 1, EXTENT)
    assert np.abs(darkness - darkness[:, ::-1]).max() < 0.02
    assert darkness[170:175, 100:140].mean() > darkness[65:70, 100:140].mean() + 0.02


def test_a_lying_shadow_is_as_dark_as_crease_and_cast_together_and_ends_near_the_product():
    darkness = compute_lying_darkness(draw_plate(), Light(300, 40, 0.5), 1, EXTENT)
    assert darkness.min() >= 0
    assert darkness.max() == pytest.approx(1 - (1 - LYING_CREASE) * (1 - LYING_DARKNESS), abs=0.01)
    far = np.ones((SIDE, SIDE), bool)
    far[50:190, 50:190] = False
    assert darkness[far].max() < 0.01


def test_a_lower_light_lengthens_a_lying_shadow_down_to_25_degrees():
    plate = draw_plate()
    outside = plate == 0
    energy = [
        compute_lying_darkness(plate, Light(90, elevation, 0.2), 1, EXTENT)[outside].sum()
        for elevation in (70, 45, 25, 5)
    ]
    assert energy[0] < energy[1] < energy[2] and energy[2] == pytest.approx(energy[3])


def test_a_lying_shadow_is_foreshortened_with_its_ground():
    low, high = (
        compute_lying_darkness(draw_plate(), Light(180, 30, 0.0), sine, EXTENT) for sine in (0.3, 1)
    )
    assert low[172:180, 120].sum() < 0.7 * high[172:180, 120].sum()
