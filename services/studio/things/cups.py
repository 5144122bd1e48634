"""Cups, mugs and pots of stoneware, with coffee and foam."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import (
    crease_mesh,
    create_tube,
    smooth_path,
    stretch_mesh,
    turn_profile,
    turn_vessel,
)
from services.studio.materials import create_glossy_material, create_matte_material
from services.studio.shapes import Mesh
from services.studio.things.finishes import create_stoneware
from services.studio.things.parts import join_piece, move_pieces, pick_color, stand_pieces
from services.studio.things.thing import Piece

# sRGB of glazes, of coffee and of milk foam with its brown rim.
GLAZES: tuple[RGB, ...] = ((238, 232, 220), (214, 200, 180), (126, 142, 136), (206, 206, 202))
COFFEE: RGB = (40, 22, 14)
CREMA: RGB = (176, 112, 62)
FOAM: RGB = (246, 236, 220)


def create_handle(points: Sequence[tuple[float, float]], radius: float) -> Mesh:
    """Creates a handle through (x, y) points in millimeters; radius: of its section."""
    path = smooth_path([(x, y, 0) for x, y in points], rounds=3)
    return create_tube(path, radius, sides=12)


def create_drink(radius: float, level: float, color: RGB) -> Piece:
    """Creates the smooth surface of a drink in a vessel; millimeters, color sRGB."""
    disk = turn_profile([(0, level - 2), (radius, level - 2), (radius, level), (0, level)])
    return Piece(disk, create_glossy_material(color, roughness=0.06, specular=0.5))


def create_saucer(radius: float, glaze: RGB) -> Piece:
    """Creates a saucer on y = 0; radius in millimeters, glaze sRGB."""
    line = [(radius * 0.5, 0), (radius * 0.56, 2), (radius * 0.8, 6), (radius, 13)]
    return Piece(turn_vessel(smooth_path(line), wall=3, floor=5), create_stoneware(glaze))


def build_cup(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a coffee cup on its saucer, filled with black coffee."""
    glaze = pick_color(rng, color, GLAZES)
    line = smooth_path([(20, 0), (24, 1), (36, 16), (39, 40), (41, 56)])
    body = turn_vessel(line, wall=2.6, floor=4)
    handle = create_handle([(39, 46), (54, 50), (58, 34), (46, 20), (35, 18)], radius=3.4)
    cup = [join_piece([body, handle], create_stoneware(glaze)), create_drink(37.6, 47, COFFEE)]
    turned = move_pieces(cup, y=5, turn=rng.uniform(-60, 60))
    return stand_pieces(create_saucer(68, glaze), *turned)


def build_mug(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a straight mug with an unglazed foot and a large handle."""
    glaze = pick_color(rng, color, GLAZES)
    line = smooth_path([(36, 5), (40, 6), (41, 12), (41, 60), (41.5, 94)], rounds=2)
    body = turn_vessel(line, wall=3.2, floor=5)
    foot = turn_profile([(0, 0), (35, 0), (36.5, 1), (37, 6), (0, 6)])
    handle = create_handle([(38, 78), (62, 80), (68, 52), (60, 28), (38, 26)], radius=5)
    mug = [
        join_piece([body, handle], create_stoneware(glaze)),
        Piece(foot, create_matte_material((206, 176, 144))),
        create_drink(38, 80, COFFEE),
    ]
    return stand_pieces(*move_pieces(mug, turn=rng.uniform(-50, 50)))


def build_cappuccino(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a wide cup of cappuccino on its saucer, a leaf poured into the foam."""
    glaze = pick_color(rng, color, GLAZES)
    line = smooth_path([(24, 0), (28, 1), (44, 16), (51, 40), (54, 58)])
    body = turn_vessel(line, wall=3, floor=5)
    handle = create_handle([(48, 48), (70, 52), (74, 36), (62, 22), (44, 20)], radius=4)
    dome = turn_profile([(0, 50), (50.5, 50), (50.8, 53), (40, 55), (0, 56)], angle=60)
    layers = ((50, -20), (56, -8), (48, 4), (34, 15), (16, 25))
    leaf = [_create_foam_layer(width).translate(y=55.9, z=z) for width, z in layers]
    cup = [
        join_piece([body, handle], create_stoneware(glaze)),
        Piece(dome, create_matte_material(CREMA)),
        join_piece(leaf, create_matte_material(FOAM)),
    ]
    turned = move_pieces(cup, y=6, turn=rng.uniform(-60, 60))
    return stand_pieces(create_saucer(82, glaze), *turned)


def _create_foam_layer(width: float) -> Mesh:
    """Creates one bent layer of a leaf poured into foam, at its level; width in millimeters."""
    share = np.linspace(-1, 1, 17)
    x, bend = share * width / 2, -8 * share * share
    # Foam lies on a dome, lower toward the cup's wall.
    path = np.column_stack([x, -0.0006 * x * x, bend])
    return stretch_mesh(create_tube(path, radius=4.2 * (1 - 0.85 * share**4), sides=8), y=0.2)


def build_jug(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a bellied jug with a pulled spout and a handle."""
    line = smooth_path([(38, 0), (44, 2), (62, 40), (60, 86), (36, 126), (34, 150), (42, 172)])
    body = _pull_lip(turn_vessel(line, wall=4, floor=6), height=172, reach=16)
    handle = create_handle([(-30, 152), (-68, 158), (-80, 116), (-58, 66), (-54, 62)], radius=6)
    glaze = create_stoneware(pick_color(rng, color, GLAZES))
    return stand_pieces(
        *move_pieces([join_piece([body, handle], glaze)], turn=rng.uniform(-40, 40))
    )


def _pull_lip(vessel: Mesh, height: float, reach: float) -> Mesh:
    """Returns a vessel whose rim is pulled toward +x, by up to `reach` millimeters."""
    x, y, z = vessel.vertices.T
    share = np.clip((y / height - 0.8) / 0.2, 0, 1) ** 2
    ahead = np.clip(x / (np.hypot(x, z) + 1e-9), 0, 1) ** 6 * share
    points = np.column_stack([x + reach * ahead, y + 0.3 * reach * ahead, z * (1 - 0.3 * ahead)])
    return crease_mesh(replace(vessel, vertices=points), angle=60)


def build_teapot(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a round teapot with its spout, handle and knobbed lid."""
    turn = np.linspace(-1.2, 1.15, 19)
    body = turn_profile(
        np.vstack(
            [
                [(0, 0), (34, 0)],
                np.column_stack([72 * np.cos(turn), 60 + 60 * np.sin(turn)]),
                [(0, 116)],
            ]
        )
    )
    lid = turn_profile(
        smooth_path(
            [(0, 112), (33, 113), (30, 120), (8, 128), (5, 132), (9, 138), (8, 144), (0, 145)]
        )
    )
    spout = smooth_path([(52, 44, 0), (86, 52, 0), (96, 92, 0), (122, 112, 0)])
    thickness = np.linspace(19, 8, len(spout))
    handle = create_handle([(-56, 92), (-98, 108), (-124, 70), (-98, 30), (-60, 38)], radius=5.5)
    glaze = create_stoneware(pick_color(rng, color, GLAZES))
    parts = [body, lid, create_tube(spout, thickness, sides=16), handle]
    return stand_pieces(*move_pieces([join_piece(parts, glaze)], turn=rng.uniform(-25, 25)))
