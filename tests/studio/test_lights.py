"""Lamps: position, strength, color, and keeping them out of view."""

import mitsuba as mi
import numpy as np
import pytest

from services.studio import film, lighting, materials, patterns, shapes, world
from services.studio.briefs.brief import LightOptions
from services.studio.camera import create_camera
from services.studio.lights import Lamp, find_beam_axes, light_from_lamp
from services.studio.sets import SetPlan, StudioSet
from tests.support import sets

LAMP = Lamp(azimuth=60, elevation=40, distance=4, width=1, height=1, strength=1)


@pytest.fixture(autouse=True)
def _variant():
    mi.set_variant("scalar_rgb")


def create_plan(pitch: float = 16.0, **options) -> SetPlan:
    """Creates a plan with these options of the light."""
    return sets.create_plan(pitch=pitch, light=LightOptions(**options))


@pytest.mark.parametrize(
    ("azimuth", "towards"),
    [(0, (0, 0, 1)), (90, (1, 0, 0)), (180, (0, 0, -1)), (270, (-1, 0, 0))],
)
def test_azimuth_runs_from_the_camera_to_the_right(azimuth, towards):
    lamp = Lamp(azimuth, 0, 1, 1, 1, 1)
    assert lamp.direction_to_lamp == pytest.approx(towards, abs=1e-9)


def test_a_lamp_of_strength_1_lights_a_facing_card_as_paper_white():
    lamp = Lamp(0, 90, 4, 0.6, 0.6, 0.8, kelvin=6500)
    card = shapes.create_flat_cutout(shapes.outline_rounded_rectangle(4, 4, 0.1))
    camera = create_camera(16, 16, 90, 0.5, 20)
    set_ = StudioSet(
        {
            "card": world.load_mesh(
                "card",
                card,
                materials.create_matte_material(materials.spectrum_from_srgb((255, 255, 255))),
            )
        },
        lamp,
        np.zeros((4, 8, 3), np.float32),
        gloss=0,
    )
    sensor = world.load_sensor(camera, (16, 16), (0, 16), 16, 0.0, camera.distance)
    light = film.render_light(world.load_scene(set_), sensor, 0)
    assert light.mean() == pytest.approx(0.8, rel=0.06)


def test_large_near_lamps_are_soft_and_suns_are_hard():
    box, sun = light_from_lamp(LAMP), light_from_lamp(Lamp(60, 40, 40, 0.3, 0.3, 1))
    assert sun.softness < 0.05 < 0.2 < box.softness <= 1


def test_the_reported_color_is_the_lamps_at_full_brightness():
    red, green, blue = light_from_lamp(Lamp(0, 40, 4, 1, 1, 1, kelvin=3500)).color
    assert red == 255 > green > blue


def test_the_prompt_moves_and_changes_the_key_light():
    plain = lighting.create_key_light(create_plan(), 40, 45, angle=15, strength=1)
    hard = lighting.create_key_light(create_plan(hard=True), 40, 45, angle=15, strength=1)
    left = lighting.create_key_light(create_plan(azimuth=300, kelvin=4000, low=True), 40, 45, 15, 1)
    assert hard.angular_size < 0.2 * plain.angular_size
    assert (plain.azimuth, left.azimuth) == (40, 300)
    assert left.kelvin == 4000 and left.elevation < plain.elevation


@pytest.mark.parametrize("azimuth", [0, 90, 150, 180, 210])
@pytest.mark.parametrize("pitch", [0, 16, 45])
def test_no_lamp_is_in_view(azimuth, pitch):
    lamp = lighting.create_key_light(create_plan(pitch, azimuth=azimuth, low=True), 0, 40, 14, 1)
    x, y = create_plan(pitch).camera.project_point(tuple(lamp.position))
    ahead = (lamp.position - create_plan(pitch).camera.position) @ create_plan(
        pitch
    ).camera.forward > 0
    assert not ahead or not (0 < x < 1 and 0 < y < 1)


@pytest.mark.parametrize("pitch", [13, 30, 45])
def test_a_glossy_floor_does_not_mirror_the_lamp_in_the_middle(pitch):
    lamp = lighting.create_key_light(create_plan(pitch), 180, 40, 14, 1, glossy=True)
    x, y, z = lamp.position
    across, down = create_plan(pitch).camera.project_point((x, -y, z))
    assert not (0 < across < 1 and 0 < down < 1)


@pytest.mark.parametrize(("azimuth", "column"), [(90, 44), (270, 4), (0, 24)])
def test_a_bright_box_of_the_dome_lights_from_its_azimuth(azimuth, column):
    camera = create_camera(48, 48, 0, 0.5, 20)
    ball = world.create_sphere(
        (0, 0, 0),
        0.48,
        materials.create_matte_material(materials.spectrum_from_srgb((200, 200, 200))),
    )
    dome = lighting.create_dome_light(0.1, None, [(azimuth, 0, 25, 30.0)])
    dark = Lamp(0, 45, 4, 1, 1, 1e-6)
    sensor = world.load_sensor(camera, (48, 48), (0, 48), 64, 0.0, camera.distance)
    light = film.render_light(
        world.load_scene(StudioSet({"ball": ball}, dark, dome, gloss=0)), sensor, 0
    )
    around = {where: light[22:27, where - 2 : where + 3].mean() for where in (4, 24, 44)}
    assert max(around, key=around.get) == column


def test_beam_axes_are_perpendicular_to_the_beam():
    for vector in find_beam_axes(LAMP):
        assert abs(vector @ LAMP.direction_to_lamp) < 1e-9 and np.linalg.norm(
            vector
        ) == pytest.approx(1)


@pytest.mark.parametrize("kind", ["leaves", "palm", "window", "blinds"])
def test_a_shadow_pattern_darkens_part_of_a_lit_table(kind):
    plan = create_plan(40.0, gobo=kind)
    key = lighting.create_key_light(plan, 60, 45, 10, 1.0)
    card = shapes.create_flat_cutout(shapes.outline_rounded_rectangle(8, 8, 0.1))
    plane = {
        "card": world.load_mesh(
            "card",
            card,
            materials.create_matte_material(materials.spectrum_from_srgb((230, 230, 230))),
        )
    }
    camera = plan.camera
    sensor = world.load_sensor(camera, (48, 48), (0, 48), 16, 0.0, camera.distance)
    dome = lighting.create_dome_light(0.1, None)
    bare, cast = (
        film.render_light(world.load_scene(StudioSet(things, key, dome, gloss=0)), sensor, 0).mean(
            axis=2
        )
        for things in (plane, plane | patterns.create_shadow_pattern(plan, key))
    )
    share = (cast < 0.6 * bare).mean()
    assert 0.02 < share < 0.9
