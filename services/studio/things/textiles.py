"""Cushions, blankets, curtains and other things of cloth."""

import math
from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import crease_mesh, create_pillow, create_tube, thicken_grid
from services.studio.materials import create_matte_material
from services.studio.shapes import Mesh
from services.studio.terrain import create_noise_field
from services.studio.things.finishes import create_napped_cloth, create_woven_cloth
from services.studio.things.parts import join_piece, pick_color, stand_pieces
from services.studio.things.thing import Piece

# sRGB of upholstery, of bed linen, of wool and of curtains.
CLOTHS: tuple[RGB, ...] = ((186, 122, 92), (142, 150, 130), (212, 196, 172), (96, 108, 122))
BED_LINENS: tuple[RGB, ...] = ((240, 236, 228), (226, 222, 216))
WOOLS: tuple[RGB, ...] = ((222, 208, 186), (170, 150, 130), (148, 160, 158), (190, 130, 104))
CURTAINS: tuple[RGB, ...] = ((238, 232, 222), (214, 202, 184))


def build_cushion(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a square cushion that leans back."""
    side = 420.0
    cloth = create_woven_cloth(pick_color(rng, color, CLOTHS), thread=3.2, contrast=0.2)
    pad = create_pillow(side, side, 150, rng)
    return stand_pieces(Piece(pad.rotate(74, axis="x"), cloth))


def build_pillow(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a bed pillow that lies flat, dented in its middle."""
    linen = create_woven_cloth(pick_color(rng, color, BED_LINENS), thread=1.2, contrast=0.06)
    pad = create_pillow(680, 460, 170, rng)
    x, y, z = pad.vertices.T
    dent = 34 * np.exp(-((x / 190) ** 2) - (z / 130) ** 2) * (y > 0)
    sunk = np.column_stack([x, y - dent, z])
    return stand_pieces(Piece(crease_mesh(replace(pad, vertices=sunk), angle=80), linen))


def create_folded_cloth(
    width: float, depth: float, layer: float, count: int, rng: np.random.Generator
) -> Mesh:
    """Creates a folded cloth on y = 0: layers that turn around at their ends.

    width, depth: along x and z; layer: thickness of each of `count` layers; in millimeters.
    rng: random generator, which rumples them.
    """
    line = []
    for number in range(count):
        y, side = (number + 0.5) * layer, 1 if number % 2 == 0 else -1
        straight = np.linspace(-side, side, 13) * (width / 2 - layer / 2)
        line += [(x, y) for x in straight]
        if number < count - 1:
            bend = np.linspace(0, math.pi, 7)[1:-1]
            end = side * (width / 2 - layer / 2)
            line += [
                (end + side * 0.5 * layer * math.sin(a), y + layer / 2 * (1 - math.cos(a)))
                for a in bend
            ]
    x, y = np.array(line).T
    z = np.linspace(-depth / 2, depth / 2, 17)
    rumple = create_noise_field(seed=int(rng.integers(1000)), size=90.0)
    grid_x, grid_z = np.broadcast_arrays(x[:, None], z[None])
    sway = rumple(grid_x, grid_z)
    # Layers sink a little toward their edges.
    sag = 0.12 * layer * (2 * np.abs(grid_z) / depth) ** 4 * y[:, None] / layer
    grid_y = y[:, None] + 0.08 * layer * sway - sag
    return thicken_grid(
        np.stack([grid_x + 0.02 * layer * sway, grid_y, grid_z], axis=-1), 0.86 * layer
    )


def build_throw(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a folded woolen throw with fringes at its front."""
    wool = create_woven_cloth(pick_color(rng, color, WOOLS), thread=5.0, contrast=0.24)
    folded = create_folded_cloth(400, 300, 20, 5, rng)
    fringe = create_tube([(0, 0, 0), (0, -6, 24), (0, -14, 52)], radius=1.7, sides=5)
    fringes = [
        fringe.rotate(rng.uniform(-13, 13)).translate(x, y, 148)
        for y in (30, 70, 92)
        for x in np.linspace(-185, 185, 38)
    ]
    return stand_pieces(Piece(folded, wool), join_piece(fringes, wool))


def build_blanket(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a soft blanket, crumpled into folds."""
    wool = create_napped_cloth(pick_color(rng, color, WOOLS), repeat=70, contrast=0.1)
    u, v = np.meshgrid(np.linspace(-1, 1, 72), np.linspace(-1, 1, 60))
    folds = create_noise_field(seed=int(rng.integers(1000)), size=130.0, octaves=2)
    sway = create_noise_field(seed=int(rng.integers(1000)), size=300.0, octaves=2)
    x, z = u * 430, v * 330
    ridge = np.abs(folds(x + 0.8 * z + 60 * sway(x, z), (z - 0.8 * x) / 3.4))
    edge = np.clip(1 - np.maximum(np.abs(u), np.abs(v)) ** 6, 0, 1)
    y = 10 + (72 * np.sqrt(ridge**2 + 0.02) + 26 * sway(x, z)) * (0.25 + 0.75 * edge)
    points = np.stack([x + 24 * sway(z, x), y, z + 20 * sway(z + 300, x)], axis=-1)
    return stand_pieces(Piece(thicken_grid(points, 9), wool))


def build_curtain(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a long linen curtain in folds, on a rod."""
    linen = create_woven_cloth(pick_color(rng, color, CURTAINS), thread=3.0, contrast=0.08)
    u, v = np.meshgrid(np.linspace(0, 1, 110), np.linspace(0, 1, 30))
    phase = rng.uniform(0, 6, 2)
    wander = 0.5 * np.sin(9 * u + phase[0]) + 0.3 * np.sin(17 * u + phase[1]) * v
    z = (46 + 22 * v) * np.sin(2 * math.pi * 9 * u + wander)
    x = (u - 0.5) * (900 + 60 * v) + 12 * np.sin(2 * math.pi * 18 * u) * (1 - v)
    points = np.stack([x, 2200 * (1 - v), z], axis=-1)
    rod = create_tube([(-520, 2212, 0), (520, 2212, 0)], radius=14, sides=12)
    return stand_pieces(
        Piece(thicken_grid(points, 3), linen), Piece(rod, create_matte_material((70, 62, 56)))
    )
