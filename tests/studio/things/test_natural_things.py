"""Things of sets: sound meshes of the promised size, alike for equal seeds, in the named color."""

import mitsuba as mi
import numpy as np
import pytest

from services.studio.color import linear_from_srgb
from services.studio.things.natural import NATURAL_THINGS
from services.studio.things.thing import Piece
from services.studio.variant import SCALAR_VARIANT

# Triangles of as many copies as a set shows: more would be slow to load.
MOST_TRIANGLES = 34_000
BLUE = (40, 70, 200)


@pytest.fixture(scope="module", autouse=True)
def _set_variant():
    mi.set_variant(SCALAR_VARIANT)


@pytest.fixture(scope="module", params=NATURAL_THINGS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def copies(name):
    """Two copies of a thing, of different seeds."""
    return [build(name, seed) for seed in (1, 2)]


def build(name: str, seed: int, color: tuple[int, int, int] | None = None) -> tuple[Piece, ...]:
    """Builds one copy of a thing."""
    return NATURAL_THINGS[name].build(np.random.default_rng(seed), color)


def test_a_thing_is_sound_and_has_its_size(name, copies):
    for pieces in copies:
        points = np.concatenate([piece.mesh.vertices for piece in pieces])
        low, high = points.min(axis=0), points.max(axis=0)
        assert np.isfinite(points).all()
        assert (high - low).max() == pytest.approx(NATURAL_THINGS[name].size, rel=0.15)
        assert low[1] == pytest.approx(0, abs=1e-6)
        assert np.allclose((low + high)[[0, 2]], 0, atol=1e-6)
        for piece in pieces:
            assert np.allclose(np.linalg.norm(piece.mesh.normals, axis=1), 1, atol=1e-6)
            assert np.isfinite(piece.mesh.uv).all()
            assert piece.mesh.faces.max() < len(piece.mesh.vertices)


def test_equal_seeds_build_equal_things(name, copies):
    for one, other in zip(copies[0], build(name, seed=1), strict=True):
        assert np.array_equal(one.mesh.vertices, other.mesh.vertices)
        assert np.array_equal(one.mesh.faces, other.mesh.faces)


def test_a_thing_takes_the_color_that_the_brief_names(name, copies):
    usual, tinted = (max(map(find_blueness, c)) for c in (copies[0], build(name, 1, BLUE)))
    assert tinted > max(usual, 0) + 0.1 or tinted > 0.8 * measure_blueness(linear_from_srgb(BLUE))


def test_a_thing_is_light_enough_to_load(name, copies):
    faces = sum(len(piece.mesh.faces) for piece in copies[0])
    assert faces * NATURAL_THINGS[name].count[1] < MOST_TRIANGLES


def find_blueness(piece: Piece) -> float:
    """Returns how much bluer than red a piece is, in linear light."""
    bsdf = piece.material.bsdf
    while "bsdf" in bsdf:
        bsdf = bsdf["bsdf"]
    color = bsdf.get("base_color", bsdf.get("reflectance"))
    if color["type"] == "rgb":
        return measure_blueness(np.array(color["value"]))
    mean = np.array(color["bitmap"]).reshape(-1, 3).mean(axis=0)
    return measure_blueness(linear_from_srgb(tuple(mean)))


def measure_blueness(light: np.ndarray) -> float:
    return float((light[2] - light[0]) / max(light.max(), 1e-6))
