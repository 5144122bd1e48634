"""Plain painted solids, as in still lifes of color and shape."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import (
    create_cylinder,
    create_ellipsoid,
    create_rounded_box,
    loft_rings,
    turn_profile,
)
from services.studio.materials import create_glossy_material, create_matte_material
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.parts import pick_color, stand_pieces
from services.studio.things.thing import Piece

# sRGB of plaster and paint.
PLASTERS: tuple[RGB, ...] = ((226, 206, 188), (204, 160, 138), (198, 202, 190), (232, 226, 214))


def _paint_solid(mesh: Mesh, rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Creates a solid in matte paint, in a color or one of the usual ones (sRGB)."""
    return stand_pieces(Piece(mesh, create_matte_material(pick_color(rng, color, PLASTERS))))


def build_cube(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a plaster cube."""
    return _paint_solid(create_rounded_box(120, 120, 120, 3).rotate(rng.uniform(0, 90)), rng, color)


def build_block(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a low block that a product can stand on."""
    return _paint_solid(create_rounded_box(260, rng.uniform(60, 90), 200, 3), rng, color)


def build_sphere(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a ball of satin paint."""
    paint = create_glossy_material(pick_color(rng, color, PLASTERS), roughness=0.45, specular=0.35)
    return stand_pieces(Piece(create_ellipsoid(120, 120, 120, steps=56), paint))


def build_cylinder(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an upright column."""
    return _paint_solid(create_cylinder(52, rng.uniform(170, 190), 3, steps=72), rng, color)


def build_cone(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a cone with a slightly rounded tip."""
    tip = [(0, 168), (2.5, 167), (5, 163)]
    return _paint_solid(turn_profile([(0, 0), (60, 0), (62, 2), *tip[::-1]], steps=72), rng, color)


def build_pedestal(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a fluted column with a base and a plate on top."""
    turn = np.linspace(0, 2 * math.pi, 120, endpoint=False)
    flutes = 1 - 0.055 * np.abs(np.cos(10 * turn)) ** 3
    rings = [
        np.column_stack([92 * flutes * np.cos(turn), np.full(120, y), 92 * flutes * np.sin(turn)])
        for y in (18.0, 222.0)
    ]
    plates = [create_cylinder(112, 20, 4), create_cylinder(112, 18, 4).translate(y=220)]
    return _paint_solid(join_meshes([*plates, loft_rings(np.array(rings), angle=45)]), rng, color)


def build_arch(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a standing arch with an open doorway."""
    angle = np.linspace(0, math.pi, 41)
    head = np.column_stack([np.cos(angle), np.sin(angle)])
    height, lines = 230.0, []
    for radius in (130.0, 78.0):
        curve = radius * head + [0, height]
        lines.append(np.vstack([[(radius, 0)], curve, [(-radius, 0)]]))
    corners = ((lines[0], 40), (lines[0], -40), (lines[1], -40), (lines[1], 40))
    rings = np.stack(
        [np.column_stack([line, np.full(len(line), z)]) for line, z in corners], axis=1
    )
    return _paint_solid(loft_rings(rings), rng, color)


def build_stairs(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds four steps that climb to one side."""
    side = int(rng.choice((-1, 1)))
    steps = [
        create_rounded_box(68, 45.0 * (number + 1), 190, 2).translate(x=side * 66 * number)
        for number in range(4)
    ]
    return _paint_solid(join_meshes(steps), rng, color)
