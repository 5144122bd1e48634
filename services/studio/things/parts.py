"""Assembles the pieces of things."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import turn_profile
from services.studio.materials import Material, create_matte_material
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.thing import Piece


def join_piece(meshes: Sequence[Mesh], material: Material) -> Piece:
    """Joins meshes of one material to a piece."""
    return Piece(join_meshes(meshes), material)


def create_glow(mesh: Mesh, light: np.ndarray) -> Piece:
    """Creates a piece that glows and reflects little.

    light: linear RGB, float (3,), 1 is paper white.
    """
    return Piece(mesh, create_matte_material((40, 36, 32)), np.asarray(light, float))


def turn_glowing_bands(
    line: np.ndarray, find_light: Callable[[float], np.ndarray], count: int
) -> list[Piece]:
    """Creates a glowing body of revolution whose light changes from band to band.

    line: (radius, y) points of its outside from below, float (n, 2), in millimeters.
    find_light: function from a share of the way along the line to linear RGB, float (3,).
    count: of bands. More: smoother light, more meshes.
    """
    at = np.linspace(0, len(line) - 1, 2 * count + 1)
    fine = np.column_stack([np.interp(at, np.arange(len(line)), line[:, k]) for k in (0, 1)])
    pieces = []
    for number in range(count):
        band = fine[2 * number : 2 * number + 3]
        # The inner ends of a band are hidden by its neighbors.
        profile = np.vstack([[(0, band[0, 1])], band, [(0, band[-1, 1])]])
        light = find_light((number + 0.5) / count)
        pieces.append(create_glow(turn_profile(profile, steps=32, angle=70), light))
    return pieces


def stand_pieces(*pieces: Piece) -> tuple[Piece, ...]:
    """Returns the pieces of a thing moved together onto y = 0, centered on x = z = 0."""
    points = np.concatenate([piece.mesh.vertices for piece in pieces])
    low, high = points.min(axis=0), points.max(axis=0)
    x, _, z = -(low + high) / 2
    return tuple(replace(piece, mesh=piece.mesh.translate(x=x, y=-low[1], z=z)) for piece in pieces)


def move_pieces(
    pieces: Sequence[Piece], x: float = 0.0, y: float = 0.0, z: float = 0.0, turn: float = 0.0
) -> tuple[Piece, ...]:
    """Returns the pieces turned about the y axis by degrees, then moved by millimeters."""
    return tuple(
        replace(piece, mesh=piece.mesh.rotate(turn).translate(x=x, y=y, z=z)) for piece in pieces
    )


def tip_pieces(pieces: Sequence[Piece], degrees: float, axis: str) -> tuple[Piece, ...]:
    """Returns the pieces turned together by degrees about an axis (x, y or z)."""
    return tuple(replace(piece, mesh=piece.mesh.rotate(degrees, axis=axis)) for piece in pieces)


def pick_color(rng: np.random.Generator, color: RGB | None, usual: Sequence[RGB]) -> RGB:
    """Returns the color, or one of the usual ones at random where it is None; sRGB."""
    picked = usual[int(rng.integers(len(usual)))]
    return color or picked
