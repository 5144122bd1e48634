"""Citrus fruits and their slices."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.bodies import (
    create_ball_grid,
    interpolate_curve,
    mesh_from_rings,
    revolve_curve,
    roughen_grid,
    sum_waves,
)
from services.studio.color import mix_colors
from services.studio.things.skins import (
    SKIN_SIDE,
    add_skin_relief,
    create_skin_grid,
    create_skin_material,
    generate_skin_noise,
    paint_skin,
    scatter_spots,
)
from services.studio.things.thing import Builder, Piece

LEMON: RGB = (246, 206, 46)
ORANGE: RGB = (240, 132, 22)
LIME: RGB = (92, 140, 38)
GRAPEFRUIT: RGB = (242, 150, 82)
GRAPEFRUIT_FLESH: RGB = (226, 84, 72)
PITH: RGB = (252, 242, 214)
# Units. Deeper: coarser peel.
PORE_DEPTH = 0.003
# Segments of a slice, as most citrus fruits have.
SEGMENTS = 10
# (Radius, y) of a slice of radius 1 from the middle of its top to that of its underside.
SLICE_CURVE = (
    *((0.0, 0.2), (0.5, 0.2), (0.93, 0.2), (1.0, 0.17)),
    *((1.0, 0.03), (0.93, 0.0), (0.5, 0.0), (0.0, 0.0)),
)
# Share of a slice's radius where its pith and its peel begin. Smaller: thicker ones.
PITH_SHARE, PEEL_SHARE = 0.88, 0.955


def create_citrus_builder(color: RGB, pointed: float) -> Builder:
    """Creates a builder of whole fruits.

    color: sRGB of the peel.
    pointed: how far its ends stick out, as shares of its radius: .35 for a lemon, 0 for an orange.
    """

    def build_fruit(rng: np.random.Generator, tint: RGB | None) -> tuple[Piece, ...]:
        """Builds one fruit, lying if it is pointed, with pores in its peel."""
        points = _shape_fruit(rng, pointed)
        peel = _create_peel_material(rng, tint or color)
        fruit = mesh_from_rings(points)
        lean = rng.uniform(78, 96) if pointed else rng.uniform(10, 60)
        return (Piece(fruit.rotate(lean, axis="x").rotate(rng.uniform(30, 120)), peel),)

    return build_fruit


def build_citrus_slice(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a round slice that shows its segments; of a lemon, unless a color is named."""
    points = revolve_curve(SLICE_CURVE, rows=29, columns=56)
    points[..., 1] += 0.015 * sum_waves(points, rng, length=2.4)
    material = create_skin_material(_draw_slice(rng, color or LEMON), roughness=0.2, specular=0.6)
    return (Piece(mesh_from_rings(roughen_grid(points, rng, depth=0.012, length=1.2)), material),)


def _shape_fruit(rng: np.random.Generator, pointed: float) -> np.ndarray:
    """Returns the points of a fruit around the origin, float (rows, columns, 3)."""
    points = create_ball_grid(rows=30)
    level = points[..., 1].copy()
    if pointed:
        # Longer than wide, with a nipple at its blossom end and a lesser one at its stem.
        nipple = np.where(level > 0, 1.0, 0.6) * np.abs(level) ** 14
        points[..., 1] = level * (1.12 + pointed * nipple)
        points[..., [0, 2]] *= (1 + 0.12 * np.abs(level) ** 14)[..., None]
    else:
        dimple = 0.1 * np.clip(1 - np.hypot(points[..., 0], points[..., 2]) / 0.3, 0, 1) ** 2
        points[..., 1] = 0.93 * level - np.where(level > 0, dimple, 0)
    return roughen_grid(points, rng, depth=0.014, length=1.1)


def _create_peel_material(rng: np.random.Generator, color: RGB) -> materials.Material:
    """Creates a peel with pores and a stem end."""
    _, down = create_skin_grid()
    clouds = generate_skin_noise(rng, cells=3)
    pores = scatter_spots(rng, count=900, radius=0.006)
    ripe, green = mix_colors(color, (255, 190, 60), 0.25), mix_colors(color, (96, 120, 30), 0.55)
    picture = paint_skin(
        color,
        (
            (ripe, 0.2 + 0.25 * clouds),
            (mix_colors(color, (110, 60, 10), 0.5), 0.25 * pores),
            (green, np.clip((down - 0.93) / 0.07, 0, 1) ** 0.7),
        ),
    )
    peel = create_skin_material(picture, roughness=0.34, specular=0.5)
    return add_skin_relief(peel, 1 - pores, depth=PORE_DEPTH)


def _draw_slice(rng: np.random.Generator, peel: RGB) -> np.ndarray:
    """Draws flesh in segments, pith and peel, in rows from the middle out: uint8 (256, 256, 3)."""
    around, _ = create_skin_grid()
    radius = interpolate_curve(np.array(SLICE_CURVE), SKIN_SIDE)[:, :1].astype(np.float32)
    radius = np.repeat(radius, SKIN_SIDE, axis=1)
    sway = 0.035 * generate_skin_noise(rng, cells=2, octaves=2)
    place = around * SEGMENTS + sway * SEGMENTS * 0.4
    # Units from the nearest wall between two segments, which thins outward.
    from_wall = (0.5 - np.abs(place % 1 - 0.5)) * 2 * math.pi * radius / SEGMENTS
    wall = np.clip(1.6 - from_wall / 0.022, 0, 1)
    inside = np.clip((PITH_SHARE - radius) / 0.02, 0, 1) * np.clip((radius - 0.09) / 0.03, 0, 1)
    juice = generate_skin_noise(rng, cells=40, octaves=3, stretch=6.0)
    flesh = _choose_flesh(peel)
    return paint_skin(
        PITH,
        (
            (flesh, inside * (1 - wall)),
            (mix_colors(flesh, (255, 255, 236), 0.5), inside * (1 - wall) * (0.2 + 0.35 * juice)),
            (peel, np.clip((radius - PEEL_SHARE) / 0.02, 0, 1)),
        ),
    )


def _choose_flesh(peel: RGB) -> RGB:
    """Returns the sRGB of the flesh below a peel: paler, or red below a pink or red one."""
    red, green, blue = peel
    is_pink = red > 200 and blue > 0.3 * red and green < 180
    return GRAPEFRUIT_FLESH if is_pink else mix_colors(peel, (255, 236, 130), 0.3)
