"""Every family in every composition: the reported scene is true of the rendered image."""

import dataclasses

import mitsuba as mi
import numpy as np
import pytest

from services.studio import film, masonry, props, soils, terrain, textures, world
from services.studio.families import FAMILIES
from services.studio.planning import RenderRequest, interpret_prompt, plan_set
from services.studio.rendering import load_set_sensor, scene_from_set

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
# Mirroring grounds show no shadows.
SHADOWED = [case for case in ALL if case[0] not in ("luxury", "water", "city")]


@pytest.fixture(autouse=True, scope="module")
def _use_coarse_textures():
    """Speeds the tests up with the scalar variant and with small textures that they share."""
    mi.set_variant("scalar_rgb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(textures, "TEXTURE_SIDE", 256)
        patch.setattr(textures, "FIELD_SIDE", 128)
        patch.setattr(terrain, "FINEST_STEP", 0.03)
        clear_texture_caches()
        yield
    clear_texture_caches()


def clear_texture_caches() -> None:
    """Empties the cache of every drawing function."""
    for function in (*vars(textures).values(), *vars(masonry).values(), *vars(soils).values()):
        if hasattr(function, "cache_clear"):
            function.cache_clear()


def build_set(prompt: str, seed: int, pitch: float | None = None, size: tuple[int, int] = (72, 72)):
    """Returns the camera and the set for a prompt; size: (width, height) in pixels."""
    request = RenderRequest(prompt, *size, seed, camera_pitch=pitch)
    reading, family = interpret_prompt(request)
    plan = plan_set(request, reading, family)
    return plan.camera, family.build_set(plan)


def render_brightness(camera, studio_set, samples: int = 8) -> np.ndarray:
    """Renders the mean of linear RGB, float (height, width)."""
    size = camera.height, camera.width
    sensor = load_set_sensor(studio_set, camera, size, (0, camera.height), samples)
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
    camera, studio_set = build_set(PROMPTS[name], number)
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
    stone = world.create_matte_material(world.spectrum_from_srgb((90, 90, 90)))
    post = world.load_mesh("post", props.create_round_plinth(0.02, 0.16), stone)
    bare, cast = (
        render_brightness(camera, s, 32) for s in (studio_set, add_shape(studio_set, "post", post))
    )
    reported = scene_from_set(studio_set, camera, np.zeros((8, 8, 3), np.uint8)).light
    azimuth, elevation = np.radians(reported.azimuth), np.radians(reported.elevation)
    reach = 0.1 / np.tan(elevation)
    x, y = camera.project_point((-np.sin(azimuth) * reach, 0, -np.cos(azimuth) * reach))
    opposite = camera.project_point((np.sin(azimuth) * reach, 0, np.cos(azimuth) * reach))

    def darkening(place):
        row, column = round(place[1] * SIDE), round(place[0] * SIDE)
        window = np.s_[row - 2 : row + 3, column - 2 : column + 3]
        return 1 - cast[window].mean() / bare[window].mean()

    assert darkening((x, y)) > darkening(opposite) + 0.04


@pytest.mark.parametrize(("name", "number"), ALL)
@pytest.mark.parametrize("pitch", [0.0, 59.0])
def test_sets_have_no_holes_at_any_pitch(name, number, pitch):
    camera, studio_set = build_set(PROMPTS[name], number, pitch)
    assert render_bare_shapes(camera, studio_set, {"type": "path", "max_depth": 1}).max() < 1e5


@pytest.mark.parametrize("size", [(144, 48), (48, 144)])
@pytest.mark.parametrize("pitch", [0.0, 59.0])
@pytest.mark.parametrize("name", PROMPTS)
def test_sets_have_no_holes_in_long_images(name, pitch, size):
    camera, studio_set = build_set(PROMPTS[name], 0, pitch, size)
    assert render_bare_shapes(camera, studio_set, {"type": "path", "max_depth": 1}).max() < 1e5


@pytest.mark.parametrize(("name", "number"), [a for a in ALL if a[0] != "flatlay"])
def test_no_prop_stands_where_the_product_will(name, number):
    camera, studio_set = build_set(PROMPTS[name], number)
    depth = render_bare_shapes(camera, studio_set, {"type": "depth"})
    columns = slice(round(0.16 * SIDE), round(0.84 * SIDE))
    rows = slice(round((camera.ground_line - 0.6) * SIDE), round(camera.ground_line * SIDE))
    # Nothing stands nearer than a card on the standing point that faces the camera.
    assert depth[rows, columns].min() > np.linalg.norm(camera.position) - 0.62


@pytest.mark.parametrize(("name", "number"), [a for a in ALL if a[0] == "flatlay"])
def test_a_flat_lay_is_empty_in_its_center(name, number):
    camera, studio_set = build_set(PROMPTS[name], number)
    depth = render_bare_shapes(camera, studio_set, {"type": "depth"})
    rows, columns = slice(round(0.1 * SIDE), round(0.9 * SIDE)), slice(9, SIDE - 9)
    assert np.ptp(depth[rows, columns] / depth[SIDE // 2, SIDE // 2]) < 0.1


@pytest.mark.parametrize(("name", "number"), [a for a in ALL if a[0] != "flatlay"])
def test_there_is_ground_for_a_wide_product(name, number):
    camera, studio_set = build_set(PROMPTS[name], number)
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
