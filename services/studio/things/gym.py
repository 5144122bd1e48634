"""Things of a gym: weights and a mat."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import (
    create_cylinder,
    create_slab,
    create_tube,
    outline_circle,
    smooth_path,
    thicken_grid,
    turn_profile,
)
from services.studio.materials import create_metal_material
from services.studio.shapes import Mesh
from services.studio.things.finishes import BLACK, STEEL, create_napped_cloth, create_rubber
from services.studio.things.parts import join_piece, move_pieces, pick_color, stand_pieces
from services.studio.things.thing import Piece

# sRGB of exercise mats and of the vinyl of weights.
MATS: tuple[RGB, ...] = ((126, 110, 150), (92, 140, 138), (178, 116, 112), (70, 84, 100))
PLATE_RUBBER: RGB = (44, 44, 46)


def create_grip(radius: float, length: float) -> Mesh:
    """Creates a knurled bar along x around the origin; in millimeters."""
    x = np.linspace(-length / 2, length / 2, 61)
    ripple = 0.035 * radius * (np.arange(61) % 2)
    bar = turn_profile([(0, x[0]), *zip(radius - ripple, x, strict=True), (0, x[-1])], steps=24)
    return bar.rotate(90, axis="z")


def build_dumbbell(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a hexagonal rubber dumbbell with a knurled steel grip."""
    rubber = create_rubber(color or PLATE_RUBBER)
    hexagon = outline_circle(52, 6) @ np.array([[0, 1], [-1, 0]])
    turned = hexagon @ np.array(
        [[math.cos(0.524), -math.sin(0.524)], [math.sin(0.524), math.cos(0.524)]]
    )
    head = create_slab(turned, 78, 9).rotate(90, axis="z")
    heads = [head.translate(x=x) for x in (-52, 130)]
    cap = create_cylinder(26, 2.5, 1).rotate(90, axis="z")
    caps = [cap.translate(x=x) for x in (-130, 132)]
    collars = [create_cylinder(22, 14, 3).rotate(90, axis="z").translate(x=x) for x in (-40, 54)]
    steel = create_metal_material(STEEL, roughness=0.28)
    body = [
        join_piece(heads, rubber),
        join_piece([create_grip(15, 110), *collars], steel),
        join_piece(caps, create_metal_material((150, 152, 154), roughness=0.4)),
    ]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(15, 60) * rng.choice((-1, 1))))


def build_kettlebell(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a cast-iron kettlebell with a colored band at its handle."""
    turn = np.linspace(-math.pi / 2 * 0.72, math.pi / 2 * 0.9, 25)
    ball = turn_profile(
        np.vstack(
            [[(0, 8)], np.column_stack([98 * np.cos(turn), 96 + 98 * np.sin(turn)]), [(0, 192)]]
        ),
        angle=50,
    )
    line = smooth_path(
        [(-62, 150, 0), (-76, 214, 0), (-60, 268, 0), (60, 268, 0), (76, 214, 0), (62, 150, 0)]
    )
    across = np.abs(np.linspace(-1, 1, len(line)))
    handle = create_tube(line, 16 + 7 * across**3, sides=16)
    plate = create_slab(outline_circle(30), 2, 0.8).rotate(90, axis="x").translate(y=96, z=96)
    iron = create_rubber(PLATE_RUBBER)
    bands = [
        create_tube([(s * 70, 182, 0), (s * 74, 202, 0)], 22.5, sides=20, round_ends=False)
        for s in (-1, 1)
    ]
    paint = create_rubber(color or (196, 62, 50))
    body = [join_piece([ball, handle], iron), join_piece([*bands, plate], paint)]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(-40, 40)))


def _create_weight_plate(radius: float, thickness: float) -> Mesh:
    """Creates a bumper plate along x around the origin, its face recessed; in millimeters."""
    half = thickness / 2
    line = [
        (0, -half * 0.5),
        (radius * 0.5, -half * 0.5),
        (radius * 0.58, -half),
        (radius * 0.96, -half),
    ]
    line += [(radius, -half * 0.7), (radius, half * 0.7)]
    line += [(r, -y) for r, y in reversed(line[:4])]
    return turn_profile(line, steps=56).rotate(90, axis="z")


def build_barbell(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds one end of a loaded barbell: sleeve, collar and two bumper plates per side."""
    steel = create_metal_material(STEEL, roughness=0.22)
    bar = create_tube([(-900, 0, 0), (900, 0, 0)], 14, sides=16)
    sleeves = [create_tube([(s * 560, 0, 0), (s * 980, 0, 0)], 25, sides=20) for s in (-1, 1)]
    rings = [create_grip(42, 20).translate(x=s * 560) for s in (-1, 1)]
    plates, inner = [], []
    for side in (-1, 1):
        inner.append(_create_weight_plate(225, 74).translate(x=side * 612))
        plates.append(_create_weight_plate(225, 54).translate(x=side * 682))
    hubs = [
        create_cylinder(48, 90, 4).rotate(90, axis="z").translate(x=s * 648 + 45) for s in (-1, 1)
    ]
    body = [
        join_piece([bar, *sleeves, *rings, *hubs], steel),
        join_piece(inner, create_rubber(BLACK)),
        join_piece(plates, create_rubber(color or PLATE_RUBBER)),
    ]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(8, 22) * rng.choice((-1, 1))))


def build_yoga_mat(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a rolled mat, its end spiral toward the viewer, one loose end on the ground."""
    foam = create_napped_cloth(pick_color(rng, color, MATS), repeat=50, contrast=0.06)
    turn = np.linspace(2.2, 6.75, 150)
    reach = 9.4 * turn
    spiral = np.column_stack(
        [reach * np.sin(2 * math.pi * turn), -reach * np.cos(2 * math.pi * turn)]
    )
    start = spiral[-1]
    # From the roll the loose end slides down onto the ground.
    loose = smooth_path([start, (start[0] - 8, -52), (-20, -63), (150, -63)], 3)
    line = np.vstack([spiral, loose[1:]])
    z = np.linspace(-305, 305, 5)
    grid = np.stack(
        [
            np.broadcast_to(line[:, :1], (len(line), 5)),
            np.broadcast_to(line[:, 1:], (len(line), 5)),
            np.broadcast_to(z, (len(line), 5)),
        ],
        axis=-1,
    )
    mat = thicken_grid(grid, 8.2)
    return stand_pieces(Piece(mat.rotate(90 + rng.uniform(-50, -20)), foam))
