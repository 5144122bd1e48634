"""Every place: the reported scene is true of the rendered image, and the product has room."""

import dataclasses
from functools import cache

import mitsuba as mi
import numpy as np
import pytest

from services.studio import film, materials, props, terrain, world
from services.studio.briefs.brief import PLACE_NAMES, Brief
from services.studio.grounds import GROUNDS
from services.studio.places import PLACES
from services.studio.rendering import scene_from_set
from services.studio.rooms import painting
from services.studio.things import THINGS
from services.studio.tracing import load_set_sensor
from tests.support.sets import compose
from tests.support.textures import use_small_textures

SIDE = 72
ALL = list(PLACES)
# Width and height in pixels of the images in which holes are looked for.
SIZES = [(SIDE, SIDE), (2 * SIDE, 2 * SIDE // 3), (2 * SIDE // 3, 2 * SIDE)]
# Degrees that the camera looks down in those images.
PITCHES = [0.0, 50.0, 75.0]


@pytest.fixture(autouse=True, scope="module")
def _use_coarse_textures():
    """Speeds the tests up: scalar variant, small textures that they share, few pixels of rooms."""
    mi.set_variant("scalar_rgb")
    with use_small_textures(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(terrain, "FINEST_STEP", 0.03)
        patch.setattr(painting, "MAX_RENDER_AREA", 400)
        yield
    compose_usual_set.cache_clear()


@cache
def compose_usual_set(name: str):
    """Returns the camera and the set of a place at its own pitch; several tests look at it."""
    return compose_place(name)


def compose_place(name: str, seed: int = 1, excluded: frozenset = frozenset(), **kwargs):
    """Returns the camera and the set of a place; further arguments as of Brief and compose."""
    place = name if name in PLACE_NAMES else "festive"
    plan, composed = compose(Brief(place=place, setting=name, excluded=excluded), seed, **kwargs)
    return plan.camera, composed.studio_set


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


def test_every_kind_of_place_but_flat_lays_has_an_entry():
    assert set(PLACE_NAMES) - set(PLACES) == {"flat_lay"}


@pytest.mark.parametrize("name", ALL)
def test_surfaces_and_dressing_of_a_place_exist(name):
    place = PLACES[name]
    assert {surface for surface, _, _ in place.surfaces} <= set(GROUNDS)
    assert {thing for things in place.dressing for thing in things} <= set(THINGS)


@pytest.mark.parametrize("name", ALL)
def test_a_bead_at_the_standing_point_appears_on_the_ground_line(name):
    camera, studio_set = compose_usual_set(name)
    glow = {"type": "area", "radiance": {"type": "rgb", "value": 500.0}}
    bead = {"type": "sphere", "center": [0, 0.02, 0], "radius": 0.02, "emitter": glow}
    studio_set = add_shape(studio_set, "bead", bead)
    sensor = load_set_sensor(studio_set, camera, (SIDE, SIDE), (0, SIDE), 4)
    light = film.render_light(world.load_scene(studio_set), sensor, 1).mean(axis=2)
    rows, columns = np.nonzero(light > 100)
    reported = scene_from_set(studio_set, camera, np.zeros((8, 8, 3), np.uint8))
    # Medians, as shiny things next to the bead mirror it.
    assert (np.median(columns) + 0.5) / SIDE == pytest.approx(reported.product_x, abs=0.025)
    assert (np.median(rows) + 0.5) / SIDE == pytest.approx(reported.ground_line - 0.02, abs=0.025)


@pytest.mark.parametrize(
    ("name", "turn"),
    [(name, turn) for turn, name in enumerate(ALL)]
    + [
        pytest.param(name, turn + more, marks=pytest.mark.slow)
        for turn, name in enumerate(ALL)
        for more in (1, 2)
    ],
)
def test_sets_have_no_holes_at_any_pitch_and_size(name, turn):
    # Pitches and sizes take turns, so that all of them occur in a fraction of the time.
    size, pitch = SIZES[turn // len(PITCHES) % len(SIZES)], PITCHES[turn % len(PITCHES)]
    # Without things, which take long to build and could only hide a hole.
    bare = frozenset({"props"})
    camera, studio_set = compose_place(name, excluded=bare, pitch=pitch, size=size)
    assert render_bare_shapes(camera, studio_set, {"type": "path", "max_depth": 1}).max() < 1e5


@pytest.mark.parametrize("name", ALL)
def test_no_thing_stands_where_the_product_will(name):
    camera, studio_set = compose_usual_set(name)
    depth = render_bare_shapes(camera, studio_set, {"type": "depth"})
    columns = slice(round(0.24 * SIDE), round(0.76 * SIDE))
    rows = slice(round((camera.ground_line - 0.6) * SIDE), round(camera.ground_line * SIDE))
    # Nothing stands nearer than a card on the standing point that faces the camera.
    assert depth[rows, columns].min() > np.linalg.norm(camera.position) - 0.62


@pytest.mark.parametrize("name", ALL)
def test_there_is_ground_for_a_wide_product(name):
    camera, studio_set = compose_usual_set(name)
    plate = world.load_mesh(
        "plate",
        props.create_plinth(0.6, 0.02, 0.012, 0.002, 0.001),
        materials.create_matte_material(materials.spectrum_from_srgb((9, 9, 9))),
    )
    bare, covered = (
        render_bare_shapes(camera, s, {"type": "depth"})
        for s in (studio_set, add_shape(studio_set, "plate", plate))
    )
    row = round(camera.ground_line * SIDE) - 1
    columns = slice(round(0.25 * SIDE), round(0.75 * SIDE))
    # The plate on y = 0 is hardly nearer than the ground that it hides.
    assert np.median(bare[row, columns] - covered[row, columns]) < 0.12
    assert (covered[row, columns] <= bare[row, columns] + 1e-6).all()
