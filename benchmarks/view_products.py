"""Known products of random proportions, as stacks of rings, for benchmarks/view.py."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Point = tuple[float, float]
"""Radius and height of a profile's corner, in heights of the product."""

# Segments of a ring, and of an arc in a profile.
SEGMENTS, ARC_STEPS = 72, 6


@dataclass(frozen=True)
class KnownProduct:
    """A product as stacks of rings, float (rings, SEGMENTS, 3): x right, y up from the ground.

    albedos: of each stack, a color per ring, float (rings, 3).
    has_pitch: whether its shape shows the camera's pitch.
    """

    name: str
    stacks: tuple[np.ndarray, ...]
    albedos: tuple[np.ndarray, ...]
    has_pitch: bool = True


ProductFamily = Callable[[np.random.Generator], KnownProduct]
"""Makes a product of random proportions."""


def _revolve(profile: list[Point], stretch: float = 1.0) -> np.ndarray:
    """Turns a profile about the vertical axis: rings, float (n, SEGMENTS, 3)."""
    turn = -np.arange(SEGMENTS) * 2 * math.pi / SEGMENTS
    radius, height = np.array(profile, float).T
    return np.stack(
        [
            radius[:, None] * np.cos(turn) * stretch,
            np.repeat(height[:, None], SEGMENTS, axis=1),
            radius[:, None] * np.sin(turn),
        ],
        axis=-1,
    )


def _arc(center: Point, radius: float, start: float, end: float) -> list[Point]:
    """Returns corners of an arc; angles in degrees from the outside, counterclockwise."""
    angles = np.radians(np.linspace(start, end, ARC_STEPS + 1))
    return [(center[0] + radius * math.cos(a), center[1] + radius * math.sin(a)) for a in angles]


