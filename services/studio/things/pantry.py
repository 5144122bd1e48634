"""Chocolate, eggs, dairy, and heaps of flour, sugar and salt."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.bodies import (
    create_ball_grid,
    create_box_grid,
    mesh_from_rings,
    revolve_curve,
    roughen_grid,
    sum_waves,
)
from services.studio.color import mix_colors
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.heaps import heap_meshes
from services.studio.things.skins import (
    add_skin_relief,
    create_skin_material,
    create_wet_material,
    generate_skin_noise,
    paint_skin,
    scatter_spots,
)
from services.studio.things.thing import Piece

DARK_CHOCOLATE: RGB = (58, 30, 18)
WHITE: RGB = (246, 243, 236)


def build_chocolate(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a broken bar of chocolate and pieces next to it."""
    brown = color or DARK_CHOCOLATE
    square = _create_chocolate_square()
    squares = [
        square.translate(x=1.02 * column, z=1.3 * row)
        for row in range(3)
        for column in range(4)
        if row + column < 4 + (column == 0)
    ]
    bar = join_meshes(squares).rotate(rng.uniform(-12, 12))
    loose = [
        square.rotate(rng.uniform(0, 360)).translate(2.6, 0.0, 3.3),
        square.rotate(14, axis="x").rotate(rng.uniform(0, 90)).translate(3.4, 0.28, 2.2),
    ]
    clouds = generate_skin_noise(rng, cells=4)
    skin = paint_skin(brown, ((mix_colors(brown, (130, 84, 56), 0.4), 0.2 + 0.15 * clouds),))
    return (
        Piece(join_meshes([bar, *loose]), create_skin_material(skin, roughness=0.33, specular=0.5)),
    )


