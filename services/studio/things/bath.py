"""Things of a bathroom: towels, soap, cotton pads and brushes."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import (
    create_cylinder,
    create_rounded_box,
    create_slab,
    create_tube,
    outline_circle,
    stretch_mesh,
    thicken_grid,
)
from services.studio.materials import create_glossy_material, create_matte_material
from services.studio.shapes import outline_rounded_rectangle
from services.studio.things.finishes import (
    OAK,
    create_ceramic,
    create_napped_cloth,
    create_wood_grain,
)
from services.studio.things.parts import (
    join_piece,
    move_pieces,
    pick_color,
    stand_pieces,
)
from services.studio.things.textiles import create_folded_cloth
from services.studio.things.thing import Piece

# sRGB of terry and of soap.
TERRIES: tuple[RGB, ...] = ((240, 234, 224), (206, 192, 172), (176, 186, 176), (222, 196, 184))
SOAPS: tuple[RGB, ...] = ((232, 214, 184), (206, 216, 192), (238, 206, 196))


def build_towel(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a pile of three folded terry towels."""
    pieces, level = [], 0.0
    order = rng.permutation(len(TERRIES))
    for number in range(3):
        terry = create_napped_cloth(color or TERRIES[int(order[number % 2])], contrast=0.1)
        layer = rng.uniform(13, 16)
        towel = create_folded_cloth(270 - 8 * number, 190 - 6 * number, layer, 3, rng)
        # The fold faces the viewer.
        towel = towel.rotate(-90 if number % 2 else 90).rotate(rng.uniform(-4, 4))
        pieces.append(Piece(stretch_mesh(towel, x=1.4, z=0.72).translate(y=level), terry))
        level += 3 * layer
    return stand_pieces(*pieces)


def build_towel_roll(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds three rolled towels in a heap, their spiral ends toward the viewer."""
    pieces: list[Piece] = []
    order = rng.permutation(len(TERRIES))
    for number, (x, y) in enumerate(((-58, 0), (58, 0), (0, 94))):
        terry = create_napped_cloth(color or TERRIES[int(order[number % 2])], contrast=0.1)
        # A spiral in x and y of five turns, drawn out along z.
        turn = np.linspace(0.9, 5.0, 120)
        reach = 11.2 * turn
        spiral = np.column_stack(
            [reach * np.cos(2 * math.pi * turn), reach * np.sin(2 * math.pi * turn)]
        )
        z = np.linspace(-115, 115, 5)
        grid = np.stack(
            [
                np.broadcast_to(spiral[:, None, 0], (len(turn), 5)),
                np.broadcast_to(spiral[:, None, 1], (len(turn), 5)),
                np.broadcast_to(z, (len(turn), 5)) + 4 * np.sin(9 * turn)[:, None],
            ],
            axis=-1,
        )
        roll = thicken_grid(grid, 9.6).rotate(rng.uniform(0, 360), axis="z")
        pieces += move_pieces([Piece(roll, terry)], x=x, y=y, z=rng.uniform(-10, 10))
    return stand_pieces(*pieces)


def build_cotton_pads(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a leaning pile of cotton pads and one next to it."""
    cotton = create_napped_cloth(color or (246, 244, 240), repeat=30, contrast=0.05)
    pads = [
        create_slab(outline_circle(28.5, 32), 6.4, 2.8)
        .rotate(rng.uniform(-3, 3), axis="z")
        .translate(x=rng.uniform(-2, 2) + 0.6 * level, y=5.6 * level, z=rng.uniform(-2, 2))
        for level in range(7)
    ]
    fallen = create_slab(outline_circle(28.5, 32), 6.4, 2.8).translate(x=56, z=rng.uniform(8, 20))
    return stand_pieces(join_piece([*pads, fallen], cotton))


def build_soap(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a bar of soap with a pressed oval on a ribbed wooden dish."""
    waxy = create_glossy_material(pick_color(rng, color, SOAPS), roughness=0.38, specular=0.45)
    bar = create_slab(outline_rounded_rectangle(84, 56, 22), 27, 11).translate(y=15)
    oval = create_slab(outline_circle(1.0, 40) * [28, 16], 1.6, 0.7).translate(y=41.3)
    slats = [create_rounded_box(8, 7, 84, 2).translate(x=x, y=8) for x in np.linspace(-52, 52, 8)]
    rails = [create_rounded_box(116, 8, 9, 2).translate(z=z) for z in (-28, 28)]
    body = [
        join_piece([bar, oval], waxy),
        join_piece([*slats, *rails], create_wood_grain(rng, OAK)),
    ]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(-24, 24)))


def build_brush(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a wooden body brush that lies on its back, bristles up."""
    wood = create_wood_grain(rng, color or (204, 164, 116), repeat=110)
    head = create_slab(outline_circle(1.0, 48) * [62, 38], 18, 7)
    handle = create_slab(outline_rounded_rectangle(150, 24, 12), 15, 6).translate(x=122, y=1.5)
    tuft = create_tube([(0, 0, 0), (0, 24, 0)], 2.1, sides=5)
    bristles = [
        # Tufts lean outward, each a little differently.
        tuft.rotate(-0.14 * x + rng.uniform(-5, 5), axis="z")
        .rotate(0.2 * z + rng.uniform(-5, 5), axis="x")
        .translate(x, 16, z)
        for x in np.linspace(-50, 50, 17)
        for z in np.linspace(-30, 30, 11)
        if (x / 54) ** 2 + (z / 32) ** 2 < 1
    ]
    ring = create_cylinder(4, 0.6).translate(x=184, y=16.4)
    body = [
        join_piece([head, handle], wood),
        join_piece(bristles, create_matte_material((226, 208, 170))),
        Piece(ring, create_ceramic((70, 50, 36))),
    ]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(-45, 45)))
