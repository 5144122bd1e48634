"""Ice, stones, crystals, pearls and what the sea leaves."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.bodies import (
    create_ball_grid,
    create_box_grid,
    mesh_from_rings,
    mesh_from_sheet,
    revolve_curve,
    roughen_grid,
)
from services.studio.color import mix_colors
from services.studio.props import create_pebble
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.foliage import GOLDEN_ANGLE
from services.studio.things.heaps import heap_meshes
from services.studio.things.skins import (
    add_skin_relief,
    create_skin_grid,
    create_skin_material,
    create_wet_material,
    generate_skin_noise,
    paint_skin,
)
from services.studio.things.thing import Piece

ICE: RGB = (236, 245, 250)
# Of splinters, which are white where light is scattered between them.
CRUSHED_ICE: RGB = (244, 249, 252)
GRAY_STONE: RGB = (128, 124, 118)
# Sides of a crystal, as of quartz.
CRYSTAL_SIDES = 6


def build_ice_cubes(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds three ice cubes: clear, rounded by melting."""
    cubes = []
    places = ((-0.62, 0.0, 0.0, 0.0), (0.6, 0.0, 0.14, 0.0), (0.02, 0.86, 0.05, rng.uniform(8, 24)))
    for x, y, z, lean in places:
        points = create_box_grid((1, 0.92, 1), corner=0.13, steps=6)
        cube = mesh_from_rings(roughen_grid(points, rng, depth=0.012, length=0.9))
        turned = cube.rotate(lean, axis="z").rotate(rng.uniform(-40, 40))
        cubes.append(turned.translate(x, y, z))
    return (Piece(join_meshes(cubes), create_ice_material(color or ICE)),)


