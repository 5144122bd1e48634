"""Every family in every composition: the facts told of a set are true of its picture."""

import dataclasses

import mitsuba as mi
import numpy as np
import pytest

from services.studio import film, masonry, props, soils, terrain, textures, world
from services.studio.families import FAMILIES
from services.studio.planning import Brief, arrange, direct
from services.studio.rendering import load_camera, scene_of_set

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
# Mirrors show no shadows.
MATT = [case for case in ALL if case[0] not in ("luxury", "water", "city")]


@pytest.fixture(autouse=True)
def _coarse(monkeypatch):
    """The plain variant, small textures, coarse ground: these tests are about places and light."""
    mi.set_variant("scalar_rgb")
    monkeypatch.setattr(textures, "SIDE", 256)
    monkeypatch.setattr(textures, "DRAWN", 128)
    monkeypatch.setattr(terrain, "FINEST", 0.03)
    forget_textures()
    yield
    forget_textures()


def forget_textures() -> None:
    """Empties every cache of drawn materials."""
    for function in (*vars(textures).values(), *vars(masonry).values(), *vars(soils).values()):
        if hasattr(function, "cache_clear"):
            function.cache_clear()


def staged(prompt: str, seed: int, pitch: float | None = None, size: tuple[int, int] = (72, 72)):
    """The camera and the set of an brief of this (width, height)."""
    brief = Brief(prompt, *size, seed, camera_pitch=pitch)
    direction, family = direct(brief)
    shoot = arrange(brief, direction, family)
    return shoot.camera, family.build(shoot)


def look(camera, scenery, samples: int = 8) -> np.ndarray:
    """The set's light, float (height, width)."""
    size = camera.height, camera.width
    sensor = load_camera(scenery, camera, size, (0, camera.height), samples)
    return film.expose(world.scene(scenery), sensor, 1).mean(axis=2)


def measure(camera, scenery, integrator: dict) -> np.ndarray:
    """Renders the bare shapes before a blinding sky, through a pinhole: float (height, width)."""
    scene = mi.load_dict(
        {"type": "scene", **scenery.shapes, "integrator": integrator}
        | {"sky": {"type": "constant", "radiance": 1e6}}
    )
    sharp = dataclasses.replace(scenery, aperture=0.0)
    size = camera.height, camera.width
    return film.expose(scene, load_camera(sharp, camera, size, (0, size[0]), 1), 0)[..., 0]


def with_thing(scenery, name: str, thing):
    """The same set with one more thing in it."""
    return dataclasses.replace(scenery, shapes={**scenery.shapes, name: thing})


def test_every_family_has_at_least_three_compositions():
    assert all(len(family.compositions) >= 3 for family in FAMILIES.values())
    assert list(PROMPTS) == list(FAMILIES)


@pytest.mark.parametrize(("name", "number"), ALL)
def test_a_small_thing_at_the_standing_point_appears_on_the_ground_line(name, number):
    camera, scenery = staged(PROMPTS[name], number)
    glow = {"type": "area", "radiance": {"type": "rgb", "value": 500.0}}
    bead = {"type": "sphere", "center": [0, 0.02, 0], "radius": 0.02, "emitter": glow}
    light = look(camera, with_thing(scenery, "bead", bead), samples=4)
    rows, columns = np.nonzero(light > 100)
    told = scene_of_set(scenery, camera, np.zeros((8, 8, 3), np.uint8))
    assert (columns.mean() + 0.5) / SIDE == pytest.approx(0.5, abs=0.01)
    assert (rows.mean() + 0.5) / SIDE == pytest.approx(told.ground_line, abs=0.025)


@pytest.mark.parametrize(("name", "number"), MATT)
def test_a_shadow_falls_away_from_the_light(name, number):
    camera, scenery = staged(PROMPTS[name] + ", no shadows", number, pitch=50)
    stone = world.matt(world.tint((90, 90, 90)))
    post = world.solid("post", props.round_plinth(0.02, 0.16), stone)
    bare, cast = (look(camera, s, 32) for s in (scenery, with_thing(scenery, "post", post)))
    told = scene_of_set(scenery, camera, np.zeros((8, 8, 3), np.uint8)).light
    azimuth, elevation = np.radians(told.azimuth), np.radians(told.elevation)
    reach = 0.1 / np.tan(elevation)
    x, y = camera.project((-np.sin(azimuth) * reach, 0, -np.cos(azimuth) * reach))
    opposite = camera.project((np.sin(azimuth) * reach, 0, np.cos(azimuth) * reach))

    def darkening(place):
        row, column = round(place[1] * SIDE), round(place[0] * SIDE)
        window = np.s_[row - 2 : row + 3, column - 2 : column + 3]
        return 1 - cast[window].mean() / bare[window].mean()

    assert darkening((x, y)) > darkening(opposite) + 0.04


@pytest.mark.parametrize(("name", "number"), ALL)
@pytest.mark.parametrize("pitch", [0.0, 59.0])
def test_no_hole_shows_from_any_height(name, number, pitch):
    camera, scenery = staged(PROMPTS[name], number, pitch)
    assert measure(camera, scenery, {"type": "path", "max_depth": 1}).max() < 1e5


@pytest.mark.parametrize("size", [(144, 48), (48, 144)])
@pytest.mark.parametrize("pitch", [0.0, 59.0])
@pytest.mark.parametrize("name", PROMPTS)
def test_no_hole_shows_in_long_pictures(name, pitch, size):
    camera, scenery = staged(PROMPTS[name], 0, pitch, size)
    assert measure(camera, scenery, {"type": "path", "max_depth": 1}).max() < 1e5


@pytest.mark.parametrize(("name", "number"), [a for a in ALL if a[0] != "flatlay"])
def test_the_place_of_the_product_is_free(name, number):
    camera, scenery = staged(PROMPTS[name], number)
    depth = measure(camera, scenery, {"type": "depth"})
    columns = slice(round(0.16 * SIDE), round(0.84 * SIDE))
    rows = slice(round((camera.ground_line - 0.6) * SIDE), round(camera.ground_line * SIDE))
    # Nothing stands nearer than a card on the standing point that faces the camera.
    assert depth[rows, columns].min() > np.linalg.norm(camera.position) - 0.62


@pytest.mark.parametrize(("name", "number"), [a for a in ALL if a[0] == "flatlay"])
def test_a_flat_lay_is_free_in_its_middle(name, number):
    camera, scenery = staged(PROMPTS[name], number)
    depth = measure(camera, scenery, {"type": "depth"})
    rows, columns = slice(round(0.1 * SIDE), round(0.9 * SIDE)), slice(9, SIDE - 9)
    assert np.ptp(depth[rows, columns] / depth[SIDE // 2, SIDE // 2]) < 0.1


@pytest.mark.parametrize(("name", "number"), [a for a in ALL if a[0] != "flatlay"])
def test_there_is_ground_for_a_wide_product(name, number):
    camera, scenery = staged(PROMPTS[name], number)
    for share in (-0.36, 0.0, 0.36):
        bead = world.ball(
            (share * camera.units_wide, 0.004, 0), 0.004, world.matt(world.tint((9, 9, 9)))
        )
        post = measure(camera, with_thing(scenery, "bead", bead), {"type": "depth"})
        row, column = round(camera.ground_line * SIDE), round((0.5 + share) * SIDE)
        ground = np.linalg.norm(camera.position - np.array([share, 0, 0]))
        assert post[row, min(column, SIDE - 1)] == pytest.approx(ground, rel=0.06)
