"""Props of a set: plinths, arches, vessels, stones, leaves and branches.

Measures are in units; everything stands on y = 0 unless it says otherwise.
"""

import math
from collections.abc import Sequence

import numpy as np

from services.studio.shapes import (
    Mesh,
    create_flat_cutout,
    extrude_outline,
    join_meshes,
    outline_arch,
    outline_rounded_rectangle,
    revolve_profile,
)


def create_plinth(width: float, depth: float, height: float, corner: float, fillet: float) -> Mesh:
    """Creates a block that stands on y = 0, centered on the y axis, with a rounded top edge.

    width, depth, height: along x, z and y, in units.
    corner: radius of its vertical edges; half its width makes it round.
    fillet: radius of the top edge.
    """
    return extrude_outline(
        outline_rounded_rectangle(width, depth, corner, steps=32), height, fillet
    )


def create_round_plinth(radius: float, height: float, fillet: float = 0.008) -> Mesh:
    """Creates a disc or column that stands on y = 0, centered on the y axis.

    radius, height: in units.
    fillet: radius of the rounded top edge in units.
    """
    return create_plinth(
        width=2 * radius, depth=2 * radius, height=height, corner=radius, fillet=fillet
    )


def create_arch_panel(width: float, height: float, thickness: float, fillet: float = 0.01) -> Mesh:
    """Creates an upright panel with a round head on y = 0, its back at z = 0; all in units.

    width, height: of the panel, its head included.
    thickness: z of its front.
    fillet: radius of the front edge.
    """
    outline = outline_arch(width, height)
    # Outlined lying on the ground, extruded upward, then stood up.
    lying = np.column_stack([outline[:, 0], -outline[:, 1]])[::-1]
    return extrude_outline(lying, height=thickness, fillet=fillet).rotate(90, axis="x")


def create_vase(height: float, girth: float) -> Mesh:
    """Creates a narrow-necked vase on y = 0; height and girth (its largest radius) in units."""
    return _create_vessel(
        height,
        girth,
        outside=(
            (0.0, 0.55),
            (0.15, 0.85),
            (0.4, 1.0),
            (0.62, 0.8),
            (0.8, 0.36),
            (0.92, 0.3),
            (1.0, 0.38),
        ),
    )


def create_bowl(height: float, girth: float) -> Mesh:
    """Creates an open bowl on y = 0; height and girth (its largest radius) in units."""
    return _create_vessel(
        height, girth, outside=((0.0, 0.42), (0.08, 0.45), (0.3, 0.72), (0.65, 0.93), (1.0, 1.0))
    )


def create_dish(radius: float) -> Mesh:
    """Creates a flat plate on y = 0; radius in units."""
    return _create_vessel(
        height=radius * 0.16,
        girth=radius,
        outside=((0.0, 0.62), (0.2, 0.68), (0.8, 0.95), (1.0, 1.0)),
    )


