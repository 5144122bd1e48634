"""Contact, cast and lying shadows against their formulas: darkness, reach, direction, fading."""

import numpy as np
import pytest

from services.imaging.scene import Light
from services.inpainting.engines.grounding.contour import LowerContour
from services.inpainting.engines.grounding.shadows import (
    CAST_DARKNESS,
    CAST_FADING,
    CONTACT_FALLOFFS,
    FAINT_CONTACT_FACTOR,
    LYING_CREASE,
    LYING_DARKNESS,
    compute_cast_darkness,
    compute_contact_darkness,
    compute_lying_darkness,
)

SIDE, BASE, EXTENT = 240, 150, 100.0


def draw_contour(columns: slice, weight: float = 1.0) -> LowerContour:
    """A straight underside in row BASE that touches in some columns."""
    lowest, weights = np.full(SIDE, BASE), np.zeros(SIDE, np.float32)
    weights[columns] = weight
    return LowerContour(lowest, weights, BASE)


def compute_falloff(distance):
    """The darkness of a contact shadow at a distance in pixels, as its formula says."""
    light = np.ones_like(distance, dtype=float)
    for darkness, reach in CONTACT_FALLOFFS:
        light *= 1 - darkness * np.exp(-distance / (reach * EXTENT))
    return 1 - light


def test_a_contact_shadow_decays_exponentially_from_the_line_of_contact():
    darkness = compute_contact_darkness(draw_contour(slice(None)), SIDE, EXTENT)
    assert darkness.shape == (SIDE, SIDE) and darkness.dtype == np.float32
    expected = compute_falloff(np.abs(np.arange(SIDE) - BASE))
    assert np.abs(darkness - expected[:, None]).max() < 0.01
    assert darkness[BASE, 120] == pytest.approx(1 - 0.28 * 0.5 * 0.82, abs=0.01)


def test_a_contact_shadow_reaches_twice_as_far_sideways_as_down():
    darkness = compute_contact_darkness(draw_contour(slice(110, 129)), SIDE, EXTENT)
    for distance in (4, 8, 12):
        down = darkness[BASE + distance, 120]
        left, right = darkness[BASE, 110 - 2 * distance], darkness[BASE, 128 + 2 * distance]
        assert left == pytest.approx(down, abs=0.04) and right == pytest.approx(down, abs=0.04)


def test_uncertain_contact_casts_a_fainter_shadow():
    full, faint = (
        compute_contact_darkness(draw_contour(slice(60, 180), weight), SIDE, EXTENT)
        for weight in (1.0, 0.3)
    )
    assert np.abs(faint - FAINT_CONTACT_FACTOR * full).max() < 1e-6


def test_a_product_that_touches_nowhere_has_no_contact_shadow():
    darkness = compute_contact_darkness(draw_contour(slice(0, 0)), SIDE, EXTENT)
    assert darkness.max() < 1e-6


