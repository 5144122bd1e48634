"""Branches, logs, bamboo, cones and driftwood."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.bodies import (
    create_blade,
    interpolate_curve,
    mesh_from_rings,
    mesh_from_sheet,
    revolve_curve,
    roughen_grid,
    sum_waves,
    sweep_circle,
)
from services.studio.color import mix_colors
from services.studio.props import create_fir_branch
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.foliage import (
    GOLDEN_ANGLE,
    LANCE,
    create_arc,
    create_leaf_material,
    create_leafy_stem,
    place_mesh,
)
from services.studio.things.skins import (
    add_skin_relief,
    create_skin_grid,
    create_skin_material,
    generate_skin_noise,
    paint_skin,
)
from services.studio.things.thing import Piece

CUT_WOOD: RGB = (196, 152, 102)
BARK: RGB = (96, 74, 56)
# Annual rings of a cut trunk.
RING_COUNT = 22


def build_branch(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a bare, knotty branch with side twigs, lying."""
    path = create_arc(1.0, lean=86, bend=14, turn=90, steps=24)
    path += 0.012 * np.cumsum(rng.normal(0, 1, path.shape), axis=0) * (0.4, 0.4, 1)
    parts = [_create_gnarled_tube(rng, path, 0.026, 0.008)]
    for number, place in enumerate((6, 9, 13, 16, 19)):
        turn = 90 + (50 if number % 2 else -50) + rng.uniform(-15, 15)
        twig = create_arc(rng.uniform(0.2, 0.42), rng.uniform(62, 80), 16, turn)
        parts.append(_create_gnarled_tube(rng, twig + path[place], 0.012, 0.004))
    return (Piece(join_meshes(parts), _create_bark(rng, color or BARK)),)


