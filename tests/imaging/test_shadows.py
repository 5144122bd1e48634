"""Cast shadows: direction, length, projection and softness."""

import numpy as np
import pytest

from services.imaging.blur import ACCURATE_BLUR, FAST_BLUR
from services.imaging.scene import Light
from services.imaging.shadows import (
    MAX_REACH,
    MIN_DROP,
    compute_shadow_blur,
    compute_shadow_fall,
    compute_shadow_length,
    project_onto_ground,
    shadow_direction,
    soften_shadow,
)
from tests.support.pictures import assert_image_equal


@pytest.mark.parametrize(
    ("azimuth", "direction"), [(0, (0, -1)), (90, (-1, 0)), (180, (0, 1)), (270, (1, 0))]
)
def test_shadows_fall_opposite_to_the_light(azimuth, direction):
    assert shadow_direction(azimuth) == pytest.approx(direction, abs=1e-9)


def test_a_lower_light_casts_a_longer_shadow_down_to_a_minimum_elevation():
    lengths = [compute_shadow_length(2, Light(0, elevation), 20) for elevation in (80, 45, 20, 5)]
    assert lengths[1:] == pytest.approx([2, 2 / np.tan(np.radians(20)), lengths[2]])
    assert lengths == sorted(lengths)


@pytest.mark.parametrize("elevation", [30, 60, 80])
def test_the_camera_foreshortens_shadows_by_its_pitch(elevation):
    reach = min(MAX_REACH, 1 / np.tan(np.radians(elevation)))
    assert compute_shadow_fall(Light(270, elevation), 30)[0] == pytest.approx(reach)
    right, down = compute_shadow_fall(Light(180, elevation), 90)
    assert (right, down) == pytest.approx((0, max(reach, MIN_DROP)), abs=1e-9)
    assert compute_shadow_fall(Light(180, elevation), 45)[1] == pytest.approx(
        max(reach * np.sin(np.pi / 4), MIN_DROP)
    )


@pytest.mark.parametrize("pitch", [0, 3])
def test_no_shadow_is_thinner_than_the_minimum(pitch):
    for azimuth in range(0, 360, 15):
        assert abs(compute_shadow_fall(Light(azimuth, 45), pitch)[1]) >= MIN_DROP


def test_a_projected_pixel_moves_by_its_height_and_the_shift():
    alpha = np.zeros((50, 40), np.uint8)
    alpha[40, 10] = alpha[20, 10] = 255
    laid = project_onto_ground(alpha, (0.5, 1.0), 40, (3, 5), (80, 60))
    assert laid.shape == (80, 60)
    assert set(zip(*np.nonzero(laid), strict=True)) == {(5, 13), (25, 23)}


def test_a_harder_light_casts_a_sharper_shadow():
    hard, soft = compute_shadow_blur(Light(softness=0)), compute_shadow_blur(Light(softness=1))
    assert hard[0] < hard[1] and soft[0] < soft[1]
    assert hard[0] < soft[0] and hard[1] < soft[1]


@pytest.mark.parametrize("reduction", [FAST_BLUR, ACCURATE_BLUR])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_shadow_softens_and_fades_with_distance(reduction, kind):
    laid = np.zeros((300, 100), kind)
    laid[20:280, 30:70] = 200
    soft = soften_shadow(laid, 280, 260, (1.5, 9), 0.7, reduction)
    assert soft.dtype == np.float32
    steps = np.abs(np.diff(soft, axis=1)).max(axis=1)
    assert steps[270] > 4 * steps[60] > 0
    assert soft[270, 50] > 190 and soft[45, 50] == pytest.approx(200 * 0.37, abs=8)


@pytest.mark.parametrize("azimuth", range(0, 360, 20))
def test_the_direction_of_a_shadow_is_a_unit_vector(azimuth):
    assert np.hypot(*shadow_direction(azimuth)) == pytest.approx(1)
    turned = shadow_direction(azimuth + 180)
    assert turned == pytest.approx([-each for each in shadow_direction(azimuth)])


def project_slowly(alpha, fall, base, shift, size) -> np.ndarray:
    """Moves each opaque pixel on its own: uint8 of `size`."""
    laid = np.zeros(size, np.uint8)
    for row, column in zip(*np.nonzero(alpha), strict=True):
        height = base - row
        x, y = column + fall[0] * height + shift[0], fall[1] * height + shift[1]
        laid[round(y), round(x)] = alpha[row, column]
    return laid


@pytest.mark.parametrize("fall", [(0.0, 1.0), (1.0, 1.0), (-1.0, -1.0), (2.0, 1.0)])
def test_a_projection_equals_moving_each_pixel(fall):
    alpha = np.zeros((30, 20), np.uint8)
    alpha[8:26, 5:14] = np.random.default_rng(0).integers(1, 256, (18, 9), dtype=np.uint8)
    shift = (40, 40)
    laid = project_onto_ground(alpha, fall, 28, shift, (90, 100))
    assert laid.dtype == np.uint8
    assert_image_equal(laid, project_slowly(alpha, fall, 28, shift, (90, 100)))


@pytest.mark.parametrize("down", [0.5, 0.8, -0.6])
def test_the_area_of_a_shadow_shrinks_by_its_fall(down):
    alpha = np.zeros((120, 60), np.uint8)
    alpha[20:110, 10:50] = 255
    laid = project_onto_ground(alpha, (0.3, down), 110, (60, 150), (300, 200)).astype(float)
    assert laid.sum() == pytest.approx(alpha.astype(float).sum() * abs(down), rel=0.02)


def test_a_shadow_outside_the_canvas_is_cut_off():
    alpha = np.full((40, 40), 255, np.uint8)
    assert not project_onto_ground(alpha, (0.0, 1.0), 40, (500, 0), (60, 60)).any()


@pytest.mark.parametrize("softness", [0.0, 0.4, 1.0])
def test_the_blur_of_a_shadow_grows_linearly_with_softness(softness):
    blurs = [compute_shadow_blur(Light(softness=each)) for each in (0, softness, 1)]
    for hard, mixed, soft in zip(*blurs, strict=True):
        assert mixed == pytest.approx(hard + softness * (soft - hard))
    assert 0 < blurs[0][0] < 0.01 and 0.1 < blurs[2][1] < 0.15


def test_softening_without_fading_keeps_the_light_of_a_shadow():
    laid = np.zeros((300, 200), np.float32)
    laid[100:250, 60:140] = 1
    soft = soften_shadow(laid, 250, 150, (3, 3), 0.0, ACCURATE_BLUR)
    assert soft.sum() == pytest.approx(laid.sum(), rel=0.002)


@pytest.mark.parametrize("fading", [0.0, 0.3, 1.0])
def test_fading_is_linear_in_the_distance_and_ends_at_its_share(fading):
    laid = np.ones((400, 120), np.float32)
    soft = soften_shadow(laid, 350, 300, (1, 1), fading, FAST_BLUR)[:, 60]
    for distance in (0, 0.5, 1):
        assert soft[350 - round(300 * distance)] == pytest.approx(1 - fading * distance, abs=0.01)
    assert soft[20] == pytest.approx(1 - fading, abs=0.01)


def test_a_softened_shadow_without_length_stays_finite():
    soft = soften_shadow(np.ones((40, 40), np.float32), 20, 0, (1, 2), 0.5, FAST_BLUR)
    assert np.isfinite(soft).all() and soft.max() <= 1.0001
