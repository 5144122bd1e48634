"""Lavender, wheat, pampas grass, cotton and other dried stems."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials
from services.studio.bodies import (
    create_ball_grid,
    create_blade,
    mesh_from_rings,
    mesh_from_sheet,
    roughen_grid,
)
from services.studio.color import mix_colors
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.foliage import (
    BROWN,
    GOLDEN_ANGLE,
    LANCE,
    create_arc,
    create_leaf_material,
    create_stem,
    place_mesh,
)
from services.studio.things.thing import Piece

STRAW: RGB = (206, 172, 104)


def build_lavender(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a loose bunch of lavender that lies."""
    bud = mesh_from_rings(create_ball_grid(rows=6, columns=6) * (0.018, 0.018, 0.042))
    buds, stems = [], []
    for path in _lay_bunch(rng, count=8, spread=13):
        stems.append(create_stem(path, 0.007, 0.005))
        for number in range(30):
            share = 0.62 + 0.38 * number / 30
            base = path[int(share * (len(path) - 1))]
            lean = rng.uniform(35, 70)
            placed = place_mesh(
                bud.translate(z=0.045), GOLDEN_ANGLE * number, lean, size=1.2 - 0.4 * share
            )
            buds.append(placed.rotate(90, axis="x").translate(*base))
    violet = color or (124, 104, 160)
    return (
        Piece(join_meshes(buds), materials.create_matte_material(violet)),
        Piece(join_meshes(stems), materials.create_matte_material((122, 136, 96))),
    )


def build_wheat(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds ears of wheat with long awns, lying."""
    grain = mesh_from_rings(create_ball_grid(rows=8, columns=8) * (0.028, 0.024, 0.052))
    awn = mesh_from_sheet(create_blade(0.26, (0.007, 0.006, 0.004), rows=4, columns=2))
    parts = []
    for path in _lay_bunch(rng, count=6, spread=14):
        parts.append(create_stem(path, 0.008, 0.006))
        for number in range(20):
            share = 0.74 + 0.26 * number / 20
            base = path[int(share * (len(path) - 1))]
            turn, lean = 180 * (number % 2) + rng.uniform(-25, 25), rng.uniform(58, 68)
            for part in (grain.translate(z=0.03), awn.translate(z=0.05)):
                placed = place_mesh(part, turn, lean).rotate(90, axis="x")
                parts.append(placed.translate(*base))
    return (Piece(join_meshes(parts), materials.create_matte_material(color or STRAW)),)


def build_pampas(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds plumes of pampas grass that stand and bow."""
    hair = mesh_from_sheet(create_blade(0.24, (0.01, 0.022, 0.006), curl=-60, rows=5, columns=3))
    plumes, stems = [], []
    for number in range(3):
        path = create_arc(rng.uniform(0.85, 1.0), 4, rng.uniform(20, 38), 120 * number + 20, 30)
        stems.append(create_stem(path, 0.006, 0.003))
        for hairs in range(430):
            share = 0.45 + 0.55 * rng.random() ** 0.8
            base = path[int(share * (len(path) - 1))]
            size = 1.25 * math.sin(math.pi * (0.12 + 0.8 * (share - 0.45) / 0.55)) ** 0.7
            lift = rng.uniform(10, 75)
            plumes.append(place_mesh(hair, GOLDEN_ANGLE * hairs, lift, base, size))
    beige = color or (222, 202, 172)
    return (
        Piece(join_meshes(plumes), materials.create_thin_material(beige, 0.8, translucency=0.4)),
        Piece(join_meshes(stems), materials.create_matte_material(mix_colors(STRAW, BROWN, 0.2))),
    )


def build_cotton(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a twig with open bolls of cotton."""
    path = create_arc(5.0, lean=72, bend=24, turn=90, steps=20)
    bolls, husks, twigs = [], [], [create_stem(path, 0.09, 0.05)]
    husk = mesh_from_sheet(create_blade(0.75, (0.1, 0.2, 0.2, 0.12, 0.01), curl=45, cup=0.08))
    for place in (5, 10, 14, 19):
        head = path[place] + np.array([rng.uniform(-0.3, 0.3), 0.5, rng.uniform(-0.4, 0.6)])
        twigs.append(create_stem([path[place], (path[place] + head) / 2, head], 0.05, 0.06))
        for lobe in range(5):
            ball = roughen_grid(create_ball_grid(rows=14, columns=16) * 0.42, rng, 0.07, 0.3)
            turn = 2 * math.pi * lobe / 4
            out = 0.34 if lobe < 4 else 0.0
            bolls.append(
                mesh_from_rings(ball).translate(
                    head[0] + out * math.sin(turn),
                    head[1] + 0.32 + (0.28 if lobe == 4 else 0),
                    head[2] + out * math.cos(turn),
                )
            )
        husks += [place_mesh(husk, 90 * side + 45, -8, head) for side in range(4)]
    return (
        Piece(join_meshes(bolls), materials.create_matte_material(color or (246, 243, 236))),
        Piece(
            join_meshes(husks), materials.create_thin_material((128, 92, 60), 0.8, translucency=0.1)
        ),
        Piece(join_meshes(twigs), materials.create_matte_material((98, 70, 48))),
    )


def build_dried_flowers(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a bunch of dried stems: pale rays, round heads and grasses."""
    tints = (color or (226, 186, 160), (232, 218, 190), (206, 160, 116))
    parts: list[list[Mesh]] = [[] for _ in tints]
    ray = mesh_from_sheet(create_blade(0.17, LANCE, curl=30, rows=5, columns=3))
    ball = mesh_from_rings(create_ball_grid(rows=10, columns=12) * 0.07)
    stems = []
    for number, path in enumerate(_lay_bunch(rng, count=14, spread=13)):
        stems.append(create_stem(path, 0.005, 0.004))
        kind = number % len(tints)
        if kind == 1:
            parts[1].append(ball.translate(*path[-1]))
            continue
        for count in range(26):
            lift = rng.uniform(0, 80)
            placed = place_mesh(ray, GOLDEN_ANGLE * count, lift, size=rng.uniform(0.7, 1.1))
            parts[kind].append(placed.rotate(90, axis="x").translate(*path[-1]))
    heads = zip(parts, tints, strict=True)
    return (
        *(Piece(join_meshes(heap), create_leaf_material(rng, t, 0, 0.0)) for heap, t in heads),
        Piece(join_meshes(stems), materials.create_matte_material(mix_colors(STRAW, BROWN, 0.4))),
    )


def _lay_bunch(rng: np.random.Generator, count: int, spread: float) -> list[np.ndarray]:
    """Returns the paths of stems of length 1 about that lie fanned along z, float (24, 3) each.

    spread: deviation of their directions in degrees.
    """
    paths = []
    for number in range(count):
        path = create_arc(rng.uniform(0.85, 1.0), 84, 10, rng.normal(0, spread), 24)
        path[:, 1] = 0.05 + 0.025 * (number % 4) + 0.35 * path[:, 1]
        paths.append(path + np.array([rng.normal(0, 0.02), 0, rng.uniform(-0.06, 0.06)]))
    return paths
