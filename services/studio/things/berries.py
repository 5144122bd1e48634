"""Berries, cherries and grapes."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.bodies import (
    create_ball_grid,
    create_blade,
    interpolate_curve,
    mesh_from_rings,
    revolve_curve,
    roughen_grid,
)
from services.studio.color import mix_colors
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.foliage import BROWN, STEM_GREEN, create_stem, place_blade
from services.studio.things.heaps import heap_meshes
from services.studio.things.skins import (
    add_skin_relief,
    create_downy_material,
    create_skin_grid,
    create_wet_material,
    generate_skin_noise,
    paint_skin,
)
from services.studio.things.thing import Piece

# (Radius, y) of a strawberry from its calyx to its tip.
STRAWBERRY_CURVE = (
    *((0.0, 0.88), (0.3, 0.92), (0.66, 0.84), (0.86, 0.52), (0.82, 0.1)),
    *((0.62, -0.4), (0.36, -0.85), (0.14, -1.12), (0.0, -1.16)),
)
# Rows and columns of a strawberry's seeds, and units that they lie deep.
SEED_ROWS, SEED_COLUMNS, SEED_DEPTH = 11, 15, 0.006


def build_strawberry(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a strawberry with seeds and a green calyx, lying on its side."""
    red = color or (184, 14, 20)
    points = roughen_grid(revolve_curve(STRAWBERRY_CURVE, columns=36), rng, 0.03, 1.5)
    seeds, pits = _draw_seeds()
    _, down = create_skin_grid()
    skin = paint_skin(
        red,
        (
            (mix_colors(red, (246, 200, 150), 0.7), np.clip(0.9 - 5.5 * down, 0, 1)),
            (mix_colors(red, (90, 0, 10), 0.5), 0.5 * pits),
            ((238, 196, 96), seeds),
        ),
    )
    flesh = add_skin_relief(create_wet_material(skin), 1 - pits + 0.5 * seeds, SEED_DEPTH)
    calyx = [
        place_blade(
            create_blade(rng.uniform(0.6, 0.8), (0.1, 0.16, 0.12, 0.01), curl=rng.uniform(0, 55)),
            turn=40 * number + rng.uniform(-12, 12),
            lift=rng.uniform(0, 20),
            base=(0, 0.93, 0),
        )
        for number in range(9)
    ]
    stem = create_stem([(0, 0.86, 0), (0.03, 1.05, 0), (0.12, 1.25, 0.05)], 0.05, 0.04)
    green = materials.create_thin_material((86, 138, 44), translucency=0.3)
    lean, turn = rng.uniform(60, 100), rng.uniform(0, 360)
    return tuple(
        Piece(mesh.rotate(lean, axis="x").rotate(turn), material)
        for mesh, material in (
            (mesh_from_rings(points), flesh),
            (join_meshes([*calyx, stem]), green),
        )
    )