def create_pebble(
    size: tuple[float, float, float], rng: np.random.Generator, steps: int = 48
) -> Mesh:
    """Creates a water-worn stone on y = 0 of random shape.

    size: its width, height and depth in units.
    rng: random generator, which bulges it.
    steps: vertices around. More: a rounder stone.
    """
    # A ball, bulged by three random waves and stretched to the size.
    ball = revolve_profile(
        [(math.sin(a), math.cos(a)) for a in np.linspace(0.01, math.pi - 0.01, steps // 2 + 1)],
        steps=steps,
    )
    bulge = np.zeros(len(ball.vertices))
    for k in (1, 2, 3):
        phase = 1.6 * k * (ball.vertices @ rng.normal(size=3)) + rng.uniform(0, 6)
        bulge += 0.07 / k * np.sin(phase)
    bulge += 1
    normals = ball.vertices / np.array(size)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    points = ball.vertices * bulge[:, None] * np.array(size) / 2
    return Mesh(vertices=points, normals=normals, uv=ball.uv, faces=ball.faces).translate(
        y=size[1] / 2
    )


def create_leaf(length: float, width: float, curl: float = 0.0) -> Mesh:
    """Creates a pointed leaf from the origin along z, flat around y = 0.

    length, width: in units.
    curl: droop of its tip as a share of its length; below 0 the tip rises.
    """
    along = np.linspace(0, 1, 13)
    half = width / 2 * np.sin(math.pi * along**0.85) ** 0.9
    outline = np.concatenate(
        [np.column_stack([half, along * length]), np.column_stack([-half, along * length])[-2:0:-1]]
    )
    flat = create_flat_cutout(outline)
    share = flat.vertices[:, 2] / length
    keel = 0.12 * np.abs(flat.vertices[:, 0])
    points = flat.vertices + np.column_stack(
        [0 * share, keel - curl * length * share**2, 0 * share]
    )
    return Mesh(vertices=points, normals=flat.normals, uv=flat.uv, faces=flat.faces)


def create_sprig(length: float, leaves: int, rng: np.random.Generator, size: float = 0.2) -> Mesh:
    """Creates a twig along z with alternating leaves, as of olive, flat around y = 0.

    length: of the twig in units.
    leaves: how many.
    rng: random generator, which varies the leaves.
    size: length of a leaf in units.
    """
    parts = [_create_twig(length)]
    for number in range(leaves):
        leaf_z = length * (0.12 + 0.86 * number / leaves)
        leaf_length = size * (0.75 + 0.5 * rng.random()) * (1 - 0.35 * number / leaves)
        side = 1 if number % 2 else -1
        turn = side * rng.uniform(38, 68)
        leaf = create_leaf(
            length=leaf_length, width=leaf_length * 0.42, curl=rng.uniform(-0.1, 0.15)
        ).rotate(rng.uniform(-18, 18), axis="z")
        parts.append(leaf.rotate(turn, axis="y").translate(z=leaf_z, y=rng.uniform(0, 0.01)))
    parts.append(create_leaf(length=size * 0.7, width=size * 0.28).translate(z=length * 0.98))
    return join_meshes(parts)


def create_fir_branch(length: float, rng: np.random.Generator, needles: int = 260) -> Mesh:
    """Creates a fir branch from the origin along z with six side twigs, flat around y = 0.

    length: in units.
    rng: random generator, which varies needles and twigs.
    needles: count on the main twig.
    """
    parts = [_create_needled_twig(length, needles, rng)]
    for number in range(6):
        share = 0.18 + 0.13 * number
        side = 1 if number % 2 else -1
        twig = _create_needled_twig(
            length=length * (0.62 - 0.5 * share), needles=needles // 3, rng=rng
        )
        parts.append(twig.rotate(side * rng.uniform(34, 46), axis="y").translate(z=share * length))
    return join_meshes(parts)


def _create_needled_twig(length: float, needles: int, rng: np.random.Generator) -> Mesh:
    """Creates a twig from the origin along z with needles all around it.

    length: in units; needles: their count; rng: varies their length and direction.
    """
    parts = [_create_twig(length)]
    for number in range(needles):
        share = (number + 0.5) / needles
        needle_length = 0.055 * rng.uniform(0.75, 1.1) * (1 - 0.45 * share**3)
        needle = create_flat_cutout(
            np.array([[0.0032, 0], [0.001, needle_length], [-0.001, needle_length], [-0.0032, 0]])
        )
        lean = rng.uniform(35, 55) * rng.choice((-1, 1))
        needle = needle.rotate(lean, axis="y").rotate(
            rng.uniform(-50, 30), axis="z" if number % 2 else "x"
        )
        parts.append(needle.translate(z=share * length))
    return join_meshes(parts)


def create_palm_frond(length: float, rng: np.random.Generator, pairs: int = 24) -> Mesh:
    """Creates a palm frond from the origin along z: a rib with pairs of long narrow leaflets.

    length: in units; rng: varies the leaflets; pairs: count of leaflets on each side.
    """
    parts = [_create_twig(length)]
    for number in range(pairs):
        share = (number + 0.5) / pairs
        leaflet_length = length * 0.42 * math.sin(math.pi * (0.12 + 0.8 * share)) ** 0.7
        for side in (-1, 1):
            turn = side * (68 - 42 * share + rng.uniform(-4, 4))
            blade = create_leaf(
                length=leaflet_length * rng.uniform(0.9, 1.08), width=length * 0.042
            )
            parts.append(blade.rotate(turn, axis="y").translate(z=length * (0.06 + 0.92 * share)))
    return join_meshes(parts)


def _create_twig(length: float) -> Mesh:
    """Creates a bare twig from the origin along z that tapers to its tip, flat on y = 0.

    length: in units.
    """
    return create_flat_cutout(
        np.array([[0.004, 0], [0.002, length], [-0.002, length], [-0.004, 0]])
    )


def _create_vessel(height: float, girth: float, outside: Sequence[tuple[float, float]]) -> Mesh:
    """Creates an open round vessel on y = 0, whose wall is as thick as 5 % of its girth.

    height, girth: in units; girth is the largest radius.
    outside: (share of height, share of girth) pairs from foot to rim.
    """
    # The outside is smoothed between the given points; the inside follows it, a wall's width in.
    rise, wide = np.array(outside).T
    fine = np.linspace(0, 1, 40)
    radius = np.interp(fine, rise, wide)
    kernel = np.array([1, 2, 3, 2, 1]) / 9
    radius = np.convolve(np.pad(radius, 2, mode="edge"), kernel, mode="valid") * girth
    wall = 0.05 * girth
    outer = np.column_stack([radius, fine * height])[::-1]
    inner = np.column_stack([radius - wall, fine * height])[3:]
    lip = [
        (radius[-1] - wall * 0.85, height + wall * 0.3),
        (radius[-1] - wall * 0.15, height + wall * 0.3),
    ]
    profile = np.concatenate([[(1e-4, inner[0][1])], inner, lip, outer, [(1e-4, 0.0)]])
    return revolve_profile(profile)
