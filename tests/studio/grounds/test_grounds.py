"""Every ground: free and level under the product, the same for equal seeds, in its color."""

from functools import cache

import mitsuba as mi
import numpy as np
import pytest

from services.studio import film, terrain, world
from services.studio.briefs.vocabulary import load_words
from services.studio.camera import create_camera
from services.studio.grounds import GROUNDS, find_ground, foliage, loose, piles, scatter
from services.studio.grounds.ground import GroundRequest, GroundShape
from services.studio.lighting import create_dome_light
from services.studio.lights import Lamp
from services.studio.places import PLACES
from services.studio.sets import StudioSet
from services.studio.tracing import load_set_sensor
from tests.support.textures import use_small_textures

SIDE = 64
SURFACES, THINGS = load_words("surfaces"), load_words("things")
# sRGB that no ground has unless it is asked for.
VIOLET = (150, 60, 190)
# Grounds that mirror more than they show of their own color.
MIRRORING = {"mirror", "glass", "metal", "water"}
# Grounds whose color is that of one part among others.
MIXED = {"terrazzo", "books"}


@pytest.fixture(autouse=True, scope="module")
def _use_coarse_grounds():
    """Speeds the tests up with the scalar variant, small textures, coarse meshes and few copies."""
    mi.set_variant("scalar_rgb")
    with use_small_textures(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(terrain, "FINEST_STEP", 0.04)
        patch.setattr(scatter, "GROWTH_PER_UNIT", 2.0)
        for module in (foliage, loose, piles):
            for density in [name for name in vars(module) if name.endswith("_DENSITY")]:
                patch.setattr(module, density, 60)
        yield
    create_violet_ground.cache_clear()


def create_shapes(name: str, pitch: float = 13, seed: int = 1, kind: str = "", color=None):
    """Returns the camera and the shapes of a ground; it ends at z = -1.4 unless seen from above."""
    camera = create_camera(SIDE, SIDE, pitch, ground_line=0.8, view_angle=25)
    edge_z = None if camera.is_overhead else -1.4
    request = GroundRequest(camera, edge_z, color, kind, np.random.default_rng(seed))
    return camera, find_ground(name, kind).create(request)


@cache
def create_violet_ground(name: str):
    """Returns the camera above a violet ground, and its shapes; two tests look at them."""
    return create_shapes(name, pitch=90, color=VIOLET)


def collect_vertices(shapes) -> np.ndarray:
    """Returns the vertices of all shapes, float (n, 3)."""
    points = [np.ravel(mi.traverse(shape)["vertex_positions"]) for shape in shapes.values()]
    return np.concatenate(points).reshape(-1, 3)


def render_ground(camera, shapes) -> np.ndarray:
    """Renders shapes in even light: uint8 RGB (64, 64, 3)."""
    key = Lamp(azimuth=-50, elevation=50, distance=4, width=1, height=1, strength=0.8, kelvin=6500)
    dome = create_dome_light(level=0.3, mood=None)
    studio_set = StudioSet(shapes=shapes, key=key, dome=dome, gloss=0.0)
    sensor = load_set_sensor(studio_set, camera, (SIDE, SIDE), (0, SIDE), samples=4)
    light = film.render_light(world.load_scene(studio_set), sensor, seed=1)
    return film.develop_image(light, exposure=1.0, seed=1)


@pytest.mark.parametrize("name", GROUNDS)
@pytest.mark.parametrize("pitch", [13.0, 90.0])
def test_equal_seeds_build_equal_ground_that_is_level_under_the_product(name, pitch):
    first, again = (collect_vertices(create_shapes(name, pitch, seed=3)[1]) for _ in range(2))
    assert np.isfinite(first).all() and np.array_equal(first, again)
    # Nothing but blades and leaves rises where the product will be.
    under = first[np.hypot(first[:, 0], first[:, 2]) < 0.1]
    assert under[:, 1].max(initial=0) < 0.08


@pytest.mark.parametrize("name", [name for name in GROUNDS if name not in MIRRORING | MIXED])
def test_a_ground_has_the_color_that_is_asked_for(name):
    camera, shapes = create_violet_ground(name)
    pixels = render_ground(camera, shapes)[SIDE // 3 :, SIDE // 4 : -SIDE // 4].astype(float)
    red, green, blue = pixels.mean(axis=(0, 1))
    assert blue > red > green and blue > 1.25 * green


@pytest.mark.parametrize("name", GROUNDS)
def test_a_ground_seen_from_above_fills_the_view(name):
    camera, shapes = create_violet_ground(name)
    scene = mi.load_dict(
        {"type": "scene", **shapes, "integrator": {"type": "depth"}},
    )
    studio_set = StudioSet(shapes, key=None, dome=None, gloss=0.0)
    sensor = load_set_sensor(studio_set, camera, (SIDE, SIDE), (0, SIDE), samples=1)
    assert film.render_light(scene, sensor, 0)[..., 0].min() > 0


@pytest.mark.parametrize(
    "name", [n for n, g in GROUNDS.items() if g.shape is not GroundShape.STAND]
)
def test_a_ground_ends_near_its_far_edge_or_not_at_all(name):
    camera, shapes = create_shapes(name)
    high = collect_vertices(shapes)
    high = high[high[:, 1] > -0.3]
    assert -2.4 < high[:, 2].min() < -1.2
    request = GroundRequest(camera, None, None, "", np.random.default_rng(1))
    assert collect_vertices(GROUNDS[name].create(request))[:, 2].min() < -6.5


@pytest.mark.parametrize("name", ["moss", "sand", "silk", "rock", "water"])
def test_other_seeds_build_other_ground(name):
    first, other = (collect_vertices(create_shapes(name, seed=seed)[1]) for seed in (3, 4))
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_kinds_differ():
    _, oak = create_shapes("wood", pitch=50, kind="oak")
    camera, ebony = create_shapes("wood", pitch=50, kind="ebony")
    assert render_ground(camera, oak).mean() > 1.5 * render_ground(camera, ebony).mean()


# Kinds that look as the usual kind does.
USUAL = {"straw": {"tatami"}, "metal": {"stainless", "silver"}, "onyx": {"honey"}}
USUAL |= {"wood": {"oak"}, "marble": {"carrara", "calacatta"}, "stone": {"limestone"}}
# Those of the words for surfaces, of things that the product can be on, and of places.
KINDS = {
    *((name, kind) for name, entry in SURFACES.items() for kind in entry.get("kinds", ())),
    *(
        tuple(each["stands"].split(":"))
        for each in THINGS.values()
        if ":" in each.get("stands", "")
    ),
    *((name, kind) for place in PLACES.values() for name, kind, _ in place.surfaces if kind),
}
NAMED_KINDS = sorted(each for each in KINDS if each[1] not in USUAL.get(each[0], ()))


@pytest.mark.parametrize(("name", "kind"), NAMED_KINDS)
def test_each_kind_that_a_brief_may_name_looks_other_than_the_usual_one(name, kind):
    camera, usual = create_shapes(name, pitch=50)
    _, named = create_shapes(name, pitch=50, kind=kind)
    usual, named = (render_ground(camera, shapes).astype(int) for shapes in (usual, named))
    assert np.abs(usual - named).mean() > 4


@pytest.mark.parametrize("pitch", [3.0, 13.0, 34.0, 90.0])
@pytest.mark.parametrize("name", ["stone", "concrete"])
def test_a_flight_of_steps_shows_its_edge_before_the_product_and_a_riser_behind_it(name, pitch):
    camera, shapes = create_shapes(name, pitch, kind="step")
    points = collect_vertices(shapes)
    tops = np.unique(points[:, 1].round(3))
    edge = points[np.abs(points[:, 1]) < 1e-6, 2].max()
    assert 0.8 < camera.project_point((0.0, 0.0, edge))[1] < 0.97
    assert tops.min() < -0.15
    assert camera.is_overhead or 0.15 < tops.max() < 0.3