def build_cherries(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a pair of cherries on their stems."""
    red = color or (120, 10, 24)
    skin = paint_skin(
        red, ((mix_colors(red, (210, 30, 30), 0.6), 0.3 + 0.3 * generate_skin_noise(rng, cells=3)),)
    )
    curve = (
        (0.0, 0.72),
        (0.2, 0.84),
        (0.6, 0.82),
        (0.95, 0.35),
        (0.95, -0.3),
        (0.55, -0.85),
        (0, -1),
    )
    ball = mesh_from_rings(revolve_curve(curve, columns=24))
    balls, stems = [], []
    knot = np.array([rng.uniform(-0.4, 0.4), 3.6, rng.uniform(-0.3, 0.3)])
    for side in (-1, 1):
        place = np.array([1.12 * side, 0.0, rng.uniform(-0.5, 0.5)])
        balls.append(ball.rotate(-14 * side, axis="z").translate(*place))
        start = place + np.array([0.17 * side, 0.72, 0])
        middle = (start + knot) / 2 + np.array([0.55 * side, 0.35, 0])
        curve_path = np.array(
            [start, (start + middle) / 2 + np.array([0.12 * side, 0, 0]), middle, knot]
        )
        stems.append(create_stem(interpolate_curve(curve_path, 14), 0.05, 0.07))
    return (
        Piece(join_meshes(balls), create_wet_material(skin)),
        Piece(join_meshes(stems), materials.create_matte_material((118, 128, 54))),
    )


def build_blueberries(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a few blueberries: dusty, each with a crown."""
    blue = color or (44, 54, 96)
    _, down = create_skin_grid()
    bloom = generate_skin_noise(rng, cells=4)
    skin = paint_skin(
        blue,
        (
            (mix_colors(blue, (170, 184, 214), 0.6), 0.4 + 0.25 * bloom),
            (mix_colors(blue, (14, 14, 26), 0.8), np.clip(1 - down / 0.09, 0, 1)),
        ),
    )
    # A crown around a pit.
    curve = (
        (0, 0.72),
        (0.2, 0.72),
        (0.28, 0.94),
        (0.36, 0.88),
        (0.8, 0.58),
        (1, 0),
        (0.7, -0.64),
        (0, -0.88),
    )
    berry = mesh_from_rings(revolve_curve(curve, rows=16, columns=16))
    heap = heap_meshes(rng, [berry] * 7, radius=1.0)
    return (Piece(heap, create_downy_material(skin)),)


def build_raspberries(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds two raspberries of many drupelets."""
    red = color or (158, 14, 40)
    berries = [_create_raspberry(rng) for _ in range(2)]
    heap = heap_meshes(rng, berries, radius=1.0, lean=(60, 110))
    skin = paint_skin(
        red, ((mix_colors(red, (250, 150, 160), 0.5), 0.3 + 0.2 * generate_skin_noise(rng, 4)),)
    )
    return (Piece(heap, create_wet_material(skin, roughness=0.4)),)


def build_grapes(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a bunch of grapes that lies on its side."""
    green = color or (128, 150, 52)
    _, down = create_skin_grid()
    bloom = generate_skin_noise(rng, cells=3)
    skin = paint_skin(
        green,
        (
            (mix_colors(green, (236, 240, 216), 0.6), 0.25 + 0.2 * bloom),
            (mix_colors(green, (120, 84, 30), 0.6), np.clip(1 - down / 0.06, 0, 1)),
        ),
    )
    ball = mesh_from_rings(create_ball_grid(rows=13, columns=16) * np.array([0.95, 1.12, 0.95]))
    balls = []
    for row, reach in enumerate((1.2, 2.3, 2.6, 2.3, 1.9, 1.4, 0.9, 0.1)):
        count = max(1, round(2 * math.pi * reach / 1.95))
        for number in range(count):
            angle = 2 * math.pi * (number + 0.5 * (row % 2)) / count + rng.uniform(-0.15, 0.15)
            turned = ball.rotate(rng.uniform(0, 90), axis="x").rotate(rng.uniform(0, 360))
            x, y = reach * math.sin(angle), 0.75 * reach * math.cos(angle)
            shift = rng.normal(0, 0.12, 3)
            balls.append(turned.translate(x + shift[0], y + shift[1], 1.5 * row + shift[2]))
    path = [(0, 0, 1.0), (0.1, 0.3, -0.8), (0.5, 0.8, -2.2), (1.4, 1.0, -2.6)]
    return (
        Piece(join_meshes(balls), create_wet_material(skin, roughness=0.35)),
        Piece(
            create_stem(path, 0.14, 0.16),
            materials.create_matte_material(mix_colors(BROWN, STEM_GREEN, 0.5)),
        ),
    )


def _draw_seeds() -> tuple[np.ndarray, np.ndarray]:
    """Returns the seeds of a strawberry and the pits they lie in: float32 (256, 256), 0 to 1."""
    around, down = create_skin_grid()
    row = down * SEED_ROWS
    aside = (around * SEED_COLUMNS + 0.5 * (np.floor(row) % 2)) % 1 - 0.5
    # Columns run together at the tip: seeds stay as wide as they are there.
    width = np.maximum(np.sin(math.pi * np.clip(down, 0.05, 0.95)), 0.25)
    distance = np.hypot(aside * width, 0.8 * (row % 1 - 0.5))
    inside = (down > 0.12) & (down < 0.96)
    return np.clip(1.9 - distance / 0.075, 0, 1) * inside, np.clip(
        1.5 - distance / 0.2, 0, 1
    ) * inside


def _create_raspberry(rng: np.random.Generator) -> Mesh:
    """Creates a raspberry, upright and hollow below, around the origin."""
    drupelet = mesh_from_rings(create_ball_grid(rows=6, columns=7) * 0.27)
    parts = []
    for row, (level, width) in enumerate(
        ((0.98, 0.12), (0.74, 0.44), (0.42, 0.66), (0.06, 0.8), (-0.3, 0.86), (-0.64, 0.84))
    ):
        count = max(3, round(2 * math.pi * width / 0.44))
        for number in range(count):
            angle = 2 * math.pi * (number + 0.5 * (row % 2)) / count + rng.uniform(-0.06, 0.06)
            parts.append(
                drupelet.translate(width * math.sin(angle), level, width * math.cos(angle))
            )
    return join_meshes(parts)
