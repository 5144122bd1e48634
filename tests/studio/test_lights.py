"""Lamps: where they are, how strong they are, what is told of them, what is kept out of sight."""

import mitsuba as mi
import numpy as np
import pytest

from services.studio import film, lighting, patterns, shapes, world
from services.studio.camera import frame
from services.studio.lights import Lamp, across_beam, light_of
from services.studio.prompt import Direction, Wishes
from services.studio.scenery import Scenery, Shoot

LAMP = Lamp(azimuth=60, elevation=40, distance=4, width=1, height=1, strength=1)


@pytest.fixture(autouse=True)
def _variant():
    mi.set_variant("scalar_rgb")


def shoot(pitch: float = 16.0, **wishes) -> Shoot:
    """An order with these wishes of light."""
    camera = frame(256, 256, pitch, ground_line=0.8, view=24)
    direction = Direction(light=Wishes(**wishes))
    return Shoot(direction, camera, "", np.random.default_rng(0))


@pytest.mark.parametrize(
    ("azimuth", "towards"),
    [(0, (0, 0, 1)), (90, (1, 0, 0)), (180, (0, 0, -1)), (270, (-1, 0, 0))],
)
def test_azimuth_runs_from_the_camera_to_the_right(azimuth, towards):
    lamp = Lamp(azimuth, 0, 1, 1, 1, 1)
    assert lamp.towards == pytest.approx(towards, abs=1e-9)


def test_a_lamp_of_strength_1_prints_a_card_that_faces_it_as_white():
    lamp = Lamp(0, 90, 4, 0.6, 0.6, 0.8, kelvin=6500)
    card = shapes.sheet(shapes.rounded_rectangle(4, 4, 0.1))
    camera = frame(16, 16, 90, 0.5, 20)
    set_ = Scenery(
        {"card": world.solid("card", card, world.matt(world.tint((255, 255, 255))))},
        lamp,
        np.zeros((4, 8, 3), np.float32),
        gloss=0,
    )
    sensor = world.sensor(camera, (16, 16), (0, 16), 16, 0.0, camera.distance)
    light = film.expose(world.scene(set_), sensor, 0)
    assert light.mean() == pytest.approx(0.8, rel=0.06)


def test_large_near_lamps_are_soft_and_suns_are_hard():
    box, sun = light_of(LAMP), light_of(Lamp(60, 40, 40, 0.3, 0.3, 1))
    assert sun.softness < 0.05 < 0.2 < box.softness <= 1


def test_the_colour_told_is_that_of_the_lamp_at_full_brightness():
    red, green, blue = light_of(Lamp(0, 40, 4, 1, 1, 1, kelvin=3500)).color
    assert red == 255 > green > blue


def test_the_prompt_moves_and_changes_the_key_light():
    plain = lighting.key_light(shoot(), 40, 45, angle=15, strength=1)
    hard = lighting.key_light(shoot(hard=True), 40, 45, angle=15, strength=1)
    left = lighting.key_light(shoot(azimuth=300, kelvin=4000, low=True), 40, 45, 15, 1)
    assert hard.size < 0.2 * plain.size
    assert (plain.azimuth, left.azimuth) == (40, 300)
    assert left.kelvin == 4000 and left.elevation < plain.elevation


@pytest.mark.parametrize("azimuth", [0, 90, 150, 180, 210])
@pytest.mark.parametrize("pitch", [0, 16, 45])
def test_no_lamp_is_in_the_picture(azimuth, pitch):
    lamp = lighting.key_light(shoot(pitch, azimuth=azimuth, low=True), 0, 40, 14, 1)
    x, y = shoot(pitch).camera.project(tuple(lamp.position))
    ahead = (lamp.position - shoot(pitch).camera.position) @ shoot(pitch).camera.forward > 0
    assert not ahead or not (0 < x < 1 and 0 < y < 1)


@pytest.mark.parametrize("pitch", [13, 30, 45])
def test_a_glossy_floor_does_not_mirror_the_lamp_in_the_middle(pitch):
    lamp = lighting.key_light(shoot(pitch), 180, 40, 14, 1, glossy=True)
    x, y, z = lamp.position
    across, down = shoot(pitch).camera.project((x, -y, z))
    assert not (0 < across < 1 and 0 < down < 1)


@pytest.mark.parametrize(("azimuth", "column"), [(90, 44), (270, 4), (0, 24)])
def test_a_bright_place_of_the_dome_is_where_its_azimuth_says(azimuth, column):
    camera = frame(48, 48, 0, 0.5, 20)
    ball = world.ball((0, 0, 0), 0.48, world.matt(world.tint((200, 200, 200))))
    dome = lighting.dome(0.1, None, [(azimuth, 0, 25, 30.0)])
    dark = Lamp(0, 45, 4, 1, 1, 1e-6)
    sensor = world.sensor(camera, (48, 48), (0, 48), 64, 0.0, camera.distance)
    light = film.expose(world.scene(Scenery({"ball": ball}, dark, dome, gloss=0)), sensor, 0)
    around = {where: light[22:27, where - 2 : where + 3].mean() for where in (4, 24, 44)}
    assert max(around, key=around.get) == column


def test_across_the_beam_is_across_the_beam():
    for vector in across_beam(LAMP):
        assert abs(vector @ LAMP.towards) < 1e-9 and np.linalg.norm(vector) == pytest.approx(1)


@pytest.mark.parametrize("kind", ["leaves", "palm", "window", "blinds"])
def test_a_pattern_darkens_part_of_a_lit_table(kind):
    order = shoot(40.0, gobo=kind)
    key = lighting.key_light(order, 60, 45, 10, 1.0)
    card = shapes.sheet(shapes.rounded_rectangle(8, 8, 0.1))
    plane = {"card": world.solid("card", card, world.matt(world.tint((230, 230, 230))))}
    camera = order.camera
    sensor = world.sensor(camera, (48, 48), (0, 48), 16, 0.0, camera.distance)
    dome = lighting.dome(0.1, None)
    bare, cast = (
        film.expose(world.scene(Scenery(things, key, dome, gloss=0)), sensor, 0).mean(axis=2)
        for things in (plane, plane | patterns.pattern(order, key))
    )
    share = (cast < 0.6 * bare).mean()
    assert 0.02 < share < 0.9
