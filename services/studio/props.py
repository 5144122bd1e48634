"""Things that dress a set: plinths, arches, vessels, pebbles, leaves. All stand on y = 0."""

import math

import numpy as np

from services.studio.shapes import (
    Solid,
    arch_outline,
    joined,
    rounded_rectangle,
    sheet,
    slab,
    turned_body,
)


def plinth(width: float, depth: float, height: float, corner: float, fillet: float) -> Solid:
    """A block or, with a corner of half its width, a round; its top edge is rounded."""
    return slab(rounded_rectangle(width, depth, corner, steps=32), height, fillet)


def round_plinth(radius: float, height: float, fillet: float = 0.008) -> Solid:
    """A disc or column."""
    return plinth(2 * radius, 2 * radius, height, radius, fillet)


def panel(width: float, height: float, thickness: float, fillet: float = 0.01) -> Solid:
    """An upright panel with a round head whose front is at z = thickness."""
    outline = arch_outline(width, height)
    lying = np.column_stack([outline[:, 0], -outline[:, 1]])[::-1]
    return slab(lying, thickness, fillet).turned(90, "x")


def vase(height: float, girth: float) -> Solid:
    """A narrow-necked vase."""
    return _vessel(
        height,
        girth,
        ((0.0, 0.55), (0.15, 0.85), (0.4, 1.0), (0.62, 0.8), (0.8, 0.36), (0.92, 0.3), (1.0, 0.38)),
    )


def bowl(height: float, girth: float) -> Solid:
    """An open bowl."""
    return _vessel(
        height, girth, ((0.0, 0.42), (0.08, 0.45), (0.3, 0.72), (0.65, 0.93), (1.0, 1.0))
    )


def dish(radius: float) -> Solid:
    """A flat plate."""
    return _vessel(radius * 0.16, radius, ((0.0, 0.62), (0.2, 0.68), (0.8, 0.95), (1.0, 1.0)))


def pebble(size: tuple[float, float, float], rng: np.random.Generator) -> Solid:
    """A water-worn stone of this width, height and depth."""
    ball = turned_body(
        [(math.sin(a), math.cos(a)) for a in np.linspace(0.01, math.pi - 0.01, 25)], 48
    )
    swell = 1 + sum(
        0.07 / k * np.sin(1.6 * k * (ball.points @ rng.normal(size=3)) + rng.uniform(0, 6))
        for k in (1, 2, 3)
    )
    normals = ball.points / np.array(size)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    points = ball.points * swell[:, None] * np.array(size) / 2
    return Solid(points, normals, ball.places, ball.faces).moved(y=size[1] / 2)


def leaf(length: float, width: float, curl: float = 0.0) -> Solid:
    """A pointed leaf from (0, 0, 0) along z, that bends down by `curl` of its length."""
    along = np.linspace(0, 1, 13)
    half = width / 2 * np.sin(math.pi * along**0.85) ** 0.9
    outline = np.concatenate(
        [np.column_stack([half, along * length]), np.column_stack([-half, along * length])[-2:0:-1]]
    )
    flat = sheet(outline)
    share = flat.points[:, 2] / length
    keel = 0.12 * np.abs(flat.points[:, 0])
    points = flat.points + np.column_stack([0 * share, keel - curl * length * share**2, 0 * share])
    return Solid(points, flat.normals, flat.places, flat.faces)


def sprig(length: float, leaves: int, rng: np.random.Generator, size: float = 0.2) -> Solid:
    """A twig along z with leaves in pairs, as of olive or eucalyptus; flat around y = 0."""
    parts = [_twig(length)]
    for number in range(leaves):
        place = length * (0.12 + 0.86 * number / leaves)
        reach = size * (0.75 + 0.5 * rng.random()) * (1 - 0.35 * number / leaves)
        side = 1 if number % 2 else -1
        turn = side * rng.uniform(38, 68)
        one = leaf(reach, reach * 0.42, rng.uniform(-0.1, 0.15)).turned(rng.uniform(-18, 18), "z")
        parts.append(one.turned(turn).moved(z=place, y=rng.uniform(0, 0.01)))
    parts.append(leaf(size * 0.7, size * 0.28).moved(z=length * 0.98))
    return joined(parts)


def fir(length: float, rng: np.random.Generator, needles: int = 260) -> Solid:
    """A bough of fir along z with side twigs, flat around y = 0."""
    parts = [_needled(length, needles, rng)]
    for number in range(6):
        share = 0.18 + 0.13 * number
        side = 1 if number % 2 else -1
        twig = _needled(length * (0.62 - 0.5 * share), needles // 3, rng)
        parts.append(twig.turned(side * rng.uniform(34, 46)).moved(z=share * length))
    return joined(parts)


def _needled(length: float, needles: int, rng: np.random.Generator) -> Solid:
    """A twig along z with needles all around it."""
    parts = [_twig(length)]
    for number in range(needles):
        share = (number + 0.5) / needles
        reach = 0.055 * rng.uniform(0.75, 1.1) * (1 - 0.45 * share**3)
        needle = sheet(np.array([[0.0032, 0], [0.001, reach], [-0.001, reach], [-0.0032, 0]]))
        lean = rng.uniform(35, 55) * rng.choice((-1, 1))
        needle = needle.turned(lean).turned(rng.uniform(-50, 30), "z" if number % 2 else "x")
        parts.append(needle.moved(z=share * length))
    return joined(parts)


def bunch(count: int, rng: np.random.Generator) -> Solid:
    """Leafy twigs that stand in a vase whose neck is at the origin."""
    return joined(
        [
            sprig(rng.uniform(0.3, 0.45), 9, rng, size=0.1)
            .turned(-90, "x")
            .turned(rng.uniform(-42, 42), "z")
            .turned(rng.uniform(0, 360))
            for _ in range(count)
        ]
    )


def frond(length: float, rng: np.random.Generator, pairs: int = 24) -> Solid:
    """A palm frond along z: a rib with long narrow leaflets on both sides."""
    parts = [_twig(length)]
    for number in range(pairs):
        share = (number + 0.5) / pairs
        reach = length * 0.42 * math.sin(math.pi * (0.12 + 0.8 * share)) ** 0.7
        for side in (-1, 1):
            turn = side * (68 - 42 * share + rng.uniform(-4, 4))
            blade = leaf(reach * rng.uniform(0.9, 1.08), length * 0.042)
            parts.append(blade.turned(turn).moved(z=length * (0.06 + 0.92 * share)))
    return joined(parts)


def _twig(length: float) -> Solid:
    return sheet(np.array([[0.004, 0], [0.002, length], [-0.002, length], [-0.004, 0]]))


def _vessel(height: float, girth: float, outside) -> Solid:
    """An open vessel: (share of height, share of girth) pairs from the foot to the rim."""
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
    return turned_body(profile)
