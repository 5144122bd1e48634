"""Made things: their meshes are sound, as large as stated, and in the color asked of them."""

from collections.abc import Iterator

import mitsuba as mi
import numpy as np
import pytest

from services.studio.color import linear_from_srgb
from services.studio.things.made import MADE_THINGS
from services.studio.things.thing import Piece

MOST_TRIANGLES = 20_000
BLUE = (60, 110, 190)


@pytest.fixture(autouse=True)
def _use_scalar_variant():
    """Sets the variant in which materials' pictures are described."""
    mi.set_variant("scalar_rgb")


def build_thing(name: str, seed: int, color=None) -> tuple[Piece, ...]:
    """Builds one copy of a thing."""
    return MADE_THINGS[name].build(np.random.default_rng(seed), color)


def join_points(pieces: tuple[Piece, ...]) -> np.ndarray:
    """Returns the vertices of all pieces, float (n, 3)."""
    return np.concatenate([piece.mesh.vertices for piece in pieces])


def measure_extent(points: np.ndarray) -> float:
    """Returns the longest side of the tightest upright box around points (n, 3)."""
    best = np.full(3, np.inf)
    for degrees in range(0, 90, 15):
        cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        turned = points @ np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])
        sides = np.ptp(turned, axis=0)
        if sides[0] * sides[2] < best[0] * best[2]:
            best = sides
    return float(best.max())


def list_colors(described: object) -> Iterator[np.ndarray]:
    """Yields the linear RGB, float (3,), of every spectrum and picture in a description."""
    if not isinstance(described, dict):
        return
    if described.get("type") == "rgb":
        yield np.array(described["value"])
    elif described.get("type") == "bitmap":
        picture = np.array(described["bitmap"])
        yield linear_from_srgb(np.median(picture.reshape(-1, picture.shape[-1]), axis=0))
    for part in described.values():
        yield from list_colors(part)


def find_likeness(pieces: tuple[Piece, ...], color: tuple[int, int, int]) -> float:
    """Returns how like in hue the likest material or glow is to an sRGB color; 1 is equal."""
    wanted = linear_from_srgb(color)
    colors = [found for piece in pieces for found in list_colors(piece.material.bsdf)]
    colors += [piece.glow for piece in pieces if piece.glow is not None]
    lengths = (np.linalg.norm(found) * np.linalg.norm(wanted) for found in colors)
    return max(float(c @ wanted / n) for c, n in zip(colors, lengths, strict=True) if n > 0)


@pytest.mark.parametrize("name", MADE_THINGS)
def test_every_copy_is_sound_as_large_as_stated_and_in_its_color(name):
    usual, blue = build_thing(name, 0), build_thing(name, 1, BLUE)
    for pieces in (usual, blue):
        points = join_points(pieces)
        assert np.isfinite(points).all()
        assert abs(points[:, 1].min()) < 1e-6
        assert measure_extent(points) == pytest.approx(MADE_THINGS[name].size, rel=0.15)
        assert sum(len(piece.mesh.faces) for piece in pieces) <= MOST_TRIANGLES
        for piece in pieces:
            lengths = np.linalg.norm(piece.mesh.normals, axis=1)
            assert np.allclose(lengths, 1, atol=1e-6)
            assert np.isfinite(piece.mesh.uv).all()
            assert piece.mesh.faces.max() < len(piece.mesh.vertices)
    assert find_likeness(blue, BLUE) > 0.99


@pytest.mark.parametrize("name", ["books", "candle", "pumpkin", "towel", "wreath"])
def test_a_seed_decides_the_made_copy(name):
    first, again, other = (join_points(build_thing(name, seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.allclose(first, other)