def build_bamboo(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds three canes of bamboo with a few leaves."""
    green = color or (124, 146, 66)
    canes, leaves = [], []
    for number, height in enumerate((1.0, 0.86, 0.72)):
        knots = np.linspace(0, 1, 61)
        swell = np.exp(-(((((knots * 6) % 1) - 0.03) / 0.035) ** 2))
        radius = 0.03 * (1 + 0.14 * swell)
        radius[-1] = 0
        path = create_arc(height, 1.5 * number, 3, 120 * number, steps=61)
        path = path + np.array([0.11 * (number - 1), 0, 0.06 * (number % 2)])
        canes.append(mesh_from_rings(sweep_circle(path, radius, columns=16)))
        sprig = create_leafy_stem(rng, path[30:], 3, LANCE, length=0.3, lift=-5, curl=-40)
        leaves.append(sprig)
    _, down = create_skin_grid()
    knot = np.exp(-(((((1 - down) * 6) % 1) - 0.03) ** 2) / 0.0012)
    streaks = generate_skin_noise(rng, cells=20, octaves=3, stretch=8.0)
    skin = paint_skin(
        green,
        (
            (mix_colors(green, (206, 190, 110), 0.6), 0.3 + 0.2 * streaks),
            ((228, 222, 180), 0.8 * knot),
        ),
    )
    return (
        Piece(join_meshes(canes), create_skin_material(skin, roughness=0.35)),
        Piece(join_meshes(leaves), create_leaf_material(rng, (92, 138, 58), veins=0)),
    )


def build_pine_cone(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an open pine cone on its side."""
    brown = color or (104, 70, 44)
    scale = mesh_from_sheet(
        create_blade(0.62, (0.12, 0.2, 0.27, 0.28, 0.14), curl=38, cup=-0.1, rows=7, columns=5)
    )
    scales = []
    for number in range(90):
        share = number / 90
        size = math.sin(math.pi * (0.14 + 0.8 * share)) ** 0.8
        level = 1.7 * (1 - (1 - share) ** 1.1)
        lift = 4 + 62 * share**1.4
        scales.append(
            place_mesh(
                scale, GOLDEN_ANGLE * number, lift, (0, level, 0), size * rng.uniform(0.93, 1.05)
            )
        )
    core = mesh_from_rings(
        revolve_curve([(0, 1.9), (0.16, 1.5), (0.24, 0.6), (0.2, 0), (0, -0.05)])
    )
    _, down = create_skin_grid()
    fine = generate_skin_noise(rng, cells=12)
    skin = paint_skin(
        brown,
        (
            (mix_colors(brown, (40, 24, 14), 0.7), np.clip(0.9 - 1.4 * down, 0, 1)),
            (mix_colors(brown, (206, 170, 126), 0.7), np.clip((down - 0.8) / 0.2, 0, 0.9)),
            (mix_colors(brown, (30, 18, 10), 0.5), 0.15 + 0.15 * fine),
        ),
    )
    wood = create_skin_material(skin, roughness=0.7, specular=0.25)
    both_sides = materials.Material({"type": "twosided", "bsdf": wood.bsdf})
    cone = join_meshes([*scales, core]).rotate(rng.uniform(70, 100), axis="x")
    return (Piece(cone.rotate(rng.uniform(0, 360)), both_sides),)


def build_fir_branch(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a fir branch that lies."""
    branch = create_fir_branch(length=0.7, rng=rng, needles=200).rotate(rng.uniform(0, 360))
    return (Piece(branch, materials.create_matte_material(color or (48, 82, 50))),)


def build_driftwood(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a piece of silvery, worn driftwood with the stub of a branch."""
    path = create_arc(1.0, lean=84, bend=12, turn=90, steps=40)
    path += 0.02 * np.cumsum(rng.normal(0, 0.6, path.shape), axis=0) * (0.2, 0.2, 1)
    smooth = interpolate_curve(path[::6], 48)
    stub = create_arc(0.26, 60, 20, rng.uniform(20, 60)) + smooth[26]
    gray = color or (172, 158, 142)
    lines = generate_skin_noise(rng, cells=40, octaves=4, stretch=14.0)
    skin = paint_skin(
        gray,
        (
            (mix_colors(gray, (80, 66, 54), 0.7), np.clip(0.25 + 0.3 * lines, 0, 0.9)),
            (mix_colors(gray, (240, 234, 226), 0.6), np.clip(0.2 - 0.25 * lines, 0, 0.7)),
        ),
    )
    worn = create_skin_material(skin, roughness=0.8, specular=0.15)
    relief = add_skin_relief(worn, np.clip(0.5 - 0.2 * lines, 0, 1), depth=0.004)
    meshes = [
        _create_gnarled_tube(rng, smooth, 0.07, 0.03, blunt=True),
        _create_gnarled_tube(rng, stub, 0.03, 0.012, blunt=True),
    ]
    return (Piece(join_meshes(meshes), relief),)


def build_stump(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a slice of a trunk with bark, cut level, to put things on."""
    return _create_trunk(rng, color or BARK, height=0.62, flare=0.16)


def build_log(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a log that lies and shows its cut end."""
    turn = rng.uniform(40, 75) * rng.choice((-1, 1))
    return tuple(
        Piece(piece.mesh.rotate(90, axis="x").rotate(turn), piece.material)
        for piece in _create_trunk(rng, color or BARK, height=3.4, flare=0.02)
    )


def _create_trunk(
    rng: np.random.Generator, bark: RGB, height: float, flare: float
) -> tuple[Piece, ...]:
    """Creates an upright piece of a trunk of radius 1, and its cut top.

    flare: how much wider it is at its foot.
    """
    level = np.linspace(height, 0, 14)
    side = revolve_curve(
        np.column_stack([1 + flare * (1 - level / height) ** 2, level]), rows=24, columns=72
    )
    angle = np.arctan2(side[..., 0], side[..., 2])
    round_off = sum_waves(side * (1, 0, 1), rng, length=1.6)
    furrow = np.abs(
        sum_waves(np.stack([9 * np.sin(angle), side[..., 1], 9 * np.cos(angle)], -1), rng, 4.0)
    )
    side[..., [0, 2]] *= (1 + 0.03 * round_off - 0.022 * furrow)[..., None]
    ring = side[0]
    share = np.linspace(0.01, 1, 12)[:, None, None]
    cut = np.concatenate([ring, ring[:1]])[None] * np.concatenate([share, 0 * share + 1, share], -1)
    return (
        Piece(mesh_from_rings(side), _create_bark(rng, bark)),
        Piece(mesh_from_sheet(cut), _create_cut_wood(rng)),
    )


def _create_cut_wood(rng: np.random.Generator) -> materials.Material:
    """Creates the cut end of a trunk: annual rings, cracks and the edge of the bark."""
    around, down = create_skin_grid()
    sway = 0.012 * generate_skin_noise(rng, cells=3, octaves=3)
    year = (down + sway * down) * RING_COUNT
    dark = (year % 1) ** 2 * rng.uniform(0.4, 1.0, 40)[np.clip(year.astype(int), 0, 39)]
    crack = np.abs(((around * 2.0 + 0.05 * sway + rng.random()) % 1) - 0.5) * down
    fine = generate_skin_noise(rng, cells=40, octaves=2, stretch=5.0)
    skin = paint_skin(
        CUT_WOOD,
        (
            ((120, 72, 38), 0.8 * dark),
            ((176, 118, 70), np.clip(0.7 - down, 0, 0.5)),
            ((120, 84, 54), 0.1 + 0.1 * fine),
            ((70, 46, 30), np.clip(1.4 - crack / 0.004, 0, 0.8) * (down > 0.25)),
            ((74, 54, 40), np.clip((down - 0.955) / 0.02, 0, 1)),
        ),
    )
    return create_skin_material(skin, roughness=0.7, specular=0.2)


def _create_bark(rng: np.random.Generator, color: RGB) -> materials.Material:
    """Creates rough bark with furrows along the trunk."""
    furrows = generate_skin_noise(rng, cells=18, octaves=4, stretch=3.0)
    lichen = generate_skin_noise(rng, cells=5)
    skin = paint_skin(
        color,
        (
            (mix_colors(color, (26, 18, 12), 0.8), np.clip(0.35 + 0.35 * furrows, 0, 1)),
            (mix_colors(color, (176, 166, 146), 0.6), np.clip(0.25 * lichen - 0.1, 0, 0.6)),
        ),
    )
    bark = create_skin_material(skin, roughness=0.85, specular=0.15)
    return add_skin_relief(bark, np.clip(0.5 - 0.2 * furrows, 0, 1), depth=0.01)


def _create_gnarled_tube(
    rng: np.random.Generator, path: np.ndarray, thick: float, thin: float, blunt: bool = False
) -> Mesh:
    """Creates an uneven piece of wood along a path, float (n, 3).

    thick, thin: radii at its ends; blunt: whether its ends are rounded off.
    """
    radii = np.linspace(thick, thin, len(path)) * (1 + 0.13 * rng.normal(0, 1, len(path)))
    radii = np.convolve(np.pad(radii, 1, mode="edge"), (0.25, 0.5, 0.25), mode="valid")
    if blunt:
        radii[0], radii[1] = 0, 0.8 * radii[1]
    radii[-1] = 0
    points = sweep_circle(path, np.maximum(radii, 0), columns=14 if blunt else 9)
    return mesh_from_rings(roughen_grid(points, rng, depth=0.004, length=0.2))