def draw_post(columns=slice(100, 140), rows=slice(50, 151)):
    """The alpha of a post whose lowest row is BASE, symmetric about the middle."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[rows, columns] = 255
    return mask


def compute_post_shadow(light, pitch=30.0, mask=None):
    mask = draw_post() if mask is None else mask
    return compute_cast_darkness(mask, draw_contour(slice(100, 140)), light, pitch, EXTENT)


@pytest.mark.parametrize("azimuth", [90, 135, 60])
def test_lights_mirrored_left_to_right_cast_mirrored_shadows(azimuth):
    light, mirrored = Light(azimuth, 45, 0.4), Light(360 - azimuth, 45, 0.4)
    assert np.abs(compute_post_shadow(light) - compute_post_shadow(mirrored)[:, ::-1]).max() < 0.02


@pytest.mark.parametrize(("azimuth", "side"), [(90, -1), (270, 1)])
def test_a_cast_shadow_lies_away_from_the_light(azimuth, side):
    darkness = compute_post_shadow(Light(azimuth, 45, 0.2))
    center = (darkness.sum(axis=0) * np.arange(SIDE)).sum() / darkness.sum()
    assert side * (center - 119.5) > 10


def test_a_cast_shadow_ends_where_the_products_top_falls():
    """From behind at 60 degrees, under a pitch of 60: sin(60) / tan(60) = 0.5 rows per row."""
    darkness = compute_post_shadow(Light(180, 60, 0.0), pitch=60)
    column = darkness[:, 120]
    end = BASE + 0.5 * 100
    assert column[round(end) - 8] > 2 * column[round(end) + 8]
    assert column[round(end) + 25] < 0.01 and column[BASE - 20] < 0.01


def test_a_cast_shadow_fades_from_the_foot_to_its_end():
    column = compute_post_shadow(Light(180, 60, 0.0), pitch=60)[BASE + 5 : BASE + 45, 120]
    assert (np.diff(column) <= 1e-3).all()
    assert column[0] == pytest.approx(CAST_DARKNESS, rel=0.1)
    share = 45 / (0.5 * EXTENT)
    assert column[-1] == pytest.approx(CAST_DARKNESS * (1 - CAST_FADING * share), rel=0.25)


def test_a_softer_light_keeps_the_energy_of_a_cast_shadow_and_softens_its_edge():
    hard, soft = (compute_post_shadow(Light(180, 50, softness), 40) for softness in (0.0, 0.6))
    assert soft.sum() == pytest.approx(hard.sum(), rel=0.15)
    steps = [np.abs(np.diff(each[BASE + 20])).max() for each in (hard, soft)]
    assert steps[1] < 0.6 * steps[0]


def test_a_cast_shadow_softens_from_the_foot_to_its_end():
    darkness = compute_post_shadow(Light(180, 60, 0.3), pitch=60)
    near, far = (
        np.abs(np.diff(darkness[row])).max() / darkness[row].max() for row in (BASE + 5, BASE + 45)
    )
    assert far < 0.6 * near


def test_a_half_transparent_product_casts_half_the_shadow():
    light = Light(270, 45, 0.3)
    half = compute_post_shadow(light, mask=draw_post() // 2)
    assert half.sum() == pytest.approx(compute_post_shadow(light).sum() * 127 / 255, rel=0.02)


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
    darkness = compute_lying_darkness(draw_plate(), Light(azimuth, 40, 0.3), EXTENT)
    assert darkness[dark].mean() > 2 * darkness[lit].mean() and darkness[dark].mean() > 0.15


def test_mirrored_lights_shade_a_lying_product_mirrored():
    left, right = (
        compute_lying_darkness(draw_plate(), Light(azimuth, 40, 0.3), EXTENT)
        for azimuth in (70, 290)
    )
    assert np.abs(left - right[:, ::-1]).max() < 0.05


def test_without_a_light_a_lying_product_is_shaded_evenly_to_both_sides_and_below():
    darkness = compute_lying_darkness(draw_plate(), None, EXTENT)
    assert np.abs(darkness - darkness[:, ::-1]).max() < 0.02
    assert darkness[170:175, 100:140].mean() > darkness[65:70, 100:140].mean() + 0.02


def test_a_lying_shadow_is_as_dark_as_crease_and_cast_together_and_ends_near_the_product():
    darkness = compute_lying_darkness(draw_plate(), Light(300, 40, 0.5), EXTENT)
    assert darkness.min() >= 0
    assert darkness.max() == pytest.approx(1 - (1 - LYING_CREASE) * (1 - LYING_DARKNESS), abs=0.01)
    far = np.ones((SIDE, SIDE), bool)
    far[50:190, 50:190] = False
    assert darkness[far].max() < 0.01


def test_a_lower_light_lengthens_a_lying_shadow_down_to_25_degrees():
    plate = draw_plate()
    outside = plate == 0
    energy = [
        compute_lying_darkness(plate, Light(90, elevation, 0.2), EXTENT)[outside].sum()
        for elevation in (70, 45, 25, 5)
    ]
    assert energy[0] < energy[1] < energy[2] and energy[2] == pytest.approx(energy[3])