def build_crushed_ice(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a heap of splintered ice."""
    shards = []
    for _ in range(150):
        away, turn = 1.25 * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
        shard = _create_shard(rng, rng.uniform(0.14, 0.34))
        level = 0.6 * max(0.0, 1 - away / 1.15) * rng.random() ** 0.6 + 0.13
        shards.append(shard.translate(away * math.sin(turn), level, away * math.cos(turn)))
    frosted = create_ice_material(color or CRUSHED_ICE, clear=0.12)
    return (Piece(join_meshes(shards), frosted),)


def create_ice_material(color: RGB, clear: float = 0.72) -> materials.Material:
    """Creates ice: it lets light through, frosted enough to be smooth at few samples.

    color: sRGB; clear: share of the light that it lets through.
    """
    return materials.Material(
        {
            "type": "principled",
            "base_color": materials.spectrum_from_srgb(color),
            "roughness": 0.12,
            "spec_trans": clear,
            "eta": 1.31,
        }
    )


def build_stones(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds three flat stones, stacked as in a spa."""
    gray = color or (74, 72, 70)
    level, stones = 0.0, []
    for width, height in ((1.5, 0.52), (1.15, 0.42), (0.78, 0.34)):
        stone = create_pebble((width, height, width * rng.uniform(0.8, 0.95)), rng)
        stones.append(
            stone.rotate(rng.uniform(0, 360)).translate(
                rng.normal(0, 0.03), level, rng.normal(0, 0.03)
            )
        )
        level += 0.9 * height
    return (Piece(join_meshes(stones), _create_stone_material(rng, gray, roughness=0.55)),)


def build_pebbles(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a few water-worn pebbles of two tones."""
    tints = (color or (168, 160, 150), mix_colors(color or (120, 112, 104), (60, 56, 54), 0.3))
    pieces = []
    for number, tint in enumerate(tints):
        stones = []
        for _ in range(5 - number):
            width = rng.uniform(0.45, 0.85)
            size = np.array([width, 0.5 * width, width * rng.uniform(0.65, 0.9)]) / 2
            ball = roughen_grid(create_ball_grid(rows=12, columns=16), rng, 0.06, 2.2)
            stones.append(mesh_from_rings(ball * size))
        heap = heap_meshes(rng, stones, radius=0.42, lean=(-8, 8))
        pieces.append(Piece(heap.translate(x=0.7 * number), _create_stone_material(rng, tint, 0.5)))
    return tuple(pieces)


def build_rock(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a rough, cracked rock."""
    points = _break_ball(rng, create_ball_grid(rows=60, columns=72) * (1.0, 0.68, 0.82))
    for length, depth in ((0.9, 0.025), (0.3, 0.012), (0.12, 0.006)):
        points = roughen_grid(points, rng, depth=depth, length=length)
    rock = mesh_from_rings(points).rotate(rng.uniform(0, 360))
    return (Piece(rock, _create_stone_material(rng, color or GRAY_STONE, 0.85)),)


def _break_ball(rng: np.random.Generator, points: np.ndarray) -> np.ndarray:
    """Returns a ball, float (rows, columns, 3), with planes cut off as rock breaks."""
    for _ in range(16):
        normal = rng.normal(size=3) * (1, 0.8, 1)
        normal /= np.linalg.norm(normal)
        over = np.maximum(points @ normal - rng.uniform(0.5, 0.74), 0)
        points = points - (0.93 * over)[..., None] * normal
    return points


def build_crystal(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a cluster of pointed crystals of amethyst."""
    return _build_cluster(rng, color or (146, 110, 190))


def build_rose_quartz(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds rough pieces of rose quartz."""
    pink = color or (232, 176, 184)
    pieces = []
    for size in (1.0, 0.62):
        points = _break_ball(rng, create_ball_grid(rows=36, columns=44) * (1.0, 0.7, 0.78))
        pieces.append(mesh_from_rings(roughen_grid(points, rng, depth=0.012, length=0.4) * size))
    heap = heap_meshes(rng, pieces, radius=0.85, lean=(-20, 20))
    return (Piece(heap, _create_quartz_material(rng, pink)),)


def build_pearls(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a handful of pearls."""
    white = color or (238, 228, 218)
    ball = mesh_from_rings(create_ball_grid(rows=14, columns=18))
    luster = materials.Material(
        {
            "type": "principled",
            "base_color": materials.spectrum_from_srgb(white),
            "roughness": 0.25,
            "metallic": 0.25,
            "specular": 0.7,
            "clearcoat": 0.8,
            "clearcoat_gloss": 0.9,
            "sheen": 0.4,
        }
    )
    return (Piece(heap_meshes(rng, [ball] * 8, radius=1.0), luster),)


def build_seashell(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a scallop or a sea snail, as chance has it."""
    tint = color or ((232, 204, 182), (240, 226, 210), (222, 170, 150))[int(rng.integers(3))]
    shape = _shape_scallop() if rng.random() < 0.5 else _shape_snail()
    _around, down = create_skin_grid()
    clouds = generate_skin_noise(rng, cells=6)
    bands = 0.5 + 0.5 * np.sin(44 * down + 0.9 * clouds)
    skin = paint_skin(
        tint,
        (
            (mix_colors(tint, (150, 92, 70), 0.7), 0.7 * bands),
            (mix_colors(tint, (255, 250, 244), 0.7), 0.25 + 0.2 * clouds),
        ),
    )
    shell = create_skin_material(skin, roughness=0.4)
    both_sides = materials.Material({"type": "twosided", "bsdf": shell.bsdf})
    return (Piece(shape.rotate(rng.uniform(0, 360)), both_sides),)


def build_starfish(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a starfish with rows of knobs."""
    orange = color or (206, 118, 76)
    angle = np.linspace(0, 2 * math.pi, 120, endpoint=False)
    arm = np.abs(((angle / (2 * math.pi) * 5) % 1) - 0.5) * 2
    reach = 0.32 + 0.68 * np.clip(arm, 0, 1) ** 1.7
    reach *= 1 + 0.05 * np.sin(angle * 2 + rng.uniform(0, 6))
    rows = revolve_curve(
        [(0, 0.17), (0.4, 0.145), (0.8, 0.09), (1, 0.03), (0.96, 0), (0, 0)], 30, 120
    )
    rows[..., [0, 2]] *= reach[:, None]
    knobs = np.exp(-(((arm - 1) / 0.12) ** 2))
    rows[..., 1] *= 0.8 + 0.35 * knobs
    _around, _down = create_skin_grid()
    fine = generate_skin_noise(rng, cells=44, octaves=2)
    skin = paint_skin(
        orange,
        (
            (mix_colors(orange, (246, 206, 160), 0.8), np.clip(0.2 + 0.15 * fine, 0, 0.9)),
            (mix_colors(orange, (110, 40, 24), 0.6), np.clip(0.1 - 0.1 * fine, 0, 0.6)),
        ),
    )
    hide = create_skin_material(skin, roughness=0.75, specular=0.2)
    relief = add_skin_relief(hide, np.clip(0.5 + 0.25 * fine, 0, 1), depth=0.008)
    return (Piece(mesh_from_rings(rows).rotate(rng.uniform(0, 360)), relief),)


def _create_stone_material(
    rng: np.random.Generator, color: RGB, roughness: float
) -> materials.Material:
    """Creates mottled stone with fine grain."""
    clouds, grain = generate_skin_noise(rng, cells=4), generate_skin_noise(rng, cells=40)
    skin = paint_skin(
        color,
        (
            (mix_colors(color, (206, 200, 190), 0.5), np.clip(0.25 + 0.16 * clouds, 0, 0.8)),
            (mix_colors(color, (30, 28, 26), 0.6), np.clip(0.12 - 0.16 * grain, 0, 0.6)),
            (mix_colors(color, (246, 242, 236), 0.5), np.clip(0.2 * grain - 0.2, 0, 0.6)),
        ),
    )
    stone = create_skin_material(skin, roughness, specular=0.35)
    return add_skin_relief(stone, np.clip(0.5 + 0.15 * grain, 0, 1), depth=0.004 * roughness)


def _create_quartz_material(rng: np.random.Generator, color: RGB) -> materials.Material:
    """Creates cloudy quartz."""
    clouds = generate_skin_noise(rng, cells=4)
    veil = np.clip(0.35 + 0.3 * clouds, 0, 1)
    return create_wet_material(
        paint_skin(color, ((mix_colors(color, (255, 250, 250), 0.6), veil),)), 0.2
    )


def _create_shard(rng: np.random.Generator, size: float) -> Mesh:
    """Creates a splinter with flat facets around the origin; size: its length."""
    points = rng.normal(size=(14, 3)) * (1, 0.75, 0.8)
    points *= (
        size / 2 / np.linalg.norm(points, axis=1, keepdims=True) * rng.uniform(0.8, 1, (14, 1))
    )
    return wrap_facets(points)


def wrap_facets(points: np.ndarray) -> Mesh:
    """Creates the convex hull of points, float (n, 3), as a mesh of flat facets."""
    hull = _find_hull(points)
    corners = points[hull]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    vertices = corners.reshape(-1, 3)
    return Mesh(
        vertices=vertices,
        normals=np.repeat(normals, 3, axis=0),
        uv=vertices[:, :2] / np.ptp(points),
        faces=np.arange(len(vertices)).reshape(-1, 3),
    )


def _find_hull(points: np.ndarray) -> np.ndarray:
    """Returns the outward triangles, int (m, 3), of the convex hull of a few points (n, 3)."""
    count = len(points)
    i, j, k = np.array(
        [(a, b, c) for a in range(count) for b in range(a + 1, count) for c in range(b + 1, count)]
    ).T
    normal = np.cross(points[j] - points[i], points[k] - points[i])
    side = np.einsum("mk,mnk->mn", normal, points[None] - points[i][:, None])
    is_front, is_back = (side <= 1e-9).all(axis=1), (side >= -1e-9).all(axis=1)
    front = np.column_stack([i, j, k])[is_front]
    back = np.column_stack([i, k, j])[is_back]
    return np.concatenate([front, back])


def _build_cluster(rng: np.random.Generator, color: RGB) -> tuple[Piece, ...]:
    """Builds crystals that rise from a piece of rock."""
    crystals = []
    for number in range(13):
        share = number / 13
        height = 1.3 * (1 - 0.6 * share) * rng.uniform(0.8, 1.1)
        lean, turn = 58 * share * rng.uniform(0.7, 1.1), GOLDEN_ANGLE * number
        crystal = _create_crystal(height, height * rng.uniform(0.13, 0.19), rng)
        away = 0.42 * share
        crystals.append(
            crystal.rotate(lean, axis="x")
            .rotate(turn)
            .translate(away * math.sin(math.radians(turn)), 0, away * math.cos(math.radians(turn)))
        )
    base = create_ball_grid(rows=16, columns=28) * (0.72, 0.24, 0.66)
    rock = mesh_from_rings(roughen_grid(base, rng, 0.06, 0.5))
    return (
        Piece(join_meshes(crystals), _create_quartz_material(rng, color)),
        Piece(rock, _create_stone_material(rng, mix_colors(color, (150, 146, 146), 0.75), 0.8)),
    )


def _create_crystal(height: float, radius: float, rng: np.random.Generator) -> Mesh:
    """Creates a six-sided column with a point, upright on y = 0."""
    angle = np.arange(CRYSTAL_SIDES) * 2 * math.pi / CRYSTAL_SIDES
    ring = np.column_stack([np.sin(angle), 0 * angle, np.cos(angle)]) * radius
    shoulder = height * rng.uniform(0.68, 0.8, CRYSTAL_SIDES)
    tip = np.array([[0.15 * radius * rng.normal(), height, 0.15 * radius * rng.normal()]])
    return wrap_facets(np.concatenate([ring, 0.95 * ring + np.outer(shoulder, (0, 1, 0)), tip]))


def _shape_scallop() -> Mesh:
    """Creates half of a scallop, its ribbed side up, its hinge at the origin."""
    turn = np.radians(np.linspace(-68, 68, 91))
    away = np.linspace(0.02, 1, 20)[:, None]
    edge = away * (1 - 0.1 * (turn / turn.max()) ** 4)
    rib = np.cos(turn / turn.max() * 9 * math.pi)
    dome = 0.34 * np.sin(math.pi * np.clip(0.06 + 0.94 * away, 0, 1) ** 0.75) * np.cos(turn) ** 0.5
    y = dome + 0.02 * away * rib
    return mesh_from_sheet(np.stack([edge * np.sin(turn), y, edge * np.cos(turn)], axis=-1))


def _shape_snail() -> Mesh:
    """Creates a sea snail's shell that lies: a cone of whorls."""
    turns, around = np.linspace(0, 5.2, 110), np.linspace(0, 2 * math.pi, 21)
    growth = np.exp(0.42 * (turns - 5.2))[:, None]
    heading = 2 * math.pi * turns[:, None]
    tube = 0.36 * growth
    ring = 0.42 * growth + tube * np.cos(around) * 0.9
    level = 2.1 * (1 - growth) + 1.15 * tube * np.sin(around)
    points = np.stack([ring * np.sin(heading), level, ring * np.cos(heading)], axis=-1)
    return mesh_from_sheet(points).rotate(102, axis="x")
