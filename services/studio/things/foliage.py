"""Leaves of many shapes, and how they are arranged on stems."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.bodies import (
    create_blade,
    mesh_from_rings,
    mesh_from_sheet,
    sweep_circle,
)
from services.studio.color import mix_colors
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.skins import create_skin_grid, generate_skin_noise, paint_skin

GREEN: RGB = (74, 118, 48)
DEEP_GREEN: RGB = (40, 84, 40)
STEM_GREEN: RGB = (104, 132, 62)
BROWN: RGB = (112, 82, 54)

# Degrees between neighbors that never line up.
GOLDEN_ANGLE = 137.5
# Half widths of blades from base to tip, as shares of the length.
OVAL = (0.02, 0.17, 0.26, 0.27, 0.2, 0.1, 0.005)
LANCE = (0.02, 0.09, 0.12, 0.11, 0.08, 0.04, 0.004)
NEEDLE = (0.03, 0.035, 0.035, 0.03, 0.012)
ROUND = (0.04, 0.3, 0.42, 0.46, 0.42, 0.28, 0.02)


def create_leaf_material(
    rng: np.random.Generator, color: RGB, veins: int = 7, shine: float = 0.4
) -> materials.Material:
    """Creates the material of leaves with a midrib and side veins.

    rng: random generator of its mottling.
    color: sRGB.
    veins: pairs of side veins; 0: none, not even a midrib.
    shine: 0 is dull, 1 as glossy as a rubber plant.
    """
    around, down = create_skin_grid()
    aside = np.abs(around - 0.5)
    slanted = (down - 0.75 * aside) * (veins + 0.5)
    line = np.abs(slanted - np.round(slanted)) / (veins + 0.5)
    lines = np.maximum(np.clip(1.5 - line / 0.006, 0, 1) * 0.6, np.clip(1.5 - aside / 0.018, 0, 1))
    mottling = generate_skin_noise(rng, cells=5)
    layers = [
        (mix_colors(color, (20, 40, 16), 0.5), 0.3 + 0.2 * mottling),
        (mix_colors(color, (226, 220, 120), 0.3), 0.25 * (1 - down) * (mottling > 0)),
    ]
    if veins:
        layers.append((mix_colors(color, (236, 240, 190), 0.4), lines))
    picture = materials.create_texture(paint_skin(color, layers))
    return materials.create_thin_material(picture, roughness=0.75 - 0.45 * shine, translucency=0.3)


def create_stem(path: Sequence[Sequence[float]] | np.ndarray, thick: float, thin: float) -> Mesh:
    """Creates a stem along a path that tapers evenly.

    path: points, float (n, 3); thick, thin: radii at its start and end.
    """
    points = np.asarray(path, float)
    radii = np.linspace(thick, thin, len(points))
    return mesh_from_rings(sweep_circle(points, radii, columns=7))


def place_blade(
    points: np.ndarray, turn: float, lift: float, base: Sequence[float] = (0, 0, 0), roll: float = 0
) -> Mesh:
    """Creates the mesh of a blade in its place on a plant.

    points: of a blade along z, float (rows, columns, 3).
    turn: degrees about y; lift: degrees that it points upward; roll: degrees about its own axis.
    base: where its base is.
    """
    return place_mesh(mesh_from_sheet(points), turn, lift, base, roll=roll)


def place_mesh(
    mesh: Mesh,
    turn: float,
    lift: float,
    base: Sequence[float] = (0, 0, 0),
    size: float = 1.0,
    roll: float = 0.0,
) -> Mesh:
    """Returns a mesh along z in its place on a plant, as place_blade does; size: factor on it."""
    scaled = replace(mesh, vertices=mesh.vertices * size)
    placed = scaled.rotate(roll, axis="z").rotate(-lift, axis="x").rotate(turn)
    return placed.translate(*(float(value) for value in base))


def create_leafy_stem(
    rng: np.random.Generator,
    path: np.ndarray,
    pairs: int,
    outline: Sequence[float],
    length: float,
    *,
    lift: float = 35.0,
    spiral: float = 90.0,
    curl: float = -40.0,
) -> Mesh:
    """Creates the leaves along an upright stem, large below and small at its top.

    rng: random generator, which varies them.
    path: of the stem, float (n, 3), from its base.
    pairs: of opposite leaves.
    outline: half widths of a leaf, as of create_blade; length: of the largest leaf.
    lift: degrees that leaves rise; spiral: degrees from each pair to the next.
    curl: degrees that leaves bend upward toward their tips.
    """
    blades = [
        mesh_from_sheet(
            create_blade(1, outline, curl=curl * share, cup=0.06, wave=0.01, rows=9, columns=5)
        )
        for share in (0.5, 0.9, 1.4)
    ]
    leaves = []
    for number in range(pairs):
        share = (number + 0.6) / pairs
        base = path[min(int(share * len(path)), len(path) - 1)]
        for side in (0, 180):
            blade = blades[int(rng.integers(len(blades)))]
            size = length * (1 - 0.55 * share) * rng.uniform(0.8, 1.1)
            turn = spiral * number + side + rng.uniform(-16, 16)
            raised = lift + 40 * share**2 + rng.uniform(-9, 9)
            roll = rng.uniform(-15, 15)
            leaves.append(place_mesh(blade, turn, raised, base, size, roll))
    return join_meshes(leaves)


def create_arc(length: float, lean: float, bend: float, turn: float, steps: int = 12) -> np.ndarray:
    """Creates the path of a stem that leans and bends over, from the origin: float (steps, 3).

    length: along it.
    lean, bend: degrees from upright at its base, and added up to its tip.
    turn: degrees about y of the side that it leans to.
    """
    angle = np.radians(lean + bend * np.linspace(0, 1, steps))
    out = np.concatenate([[0], np.cumsum(np.sin(angle[:-1]))]) * length / (steps - 1)
    up = np.concatenate([[0], np.cumsum(np.cos(angle[:-1]))]) * length / (steps - 1)
    heading = math.radians(turn)
    return np.column_stack([out * math.sin(heading), up, out * math.cos(heading)])
