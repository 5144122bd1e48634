"""Books, notebooks and pens."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import (
    create_cylinder,
    create_rounded_box,
    create_slab,
    create_tube,
    thicken_grid,
    turn_profile,
)
from services.studio.materials import (
    create_glossy_material,
    create_matte_material,
    create_metal_material,
)
from services.studio.shapes import Mesh
from services.studio.things.finishes import (
    BRASS,
    create_page_edges,
    create_rubber,
    create_woven_cloth,
)
from services.studio.things.parts import join_piece, move_pieces, pick_color, stand_pieces
from services.studio.things.thing import Piece

# sRGB of book cloth, of notebook covers and of pens.
BOOK_CLOTHS: tuple[RGB, ...] = (
    *((158, 92, 70), (88, 104, 98), (196, 172, 138), (72, 84, 110)),
    *((120, 62, 58), (206, 196, 178), (98, 96, 84)),
)
COVERS: tuple[RGB, ...] = ((186, 146, 110), (60, 66, 72), (196, 160, 150))
PENS: tuple[RGB, ...] = ((34, 34, 38), (30, 52, 92), (150, 40, 44))
PAGE: RGB = (246, 241, 230)
INK: RGB = (120, 116, 110)


def create_book(width: float, depth: float, thickness: float, cloth: RGB) -> tuple[Piece, ...]:
    """Creates a lying hardback, its spine toward the viewer and a gilt line on it.

    width, depth, thickness: along x, z and y, in millimeters.
    cloth: sRGB of its cover.
    """
    board = 3.0
    pages = create_rounded_box(width - 8, thickness - 2 * board, depth - 5, fillet=0.4)
    covers = [
        create_rounded_box(width, board, depth, fillet=1.1, corner=1.5).translate(y=y)
        for y in (0, thickness - board)
    ]
    # The spine is round: an arc in y and z, drawn out along x.
    bend = np.linspace(-math.pi / 2, math.pi / 2, 11)
    arc = np.column_stack([np.cos(bend) * 5 + depth / 2 - 3, np.sin(bend) * (thickness / 2 - 0.6)])
    x = np.array([-width / 2, width / 2])
    grid = np.stack(
        [np.broadcast_to(x, (11, 2)), np.stack([arc[:, 1]] * 2, 1), np.stack([arc[:, 0]] * 2, 1)],
        axis=-1,
    )
    spine = thicken_grid(grid, 2.0).translate(y=thickness / 2)
    gilt = [
        create_rounded_box(1.6, thickness * 0.84, 1, fillet=0.3).translate(
            x=x, y=thickness * 0.08, z=depth / 2 + 2.6
        )
        for x in (-width * 0.36, -width * 0.33, width * 0.36)
    ]
    title = create_rounded_box(width * 0.4, thickness * 0.16, 1, fillet=0.3)
    title = title.translate(x=0.02 * width, y=thickness * 0.42, z=depth / 2 + 2.7)
    return (
        Piece(pages.translate(y=board, z=-1), create_page_edges()),
        join_piece([*covers, spine], create_woven_cloth(cloth, thread=0.9, contrast=0.12)),
        join_piece([*gilt, title], create_metal_material((206, 172, 110), roughness=0.35)),
    )


def build_books(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a stack of three or four cloth-bound books, each turned a little."""
    pieces: list[Piece] = []
    level, colors = 0.0, rng.permutation(len(BOOK_CLOTHS))
    for number in range(int(rng.integers(3, 5))):
        width, depth = 226 - 12 * number + rng.uniform(-6, 6), 158 - 9 * number + rng.uniform(-5, 5)
        thickness = rng.uniform(20, 36)
        # A requested color goes to the thickest place of the pile, its neighbors stay muted.
        cloth = color if color and number != 1 else BOOK_CLOTHS[int(colors[number])]
        book = create_book(width, depth, thickness, cloth)
        pieces += move_pieces(book, y=level, x=rng.uniform(-6, 6), turn=rng.uniform(-9, 9))
        level += thickness
    return stand_pieces(*pieces)


