"""Petals, leaves and confetti that fall through the air."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.bodies import create_blade, mesh_from_sheet
from services.studio.camera import Camera
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.flowers import ROSE_PETAL, create_petal_material
from services.studio.things.foliage import GREEN, OVAL, create_leaf_material, place_mesh
from services.studio.things.thing import Piece

PETAL: RGB = (236, 150, 170)
CONFETTI: tuple[RGB, ...] = (
    *((226, 176, 84), (232, 96, 108), (96, 160, 206), (244, 240, 232), (128, 182, 130)),
)
# Pieces in the picture, and their sizes in units.
PETAL_COUNT, PETAL_SIZE = 22, 0.085
LEAF_COUNT, LEAF_SIZE = 16, 0.11
CONFETTI_COUNT, CONFETTI_SIZE = 130, 0.026
# Half-axes, in units, of the space above the product that stays free, and height of its middle.
FREE_WIDTH, FREE_HEIGHT, FREE_CENTER = 0.3, 0.42, 0.3
# z in units of the nearest and of the furthest piece. Nearer ones are large and out of focus.
NEAREST, FURTHEST = 0.35, -0.9


def build_falling_petals(
    camera: Camera, color: RGB | None, rng: np.random.Generator
) -> tuple[Piece, ...]:
    """Builds petals that tumble through the air, in units; camera: of the set; color: sRGB."""
    shapes = [_create_curled(rng, ROSE_PETAL) for _ in range(4)]
    petals = _toss(camera, rng, shapes, PETAL_COUNT, PETAL_SIZE)
    return (Piece(petals, create_petal_material(rng, color or PETAL)),)


def build_falling_leaves(
    camera: Camera, color: RGB | None, rng: np.random.Generator
) -> tuple[Piece, ...]:
    """Builds leaves that tumble through the air, in units; camera: of the set; color: sRGB."""
    shapes = [_create_curled(rng, OVAL) for _ in range(4)]
    leaves = _toss(camera, rng, shapes, LEAF_COUNT, LEAF_SIZE)
    return (Piece(leaves, create_leaf_material(rng, color or GREEN)),)


def build_confetti(
    camera: Camera, color: RGB | None, rng: np.random.Generator
) -> tuple[Piece, ...]:
    """Builds confetti in the air, in units.

    camera: of the set; color: sRGB of all; None: of many colors.
    """
    slips = [
        mesh_from_sheet(create_blade(1, (0.3, 0.3), curl=bend, rows=5, columns=2))
        for bend in (0, 40, 90)
    ]
    tints = (color,) if color else CONFETTI
    return tuple(
        Piece(
            _toss(camera, rng, slips, CONFETTI_COUNT // len(tints), CONFETTI_SIZE),
            materials.create_thin_material(tint, roughness=0.3, translucency=0.1),
        )
        for tint in tints
    )


def _create_curled(rng: np.random.Generator, outline: tuple[float, ...]) -> Mesh:
    """Creates a curled blade along z; outline: half widths, as of create_blade."""
    curl, cup = rng.uniform(-40, 80), rng.uniform(0.1, 0.3)
    return mesh_from_sheet(create_blade(1, outline, curl=curl, cup=cup, wave=0.03))


def _toss(
    camera: Camera, rng: np.random.Generator, shapes: list[Mesh], count: int, size: float
) -> Mesh:
    """Tosses copies of shapes into the air in view, clear of the product.

    size: of the copies in units, of which each differs a little.
    """
    copies: list[Mesh] = []
    while len(copies) < count:
        z = rng.uniform(FURTHEST, NEAREST)
        x = rng.uniform(-1, 1) * camera.half_width_at_depth(z)
        y = rng.uniform(0.04, 0.95) * camera.ground_line * camera.height_in_units
        if math.hypot(x / FREE_WIDTH, (y - FREE_CENTER) / FREE_HEIGHT) < 1:
            continue
        turned = shapes[int(rng.integers(len(shapes)))].rotate(rng.uniform(0, 360), axis="z")
        lift = rng.uniform(-90, 90)
        copies.append(
            place_mesh(turned, rng.uniform(0, 360), lift, (x, y, z), size * rng.uniform(0.7, 1.15))
        )
    return join_meshes(copies)