def build_egg(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an egg on its side, brown or white, faintly speckled."""
    shell = color or ((206, 156, 112), (240, 228, 212))[int(rng.integers(2))]
    points = create_ball_grid(rows=26)
    level = points[..., 1].copy()
    points[..., [0, 2]] *= (1 - 0.12 * level)[..., None]
    points[..., 1] = 1.3 * level
    clouds = generate_skin_noise(rng, cells=5)
    spots = scatter_spots(rng, count=160, radius=0.005)
    skin = paint_skin(
        shell,
        (
            (mix_colors(shell, (250, 244, 236), 0.4), 0.15 + 0.12 * clouds),
            (mix_colors(shell, (120, 70, 40), 0.6), 0.35 * spots),
        ),
    )
    egg = mesh_from_rings(points).rotate(rng.uniform(80, 96), axis="x").rotate(rng.uniform(20, 160))
    return (Piece(egg, create_skin_material(skin, roughness=0.5, specular=0.35)),)


def build_butter(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a block of butter with slices cut off."""
    yellow = color or (242, 212, 122)
    block = mesh_from_rings(roughen_grid(create_box_grid((1.9, 0.85, 0.9), 0.06), rng, 0.01, 0.9))
    slab = mesh_from_rings(create_box_grid((0.26, 0.84, 0.88), 0.05))
    slices = [
        slab.rotate(-24, axis="z").translate(x=1.28),
        slab.rotate(-66, axis="z").translate(x=1.62, y=-0.2, z=0.03),
    ]
    waxy = materials.create_glossy_material(yellow, roughness=0.35, specular=0.45)
    return (Piece(join_meshes([block, *slices]), waxy),)


def build_cheese(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a wedge of cheese with holes."""
    yellow = color or (240, 190, 76)
    points = create_box_grid((2.0, 0.95, 1.5), corner=0.05)
    # A wedge: the box narrows to its left end.
    points[..., 2] *= (0.06 + 0.94 * (points[..., 0] + 1) / 2)[..., None][..., 0]
    block = mesh_from_rings(points)
    holes = []
    for _ in range(11):
        x, y = rng.uniform(-0.5, 0.9), rng.uniform(-0.34, 0.34)
        face = 0.75 * (0.06 + 0.94 * (x + 1) / 2)
        hole = create_ball_grid(rows=10, columns=14) * rng.uniform(0.05, 0.13) * (1, 1, 0.3)
        holes.append(mesh_from_rings(hole).rotate(-19).translate(x, y, face))
    top = [
        mesh_from_rings(create_ball_grid(rows=10, columns=14) * 0.09 * (1, 0.25, 1)).translate(
            x, 0.475, z
        )
        for x, z in ((0.2, 0.1), (0.65, -0.3), (0.75, 0.35), (-0.3, 0.0))
    ]
    inside = mix_colors(yellow, (150, 96, 20), 0.45)
    return (
        Piece(block, materials.create_glossy_material(yellow, roughness=0.45)),
        Piece(join_meshes([*holes, *top]), materials.create_matte_material(inside)),
    )


def build_flour(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a heap of flour that thins out."""
    return _create_heap(rng, color or WHITE, grain=0.4, crystals=0)


def build_sugar(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a little sugar and a few cubes."""
    white = color or WHITE
    cube = create_box_grid((0.42, 0.34, 0.36), corner=0.04)
    cubes = [mesh_from_rings(roughen_grid(cube, rng, 0.012, 0.2)) for _ in range(4)]
    pile = heap_meshes(rng, cubes, radius=0.34, lean=(0, 0)).translate(x=0.9, z=0.8)
    grains = generate_skin_noise(rng, cells=60, octaves=2)
    body = create_skin_material(paint_skin(white, (((214, 208, 200), 0.2 * grains),)), 0.5)
    relief = add_skin_relief(body, np.clip(0.5 + 0.2 * grains, 0, 1), depth=0.004)
    return (*_create_heap(rng, white, grain=1.0, crystals=160), Piece(pile, relief))


def build_salt(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a heap of coarse salt."""
    return _create_heap(rng, color or (244, 242, 240), grain=0.9, crystals=250)


def _create_heap(
    rng: np.random.Generator, color: RGB, grain: float, crystals: int
) -> tuple[Piece, ...]:
    """Creates a heap of powder with an uneven edge.

    grain: strength of its fine relief; crystals: loose ones around and on it.
    """
    away = np.linspace(0, 1, 26)
    height = 0.3 * np.exp(-((away / 0.42) ** 2)) + 0.02 * (1 - away)
    points = revolve_curve(np.column_stack([1.3 * away, height]), rows=34, columns=56)
    angle = np.arctan2(points[..., 0], points[..., 2])
    edge = 1 + 0.1 * np.sin(2 * angle + rng.uniform(0, 6)) + 0.07 * np.sin(5 * angle + 1)
    edge += 0.035 * np.sin(13 * angle + rng.uniform(0, 6))
    points[..., [0, 2]] *= edge[..., None]
    inside = np.clip(points[..., 1] / 0.06, 0, 1)
    points[..., 1] += 0.013 * sum_waves(points, rng, length=0.6) * inside
    points[..., 1] += 0.005 * sum_waves(points, rng, length=0.16) * inside
    fine = generate_skin_noise(rng, cells=50, octaves=3)
    skin = paint_skin(color, ((mix_colors(color, (190, 182, 170), 0.5), 0.1 + 0.1 * fine),))
    powder = create_skin_material(skin, roughness=0.9, specular=0.15)
    relief = add_skin_relief(powder, np.clip(0.5 + 0.2 * fine, 0, 1), depth=0.006 * grain)
    heap = Piece(mesh_from_rings(points), relief)
    if not crystals:
        return (heap,)
    bits = _scatter_crystals(rng, crystals)
    return (heap, Piece(bits, create_wet_material(mix_colors(color, (255, 255, 255), 0.5), 0.4)))


def _scatter_crystals(rng: np.random.Generator, count: int) -> Mesh:
    """Creates tiny crystals on and around a heap."""
    bit = mesh_from_rings(create_box_grid((0.05, 0.045, 0.05), corner=0.008, steps=2))
    bits = []
    for _ in range(count):
        away, turn = 1.5 * rng.random() ** 0.7, rng.uniform(0, 2 * math.pi)
        level = 0.3 * math.exp(-((away / 0.55) ** 2)) + 0.012
        turned = bit.rotate(rng.uniform(0, 90), axis="x").rotate(rng.uniform(0, 90))
        bits.append(turned.translate(away * math.sin(turn), level, away * math.cos(turn)))
    return join_meshes(bits)


def _create_chocolate_square() -> Mesh:
    """Creates one square of a bar, 1 by 1.28, with sloping sides."""
    base = create_box_grid((1.02, 0.16, 1.3), corner=0.02, steps=3)
    top = create_box_grid((0.9, 0.22, 1.16), corner=0.07)
    top[..., [0, 2]] *= np.where(top[..., 1] > 0, 0.9, 1.0)[..., None]
    return join_meshes(
        [mesh_from_rings(base).translate(y=0.08), mesh_from_rings(top).translate(y=0.2)]
    )
