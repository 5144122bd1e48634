"""Every family in every composition: the reported scene is true of the rendered image."""

import dataclasses
from functools import cache

import mitsuba as mi
import numpy as np
import pytest

from services.studio import film, props, terrain, world
from services.studio.families import FAMILIES
from services.studio.planning import RenderRequest, interpret_prompt, plan_set
from services.studio.rendering import load_set_sensor, scene_from_set
from tests.support.textures import use_small_textures

SIDE = 72
PROMPTS = {
    "sweep": "studio",
    "podium": "podium",
    "geometric": "geometric arches",
    "marble": "marble table",
    "wood": "wooden table",
    "concrete": "concrete",
    "terrazzo": "terrazzo",
    "luxury": "dark luxury",
    "beach": "beach",
    "water": "water",
    "silk": "silk",
    "holiday": "christmas",
    "city": "city at night",
    "bathroom": "bathroom",
    "snow": "snow",
    "flatlay": "flat lay on paper",
}
ALL = [(name, number) for name, f in FAMILIES.items() for number in range(len(f.compositions))]
# Width and height in pixels. Each family has a composition in each of them.
SIZES = [(SIDE, SIDE), (2 * SIDE, 2 * SIDE // 3), (2 * SIDE // 3, 2 * SIDE)]
# Mirroring grounds show no shadows.
SHADOWED = [case for case in ALL if case[0] not in ("luxury", "water", "city")]


@pytest.fixture(autouse=True, scope="module")
def _use_coarse_textures():
    """Speeds the tests up with the scalar variant and with small textures that they share."""
    mi.set_variant("scalar_rgb")
    with use_small_textures(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(terrain, "FINEST_STEP", 0.03)
        yield
    build_usual_set.cache_clear()


def build_set(
    prompt: str, seed: int, pitch: float | None = None, size: tuple[int, int] = (SIDE, SIDE)
):
    """Returns the camera and the set for a prompt; size: (width, height) in pixels."""
    request = RenderRequest(prompt, *size, seed, camera_pitch=pitch)
    reading, family = interpret_prompt(request)
    plan = plan_set(request, reading, family)
    return plan.camera, family.build_set(plan)


@cache
def build_usual_set(name: str, number: int):
    """Returns the camera and the set of a composition at its own pitch; several tests look at it.

    name: of the family. number: of the composition.
    """
    return build_set(PROMPTS[name], number)


def render_brightness(camera, studio_set, samples: int, rows: tuple[int, int] = (0, SIDE)):
    """Renders the mean of linear RGB, float (height, width); rows: the first and one past the last.

    Returns only the rows that it renders.
    """
    size = camera.height, camera.width
    sensor = load_set_sensor(studio_set, camera, size, rows, samples)
    return film.render_light(world.load_scene(studio_set), sensor, 1).mean(axis=2)


def render_bare_shapes(camera, studio_set, integrator: dict) -> np.ndarray:
    """Renders the shapes through a pinhole before a blinding sky: float (height, width)."""
    scene = mi.load_dict(
        {"type": "scene", **studio_set.shapes, "integrator": integrator}
        | {"sky": {"type": "constant", "radiance": 1e6}}
    )
    sharp = dataclasses.replace(studio_set, aperture=0.0)
    size = camera.height, camera.width
    return film.render_light(scene, load_set_sensor(sharp, camera, size, (0, size[0]), 1), 0)[
        ..., 0
    ]


def add_shape(studio_set, name: str, shape):
    """Returns the set with one more shape in it."""
    return dataclasses.replace(studio_set, shapes={**studio_set.shapes, name: shape})


def test_every_family_has_at_least_three_compositions():
    assert all(len(family.compositions) >= 3 for family in FAMILIES.values())
    assert list(PROMPTS) == list(FAMILIES)


@pytest.mark.parametrize(("name", "number"), ALL)
def test_a_bead_at_the_standing_point_appears_on_the_ground_line(name, number):
    camera, studio_set = build_usual_set(name, number)
    glow = {"type": "area", "radiance": {"type": "rgb", "value": 500.0}}
    bead = {"type": "sphere", "center": [0, 0.02, 0], "radius": 0.02, "emitter": glow}
    light = render_brightness(camera, add_shape(studio_set, "bead", bead), samples=4)
    rows, columns = np.nonzero(light > 100)
    reported = scene_from_set(studio_set, camera, np.zeros((8, 8, 3), np.uint8))
    assert (columns.mean() + 0.5) / SIDE == pytest.approx(0.5, abs=0.01)
    assert (rows.mean() + 0.5) / SIDE == pytest.approx(reported.ground_line, abs=0.025)


@pytest.mark.parametrize(("name", "number"), SHADOWED)
def test_a_shadow_falls_away_from_the_light(name, number):
    camera, studio_set = build_set(PROMPTS[name] + ", no shadows", number, pitch=50)
    reported = scene_from_set(studio_set, camera, np.zeros((8, 8, 3), np.uint8)).light
    azimuth, elevation = np.radians(reported.azimuth), np.radians(reported.elevation)
    reach = 0.1 / np.tan(elevation)
    step = np.array([-np.sin(azimuth) * reach, 0, -np.cos(azimuth) * reach])
    # Column and row of the middle of the shadow, and of the place as far towards the light.
    places = [
        [round(share * SIDE) for share in camera.project_point(tuple(point))]
        for point in (step, -step)
    ]
    top, bottom = min(row for _, row in places) - 2, max(row for _, row in places) + 3
    stone = world.create_matte_material(world.spectrum_from_srgb((90, 90, 90)))
    post = world.load_mesh("post", props.create_round_plinth(0.02, 0.16), stone)
    bare, cast = (
        render_brightness(camera, s, samples=32, rows=(top, bottom))
        for s in (studio_set, add_shape(studio_set, "post", post))
    )

    def measure_darkening(place) -> float:
        column, row = place[0], place[1] - top
        window = np.s_[row - 2 : row + 3, column - 2 : column + 3]
        return 1 - cast[window].mean() / bare[window].mean()

    shadow, opposite = map(measure_darkening, places)
    assert shadow > opposite + 0.04


@pytest.mark.parametrize(("name", "number"), ALL)
@pytest.mark.parametrize("pitch", [0.0, 59.0])
def test_sets_have_no_holes_at_any_pitch_and_size(name, number, pitch):
    camera, studio_set = build_set(PROMPTS[name], number, pitch, SIZES[number % len(SIZES)])
    assert render_bare_shapes(camera, studio_set, {"type": "path", "max_depth": 1}).max() < 1e5


@pytest.mark.parametrize(("name", "number"), [a for a in ALL if a[0] != "flatlay"])
def test_no_prop_stands_where_the_product_will(name, number):
    camera, studio_set = build_usual_set(name, number)
    depth = render_bare_shapes(camera, studio_set, {"type": "depth"})
    columns = slice(round(0.16 * SIDE), round(0.84 * SIDE))
    rows = slice(round((camera.ground_line - 0.6) * SIDE), round(camera.ground_line * SIDE))
    # Nothing stands nearer than a card on the standing point that faces the camera.
    assert depth[rows, columns].min() > np.linalg.norm(camera.position) - 0.62


@pytest.mark.parametrize(("name", "number"), [a for a in ALL if a[0] == "flatlay"])
def test_a_flat_lay_is_empty_in_its_center(name, number):
    camera, studio_set = build_usual_set(name, number)
    depth = render_bare_shapes(camera, studio_set, {"type": "depth"})
    rows, columns = slice(round(0.1 * SIDE), round(0.9 * SIDE)), slice(9, SIDE - 9)
    assert np.ptp(depth[rows, columns] / depth[SIDE // 2, SIDE // 2]) < 0.1


@pytest.mark.parametrize(("name", "number"), [a for a in ALL if a[0] != "flatlay"])
def test_there_is_ground_for_a_wide_product(name, number):
    camera, studio_set = build_usual_set(name, number)
    for share in (-0.36, 0.0, 0.36):
        bead = world.create_sphere(
            (share * camera.width_in_units, 0.004, 0),
            0.004,
            world.create_matte_material(world.spectrum_from_srgb((9, 9, 9))),
        )
        post = render_bare_shapes(camera, add_shape(studio_set, "bead", bead), {"type": "depth"})
        row, column = round(camera.ground_line * SIDE), round((0.5 + share) * SIDE)
        ground = np.linalg.norm(camera.position - np.array([share, 0, 0]))
        assert post[row, min(column, SIDE - 1)] == pytest.approx(ground, rel=0.06)
