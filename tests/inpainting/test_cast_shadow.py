"""Cast shadows against the geometry of a post: direction, length, softness, horizon."""

import numpy as np
import pytest

from services.imaging.contour import trace_lower_contour
from services.imaging.foreshortening import sine_of_pitch
from services.imaging.scene import Light
from services.inpainting.engines.grounding.cast_shadow import (
    CAST_DARKNESS,
    SOFT_LOSS,
    GroundView,
    compute_cast_darkness,
)
from services.inpainting.footprint import find_footprint
from services.inpainting.ground_frame import GroundFrame

SIDE, TOP, BASE = 360, 80, 180
FAR = 1e6


def draw_post(columns=slice(160, 200)):
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[TOP : BASE + 1, columns] = 255
    return mask


def cast(light, pitch=30.0, horizon=FAR, mask=None):
    """The darkness of a post's shadow, in the frame without a margin."""
    mask = draw_post() if mask is None else mask
    frame = GroundFrame((SIDE, SIDE), sine_of_pitch(pitch), 0)
    footprint = find_footprint(mask, trace_lower_contour(mask, pitch), pitch)
    view = GroundView(pitch, horizon, extent=63, top=TOP, thickness=1)
    return compute_cast_darkness(mask, footprint, light, view, frame)


def find_middle(darkness):
    """The column and row of the shadow's middle, as shares of the frame."""
    rows, columns = np.mgrid[: darkness.shape[0], : darkness.shape[1]]
    weight = darkness / darkness.sum()
    return (
        (weight * columns).sum() / darkness.shape[1],
        (weight * rows).sum() / darkness.shape[0],
    )


@pytest.mark.parametrize("azimuth", [90, 135, 60, 20])
def test_lights_mirrored_left_to_right_cast_mirrored_shadows(azimuth):
    left, right = (cast(Light(each, 45, 0.4)) for each in (azimuth, 360 - azimuth))
    assert np.abs(left - right[:, ::-1]).max() < 0.06


@pytest.mark.parametrize(("azimuth", "side"), [(90, -1), (270, 1)])
def test_a_cast_shadow_lies_away_from_a_light_at_the_side_and_is_as_wide_as_the_post(azimuth, side):
    darkness = cast(Light(azimuth, 45, 0.0))
    column, _ = find_middle(darkness)
    assert side * (column - 0.5) > 0.05
    # Halfway along the shadow: 40 pixels of width, seen under 30 degrees, are 20 rows.
    at = round((0.5 + side * 50 / SIDE) * darkness.shape[1])
    assert (darkness[:, at] > 0.5 * darkness[:, at].max()).sum() == pytest.approx(20, abs=5)


@pytest.mark.parametrize(("azimuth", "sign"), [(0, -1), (180, 1)])
def test_a_cast_shadow_falls_behind_the_product_or_toward_the_camera(azimuth, sign):
    _, row = find_middle(cast(Light(azimuth, 45, 0.2)))
    assert sign * (row * SIDE - BASE) > 5


@pytest.mark.parametrize("pitch", [30, 50])
def test_a_cast_shadow_ends_where_the_products_top_falls(pitch):
    """A top at height h falls h / tan(60) toward the camera, which is seen times sin(pitch)."""
    darkness = cast(Light(180, 60, 0.0), pitch)
    half_depth = 20 * np.sin(np.radians(pitch))
    height = (BASE - TOP - 2 * half_depth) / np.cos(np.radians(pitch))
    end = BASE - half_depth + height / np.tan(np.radians(60)) * np.sin(np.radians(pitch))
    column = darkness[:, darkness.shape[1] // 2]
    half = np.flatnonzero(column > 0.5 * CAST_DARKNESS * 0.75)[-1]
    assert half == pytest.approx(end, abs=4)


def test_a_cast_shadow_fades_and_softens_from_the_foot_to_its_end():
    darkness = cast(Light(180, 35, 0.3), pitch=50)
    middle = darkness[BASE : BASE + 70, darkness.shape[1] // 2]
    assert (np.diff(middle[5:]) <= 1e-3).all()
    assert middle[0] == pytest.approx(CAST_DARKNESS - SOFT_LOSS * 0.3, rel=0.15)
    near, far = (np.abs(np.diff(darkness[row])).max() / darkness[row].max() for row in (190, 240))
    assert far < 0.6 * near


def test_a_softer_light_casts_a_paler_and_softer_shadow():
    hard, soft = (cast(Light(180, 50, softness), 40) for softness in (0.0, 0.8))
    assert soft.max() < 0.75 * hard.max()
    steps = [np.abs(np.diff(each[BASE + 15])).max() for each in (hard, soft)]
    assert steps[1] < 0.4 * steps[0]


def test_no_shadow_reaches_the_horizon():
    darkness = cast(Light(0, 5, 0.0), pitch=20, horizon=60)
    assert darkness[: BASE - 75].max() < 0.02
    assert cast(Light(0, 5, 0.0), pitch=60)[: BASE - 75].max() > 0.05


def test_a_half_transparent_product_casts_a_fainter_shadow():
    light = Light(270, 45, 0.3)
    assert cast(light, mask=draw_post() // 2).sum() < 0.75 * cast(light).sum()


def test_products_that_bulge_cast_no_corner_in_front_of_their_base():
    """Light from the side turns the card toward the camera; a ball's foot stays narrow."""
    y, x = np.mgrid[:SIDE, :SIDE]
    ball = np.where((x - 180) ** 2 + (y - 130) ** 2 <= 50**2, 255, 0).astype(np.uint8)
    darkness = cast(Light(270, 45, 0.0), 30, mask=ball)
    assert darkness[BASE + 12 :, : darkness.shape[1] // 2].max() < 0.05