def build_open_book(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an open book with curved pages and lines of print."""
    half, depth = 148.0, 205.0
    cloth = pick_color(rng, color, BOOK_CLOTHS)
    covers = [
        create_rounded_box(half, 3, depth + 6, fillet=1).translate(x=s * half / 2) for s in (-1, 1)
    ]
    pages, lines = [], []
    for side in (-1, 1):
        thickness = rng.uniform(12, 20)
        pages.append(_create_page_block(side, half - 4, depth, thickness))
        for row in range(15):
            z = -depth * 0.38 + row * depth * 0.76 / 14
            end = 0.6 if row in (4, 9, 14) else 0.88
            share = np.linspace(0.16, end, 9)
            y = _page_height(share, thickness) + 0.35 + 3
            x = side * (share if side > 0 else 1.04 - share) * (half - 4)
            y = y if side > 0 else _page_height(1.04 - share, thickness) + 3.35
            lines.append(create_tube(np.column_stack([x, y, np.full(9, z)]), 0.55, sides=4))
    return stand_pieces(
        join_piece(covers, create_woven_cloth(cloth, thread=0.9)),
        join_piece(pages, create_matte_material(PAGE)),
        join_piece(lines, create_matte_material(INK)),
    )


def _page_height(share: np.ndarray, thickness: float) -> np.ndarray:
    """Returns the height of open pages, float (n,), in millimeters.

    share: of the way from the fold to the edge, float (n,); thickness: of the pages.
    """
    return thickness * (1 - np.exp(-9 * share)) * (1 + 0.25 * np.sin(math.pi * share))


def _create_page_block(side: int, width: float, depth: float, thickness: float) -> Mesh:
    """Creates the pages of one half of an open book; side -1 left or 1 right, in millimeters."""
    share = np.linspace(0, 1, 25)
    top = np.column_stack([side * share * width, _page_height(share, thickness) + 3])
    outline = np.vstack([top, [(side * (width + 3), 3)], [(0, 3)]])
    # Drawn in x and y; extruded along y, then laid on its side.
    block = create_slab(np.column_stack([outline[:, 0], -outline[:, 1]]), depth, fillet=0.4)
    return block.rotate(90, axis="x").translate(z=-depth / 2)


def build_notebook(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a closed notebook with rounded corners, an elastic band and a page marker."""
    cover = pick_color(rng, color, COVERS)
    covers = [create_rounded_box(140, 2, 205, 0.9, corner=9).translate(y=y) for y in (0, 15)]
    spine = create_rounded_box(4, 17, 205, 1.5).translate(x=-69)
    pages = create_rounded_box(134, 13, 199, 0.3, corner=7).translate(y=2, x=-1)
    band = create_rounded_box(6, 17.8, 206, 1).translate(x=52, y=-0.2)
    marker = create_rounded_box(5, 0.8, 30, 0.3).translate(x=-18, y=1, z=112)
    black = create_matte_material((38, 36, 36))
    leather = create_rubber(cover)
    turn = rng.uniform(-16, 16)
    return stand_pieces(
        *move_pieces(
            [
                join_piece([*covers, spine], leather),
                Piece(pages, create_page_edges()),
                join_piece([band, marker], black),
            ],
            turn=turn,
        )
    )


def build_pen(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a lying pen with a metal tip, ring and clip."""
    barrel = turn_profile(
        [(0, 16), (3.4, 16), (5, 34), (5.2, 84), (5.2, 128), (4.4, 138), (0, 139)], angle=30
    )
    tip = turn_profile([(0, 0), (0.6, 0.2), (1.2, 6), (3.3, 17), (0, 17)])
    ring = create_cylinder(5.5, 3, 0.6, steps=32).translate(y=82)
    clip = create_rounded_box(3, 40, 1.4, 0.6).translate(y=94, z=6.6)
    foot = create_rounded_box(3, 4, 4, 0.6).translate(y=130, z=5)
    metal = create_metal_material(BRASS if rng.random() < 0.5 else (200, 200, 204), roughness=0.18)
    lacquer = create_glossy_material(pick_color(rng, color, PENS), roughness=0.15, specular=0.5)
    parts = [Piece(barrel, lacquer), join_piece([tip, ring, clip, foot], metal)]
    turn = rng.uniform(-60, 60)
    lying = [Piece(part.mesh.rotate(90, axis="z").rotate(turn), part.material) for part in parts]
    return stand_pieces(*lying)
