"""Light of panoramas: energy, colors, exposure and directions; and the backgrounds painted."""

import numpy as np
import pytest

from services.imaging.color import LUMINANCE
from services.studio.camera import create_camera
from services.studio.panoramas.key import extract_key, whiten_burned_pixels
from services.studio.panoramas.light import light_set
from services.studio.panoramas.outlook import look_out
from services.studio.panoramas.painting import paint_panorama
from services.studio.panoramas.sphere import (
    list_pixel_directions,
    measure_card_light,
    sample_panorama,
    solid_angles,
    turn_panorama,
)

CAMERA = create_camera(96, 96, pitch=8, ground_line=0.8, view_angle=30)
OUTLOOK = look_out(CAMERA, edge_z=-7.0)


def create_sky(sun_azimuth: float = 120.0, sun: float = 3000.0) -> np.ndarray:
    """Creates a blue sky with a sun at 30 degrees over a brown ground: float32 RGB (64, 128, 3)."""
    directions = list_pixel_directions(64, 128)
    rng = np.random.default_rng(3)
    sky = np.where(directions[..., 1:2] > 0, (0.4, 0.6, 1.0), (0.2, 0.15, 0.1))
    sky = sky * np.repeat(rng.uniform(0.5, 1.5, (64, 16, 1)), 8, axis=1)
    azimuth, elevation = np.radians(sun_azimuth), np.radians(30)
    level = np.cos(elevation)
    to_sun = np.sin(azimuth) * level, np.sin(elevation), np.cos(azimuth) * level
    row, column = np.unravel_index((directions @ np.array(to_sun)).argmax(), (64, 128))
    sky[row, column] = sun
    return sky.astype(np.float32)


def measure_total(panorama: np.ndarray) -> float:
    """Returns the luminance from all directions together."""
    return float(((panorama @ LUMINANCE) * solid_angles(*panorama.shape[:2])).sum())


def test_light_and_its_lamp_together_are_as_bright_as_the_panorama() -> None:
    sky = create_sky()
    rest, source = extract_key(sky)
    lamp = float(source.energy @ LUMINANCE) * np.pi
    assert measure_total(rest) + lamp == pytest.approx(measure_total(sky), rel=1e-3)


def test_sun_becomes_a_small_lamp_in_its_place() -> None:
    rest, source = extract_key(create_sky(sun_azimuth=120))
    assert source.angle < 2
    assert source.azimuth == pytest.approx(120, abs=3)
    assert source.elevation == pytest.approx(30, abs=3)
    assert rest.max() < 5


def test_sky_without_sun_has_a_soft_key_light() -> None:
    sky = create_sky(sun=1.0)
    sky[12:24, 30:44] = 6.0
    _, source = extract_key(sky)
    assert source.angle > 10
    # The middle of columns 30 to 44 of 128.
    assert source.azimuth == pytest.approx(180 - 37 / 128 * 360, abs=8)


def test_sun_that_lost_its_channels_is_no_blue_lamp() -> None:
    sky = create_sky()
    sky[sky.max(axis=2) > 100] = (0, 0, 3000)
    whitened = whiten_burned_pixels(sky)
    sun = whitened[whitened.max(axis=2) > 100][0]
    assert sun.min() > 0.3 * sun.max()


def test_turned_panorama_has_the_wanted_azimuth_behind() -> None:
    sky = create_sky(sun_azimuth=40)
    turned = turn_panorama(sky, 40)
    column = np.unravel_index(turned.max(axis=2).argmax(), (64, 128))[1]
    assert min(column, 128 - column) <= 1


def test_samples_come_from_their_directions() -> None:
    directions = np.array(list_pixel_directions(64, 128))
    sky = create_sky()
    np.testing.assert_allclose(sample_panorama(sky, 2 * directions), sky, rtol=0.02, atol=0.02)


@pytest.mark.parametrize("wanted", [60.0, 300.0, None])
def test_key_light_comes_from_the_wanted_side(wanted: float | None) -> None:
    light = light_set(create_sky(), OUTLOOK, False, wanted, np.random.default_rng(1), level=0.8)
    if wanted is not None:
        assert abs((light.key.azimuth - wanted + 180) % 360 - 180) < 40
    # Never from behind the product.
    assert abs(light.key.azimuth - 180) > 40


def test_exposure_gives_the_product_the_level_asked_for() -> None:
    light = light_set(create_sky(), OUTLOOK, False, None, np.random.default_rng(1), level=0.8)
    cards = []
    for facing in np.array([(0.0, 1, 0), (0, 0, 1)]):
        lamp = light.key.strength * max(0, light.key.direction_to_lamp @ facing)
        cards.append(lamp + measure_card_light(light.dome, facing) @ LUMINANCE)
    assert np.mean(cards) == pytest.approx(0.8, rel=1e-3)


def test_rooms_are_balanced_further_than_landscapes() -> None:
    casts = []
    for is_indoors in (True, False):
        light = light_set(create_sky(), OUTLOOK, is_indoors, 90, np.random.default_rng(1), 0.8)
        red, _, blue = measure_card_light(light.dome)
        casts.append(blue / red)
    assert casts[0] < casts[1]


@pytest.mark.slow
def test_equal_seeds_paint_equal_backgrounds_and_others_differ() -> None:
    paintings = [
        paint_panorama(
            light_set(create_sky(), OUTLOOK, False, None, np.random.default_rng(seed), 0.8),
            OUTLOOK,
            size=(1.5, 1.2),
            defocus=0.05,
        )
        for seed in (1, 1, 2, 3, 4)
    ]
    np.testing.assert_array_equal(paintings[0], paintings[1])
    assert any(not np.array_equal(paintings[0], other) for other in paintings[2:])


def test_horizon_of_the_painting_is_where_the_camera_has_it() -> None:
    sky = np.zeros((64, 128, 3), np.float32)
    sky[:32], sky[32:] = 1.0, 0.2
    light = light_set(sky, OUTLOOK, False, None, np.random.default_rng(1), level=0.8)
    painted = paint_panorama(light, OUTLOOK, size=(1.0, 1.0), defocus=0.02) @ LUMINANCE
    steepest = int(np.abs(np.diff(painted[:, painted.shape[1] // 2])).argmax())
    assert steepest / len(painted) == pytest.approx(CAMERA.horizon_row(), abs=0.03)


def test_background_is_between_middle_gray_and_one_stop_over_and_never_blown() -> None:
    light = light_set(create_sky() * 90, OUTLOOK, False, None, np.random.default_rng(1), level=0.8)
    painted = paint_panorama(light, OUTLOOK, size=(1.55, 1.2), defocus=0.05)
    assert painted.dtype == np.float32
    assert painted.min() >= 0
    assert 0.1 < float(np.median(painted @ LUMINANCE)) < 0.45
    assert float((painted @ LUMINANCE).max()) <= 1.0