def _color(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(0.05, 0.85, 3)


def _single(name: str, profile: list[Point], rng: np.random.Generator) -> KnownProduct:
    """Makes a product of one profile, with a label around its middle in half of the cases."""
    stack = _revolve(profile)
    albedo = np.tile(_color(rng), (len(profile), 1))
    return KnownProduct(name, (stack,), (albedo,))


def make_bottle(rng: np.random.Generator) -> KnownProduct:
    """A bottle with a shoulder, a neck and a cap."""
    radius, neck = rng.uniform(0.13, 0.22), rng.uniform(0.04, 0.07)
    shoulder = rng.uniform(0.55, 0.7)
    foot = rng.uniform(0.003, 0.02)
    slope = [
        (neck + (radius - neck) * (0.5 + 0.5 * math.cos(t * math.pi)), shoulder + 0.18 * t)
        for t in np.linspace(0, 1, 10)
    ]
    cap = neck * rng.uniform(1.05, 1.3)
    body = [(0, 0), *_arc((radius - foot, foot), foot, -90, 0), (radius, 0.2), (radius, 0.5)]
    profile = [*body, *slope, (neck, 0.9), (cap, 0.9), (cap, 1), (0, 1)]
    albedo = np.tile(_color(rng), (len(profile), 1))
    albedo[len(body) - 2 : len(body) - 1] = _color(rng)
    albedo[-4:] = _color(rng)
    return KnownProduct("bottle", (_revolve(profile),), (albedo,))


def make_can(rng: np.random.Generator) -> KnownProduct:
    """A can, narrower at both ends, with a sunken lid."""
    radius = rng.uniform(0.22, 0.4)
    end = radius * rng.uniform(0.8, 0.97)
    profile = [
        (0, 0), (end, 0), (radius, 0.06), (radius, 0.9), (end, 0.97), (end, 1),
        (end * 0.94, 1), (end * 0.92, 0.97), (0, 0.97),
    ]  # fmt: skip
    albedo = np.tile(_color(rng), (len(profile), 1))
    albedo[:2] = albedo[4:] = 0.7
    return KnownProduct("can", (_revolve(profile),), (albedo,))


def make_jar(rng: np.random.Generator) -> KnownProduct:
    """A jar with a lid that is a little wider or narrower."""
    radius, lid = rng.uniform(0.3, 0.7), rng.uniform(0.65, 0.85)
    wide, foot = radius * rng.uniform(0.85, 1.05), rng.uniform(0.005, 0.05)
    profile = [
        (0, 0), *_arc((radius - foot, foot), foot, -90, 0), (radius, lid - 0.03),
        (radius * 0.9, lid), (wide, lid), (wide, 0.985), (wide - 0.015, 1), (0, 1),
    ]  # fmt: skip
    albedo = np.tile(_color(rng), (len(profile), 1))
    albedo[-5:] = _color(rng)
    return KnownProduct("jar", (_revolve(profile),), (albedo,))


def make_cup(rng: np.random.Generator) -> KnownProduct:
    """An open cup with a handle at its side."""
    top, base = rng.uniform(0.35, 0.5), rng.uniform(0.26, 0.4)
    base = min(base, top)
    foot, wall = rng.uniform(0.005, 0.06), 0.03
    inside = [(top - wall, 1), (base - wall + 0.02, 0.1), (0, 0.08)]
    profile = [(0, 0), *_arc((base - foot, foot), foot, -90, -10), (top, 1), *inside]
    albedo = np.tile(_color(rng), (len(profile), 1))
    albedo[-3:] = _color(rng)
    turn = rng.uniform(-0.6, 0.6) + (math.pi if rng.random() < 0.5 else 0)
    handle = _bend_tube((0, 0.52), 0.27, 0.05, (top + base) / 2 - 0.02, turn)
    tint = np.tile(albedo[0], (len(handle), 1))
    return KnownProduct("cup", (_revolve(profile), handle), (albedo, tint))


def make_bowl(rng: np.random.Generator) -> KnownProduct:
    """An open bowl, whose round belly hides its small base."""
    radius = rng.uniform(0.8, 1.3)
    base = radius * rng.uniform(0.35, 0.6)
    outer = [
        (
            base + (radius - base) * math.sin(t * math.pi / 2),
            0.06 + 0.94 * (1 - math.cos(t * math.pi / 2)),
        )
        for t in np.linspace(0, 1, 12)
    ]
    inner = [(r * 0.95, max(h, 0.1)) for r, h in reversed(outer)]
    profile = [(0, 0), (base, 0), *outer, *inner, (0, 0.1)]
    albedo = np.tile(_color(rng), (len(profile), 1))
    albedo[len(outer) + 2 :] = _color(rng)
    return KnownProduct("bowl", (_revolve(profile),), (albedo,))


def make_tapered(rng: np.random.Generator) -> KnownProduct:
    """A closed tapered body, such as a tumbler, a pot or a cone."""
    base, top = rng.uniform(0.2, 0.5, 2)
    if top > base:
        profile = [(0, 0), (base, 0), (top, 1), (top * 0.93, 1), (top * 0.9, 0.92), (0, 0.92)]
    else:
        profile = [(0, 0), (base, 0), (base, 0.02), (top, 1), (0, 1)]
    return _single("tapered", profile, rng)


def make_rounded(rng: np.random.Generator) -> KnownProduct:
    """A body with a rounded foot and rounded shoulders, with a narrower flat cap."""
    radius = rng.uniform(0.22, 0.45)
    foot, shoulder = radius * rng.uniform(0.15, 0.5), radius * rng.uniform(0.1, 0.4)
    cap = (radius - shoulder) * rng.uniform(0.6, 1)
    profile = [
        (0, 0), *_arc((radius - foot, foot), foot, -90, 0),
        *_arc((radius - shoulder, 0.8 - shoulder), shoulder, 0, 90), (cap, 0.8), (cap, 1), (0, 1),
    ]  # fmt: skip
    albedo = np.tile(_color(rng), (len(profile), 1))
    albedo[-3:] = _color(rng)
    return KnownProduct("rounded", (_revolve(profile),), (albedo,))


def make_tin(rng: np.random.Generator) -> KnownProduct:
    """A flat tin, with or without a round edge."""
    radius, edge = rng.uniform(0.9, 1.8), rng.uniform(0.02, 0.2)
    profile = [
        (0, 0), *_arc((radius - edge, edge), edge, -90, 0),
        *_arc((radius - edge, 1 - edge), edge, 0, 90), (0, 1),
    ]  # fmt: skip
    return _single("tin", profile, rng)


def make_domed(rng: np.random.Generator) -> KnownProduct:
    """A body with a domed top."""
    radius = rng.uniform(0.25, 0.45)
    profile = [(0, 0), (radius, 0), *_arc((0, 1 - radius), radius, 0, 89.9)]
    return _single("domed", profile, rng)


def make_goblet(rng: np.random.Generator) -> KnownProduct:
    """A cup on a stem with a flat foot."""
    foot, top = rng.uniform(0.2, 0.3), rng.uniform(0.2, 0.32)
    profile = [
        (0, 0), (foot, 0), (foot, 0.012), (0.03, 0.05), (0.025, 0.4),
        *((top * math.sin(t * 1.45), 0.4 + 0.6 * (1 - math.cos(t * 1.45)) / (1 - math.cos(1.45)))
          for t in np.linspace(0.05, 1, 10)),
        (top * 0.95, 1), (0, 0.45),
    ]  # fmt: skip
    return _single("goblet", profile, rng)


def make_box(rng: np.random.Generator) -> KnownProduct:
    """A box with any sides, turned by any angle."""
    sides = np.exp(rng.uniform(-0.7, 0.7, 3))
    corners = np.array([(1, 1), (1, -1), (-1, -1), (-1, 1)]) / 2 * sides[[0, 2]]
    turn = rng.uniform(0, math.pi / 2)
    turned = corners @ np.array(
        [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
    )
    rings = []
    for scale, height in ((0, 0), (1, 0), (1, sides[1]), (0, sides[1])):
        along = np.linspace(0, 4, SEGMENTS, endpoint=False)
        x, z = (np.interp(along, range(5), [*turned[:, k], turned[0, k]]) * scale for k in (0, 1))
        rings.append(np.stack([x, np.full(SEGMENTS, height), z], axis=-1))
    stack = np.array(rings)
    # The winding of the faces decides which are seen.
    tint = np.tile(_color(rng), (4, 1))
    return KnownProduct("box", (stack,), (tint,))


def make_shoe(rng: np.random.Generator) -> KnownProduct:
    """A shoe-like body: a long sole that narrows to an opening at the heel."""
    turn = rng.uniform(0, 2 * math.pi)
    t = -np.arange(SEGMENTS) * 2 * math.pi / SEGMENTS
    x, z = np.cos(t), 0.36 * np.sin(t) * (1 + 0.25 * np.cos(t - 0.4))
    rings = []
    for height, scale, shift in (
        (0.0, 0, 0), (0.0, 0.97, 0), (0.06, 1, 0), (0.2, 1, 0), (0.32, 0.9, -0.04),
        (0.5, 0.66, -0.25), (0.7, 0.48, -0.42), (0.8, 0.45, -0.45),
        (0.4, 0.4, -0.45), (0.4, 0, -0.45),
    ):  # fmt: skip
        lift = 0.12 * np.clip(x, 0, 1) ** 2 if scale else 0
        rings.append(np.stack([x * scale + shift, height + lift + 0 * x, z * scale], axis=-1))
    rot = np.array(
        [[math.cos(turn), 0, math.sin(turn)], [0, 1, 0], [-math.sin(turn), 0, math.cos(turn)]]
    )
    stack = np.array(rings) @ rot
    tint = np.tile(_color(rng), (len(rings), 1))
    return KnownProduct("shoe", (stack,), (tint,), has_pitch=False)


def make_ring(rng: np.random.Generator) -> KnownProduct:
    """A ring that stands on its edge, turned by any angle."""
    tube = rng.uniform(0.06, 0.15)
    turn = rng.uniform(0, math.pi)
    stack = _bend_tube((0, 0.5 + tube), 0.5, tube, 0.0, turn, full=True)
    return KnownProduct("ring", (stack,), (np.tile(_color(rng), (len(stack), 1)),), has_pitch=False)


def _bend_tube(center, radius, thickness, offset, turn, full=False) -> np.ndarray:
    """Bends a tube in an upright plane: rings, float (n, SEGMENTS, 3)."""
    t = -np.arange(SEGMENTS) * 2 * math.pi / SEGMENTS
    bend = np.linspace(-math.pi, math.pi, 49) if full else np.linspace(-1.75, 1.75, 21)
    rings = []
    for angle in bend:
        out = radius + thickness * np.cos(t)
        x, y, z = (
            offset + center[0] + out * math.cos(angle),
            center[1] + out * math.sin(angle),
            thickness * np.sin(t),
        )
        rings.append(
            np.stack(
                [
                    x * math.cos(turn) - z * math.sin(turn),
                    y,
                    x * math.sin(turn) + z * math.cos(turn),
                ],
                axis=-1,
            )
        )
    return np.array(rings)


def make_spray(rng: np.random.Generator) -> KnownProduct:
    """A spray can: a rolled foot, a round shoulder and a narrower cap."""
    radius, roll = rng.uniform(0.12, 0.2), 0.012
    shoulder = radius * rng.uniform(0.3, 0.5)
    cap = radius * rng.uniform(0.6, 0.95)
    profile = [
        (0, 0), *_arc((radius - roll, roll), roll, -90, 90), (radius * 0.97, 0.03),
        *_arc((radius * 0.97 - shoulder, 0.72), shoulder, 0, 80), (cap, 0.8), (cap * 0.95, 1),
        (0, 1),
    ]  # fmt: skip
    return _single("spray", profile, rng)


def make_pot(rng: np.random.Generator) -> KnownProduct:
    """A plant pot with a collar, open at the top."""
    top, base = rng.uniform(0.45, 0.6), rng.uniform(0.28, 0.42)
    collar = top * rng.uniform(1.03, 1.12)
    profile = [
        (0, 0), (base, 0), (top, 0.78), (collar, 0.78), (collar, 1), (collar * 0.93, 1),
        (base * 0.9, 0.3), (0, 0.3),
    ]  # fmt: skip
    return _single("pot", profile, rng)


# Those that the estimate was tuned on, with other proportions, and two more.
TUNED_FAMILIES: tuple[ProductFamily, ...] = (
    make_bottle, make_box, make_can, make_jar, make_box, make_cup, make_bowl, make_tapered,
    make_box, make_rounded, make_tin, make_domed, make_goblet, make_shoe, make_ring,
)  # fmt: skip
HELD_OUT_FAMILIES: tuple[ProductFamily, ...] = (*TUNED_FAMILIES, make_spray, make_pot)
