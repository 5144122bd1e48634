"""Solids of a set, made of triangles: plinths, sweeps, turned bodies, pebbles, flat cut-outs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

FILLET_STEPS = 5


@dataclass(frozen=True)
class Solid:
    """A triangle mesh: float points and normals (n, 3), texture places (n, 2), faces (m, 3)."""

    points: np.ndarray
    normals: np.ndarray
    places: np.ndarray
    faces: np.ndarray

    def turned(self, degrees: float, axis: str = "y") -> "Solid":
        """The same solid, turned about an axis through the origin."""
        turn = rotation(degrees, axis)
        return replace(self, points=self.points @ turn.T, normals=self.normals @ turn.T)

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> "Solid":
        """The same solid, moved."""
        return replace(self, points=self.points + np.array([x, y, z]))

    def scaled(self, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> "Solid":
        """The same solid, drawn out along the axes; its normals stay, so only for flat things."""
        return replace(self, points=self.points * np.array([x, y, z]))


def rotation(degrees: float, axis: str) -> np.ndarray:
    """The matrix (3, 3) of a turn about x, y or z, counter-clockwise seen from its far end."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    match axis:
        case "x":
            return np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
        case "y":
            return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def rounded_rectangle(width: float, depth: float, corner: float, steps: int = 24) -> np.ndarray:
    """An outline (n, 2) in x and z, counter-clockwise from above; corner = width / 2 = a circle."""
    corner = min(corner, width / 2, depth / 2)
    quarter = np.linspace(0, math.pi / 2, steps + 1)
    points = []
    for turn, (side, end) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        angle = quarter + turn * math.pi / 2
        middle = np.array([side * (width / 2 - corner), end * (depth / 2 - corner)])
        points.append(middle + corner * np.column_stack([np.cos(angle), np.sin(angle)]))
    return _without_doubles(np.concatenate(points))


def arch_outline(width: float, height: float, steps: int = 48) -> np.ndarray:
    """The outline (n, 2) of a doorway with a round head, its base centred on (0, 0)."""
    angle = np.linspace(0, math.pi, steps + 1)
    head = np.column_stack([np.cos(angle), np.sin(angle)]) * width / 2
    feet = np.array([[-width / 2, 0.0], [width / 2, 0.0]])
    return _without_doubles(np.concatenate([head + np.array([0, height - width / 2]), feet]))


def slab(outline: np.ndarray, height: float, fillet: float) -> Solid:
    """A convex outline in x and z, pulled up from y = 0 to the height, its top edge rounded."""
    out = _outward(outline)
    bend = np.linspace(math.pi / 2, 0, FILLET_STEPS + 1)
    rings = [(math.cos(b) * fillet - fillet, height - fillet + math.sin(b) * fillet) for b in bend]
    slopes = [(math.cos(b), math.sin(b)) for b in bend]
    rings.append((0.0, 0.0))
    slopes.append((1.0, 0.0))
    points, normals, places = [], [], []
    for (inset, level), (outwards, upwards) in zip(rings, slopes, strict=True):
        ring = outline + inset * out
        points.append(np.column_stack([ring[:, 0], np.full(len(ring), level), ring[:, 1]]))
        normals.append(
            np.column_stack(
                [outwards * out[:, 0], np.full(len(ring), upwards), outwards * out[:, 1]]
            )
        )
        places.append(ring + (height - level) * out)
    middle = outline.mean(axis=0)
    points.append([[middle[0], height, middle[1]]])
    normals.append([[0.0, 1.0, 0.0]])
    places.append([middle])
    count = len(outline)
    cap = [(len(rings) * count, (i + 1) % count, i) for i in range(count)]
    return Solid(
        np.concatenate(points),
        np.concatenate(normals),
        np.concatenate(places),
        np.concatenate([_bands(len(rings), count), np.array(cap)]),
    )


def turned_body(profile: Sequence[tuple[float, float]], steps: int = 72) -> Solid:
    """A profile of (radius, height) pairs, from the axis outwards and round, turned about y."""
    profile = np.asarray(profile, float)
    tangent = np.gradient(profile, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    angle = np.linspace(0, 2 * math.pi, steps, endpoint=False)
    points, normals, places = [], [], []
    for (radius, level), (along, rise) in zip(profile, tangent, strict=True):
        points.append(
            np.column_stack([radius * np.cos(angle), np.full(steps, level), radius * np.sin(angle)])
        )
        normals.append(
            np.column_stack([-rise * np.cos(angle), np.full(steps, along), -rise * np.sin(angle)])
        )
        places.append(np.column_stack([angle / math.pi, np.full(steps, level)]))
    return Solid(
        np.concatenate(points),
        np.concatenate(normals),
        np.concatenate(places),
        _bands(len(profile), steps),
    )


def sweep(half_width: float, front: float, back: float, bend: float, height: float) -> Solid:
    """A floor at y = 0 from z = front to back that curves up into a wall: no seam anywhere."""
    angle = np.linspace(0, math.pi / 2, 33)
    line = [(front, 0.0, 1.0, 0.0)]
    line += [
        (back + bend - bend * math.sin(a), bend - bend * math.cos(a), math.cos(a), math.sin(a))
        for a in angle
    ]
    line.append((back, height, 0.0, 1.0))
    z, y, up, towards = np.array(line).T
    along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(z), np.diff(y)))])
    sides = (-half_width, half_width)
    return Solid(
        np.concatenate([np.column_stack([np.full(len(z), x), y, z]) for x in sides]),
        np.concatenate([np.column_stack([0 * z, up, towards]) for _ in sides]),
        np.concatenate([np.column_stack([np.full(len(z), x), along]) for x in sides]),
        np.array(
            [(i, i + len(z), i + 1) for i in range(len(z) - 1)]
            + [(i + 1, i + len(z), i + len(z) + 1) for i in range(len(z) - 1)]
        ),
    )


def sheet(outline: np.ndarray) -> Solid:
    """A flat, convex or star-shaped cut-out (n, 2) in x and z at y = 0, facing up."""
    count = len(outline)
    middle = outline.mean(axis=0)
    flat = np.concatenate([outline, [middle]])
    points = np.column_stack([flat[:, 0], np.zeros(count + 1), flat[:, 1]])
    faces = np.array([(count, (i + 1) % count, i) for i in range(count)])
    return Solid(points, np.tile([0.0, 1.0, 0.0], (count + 1, 1)), flat, faces)


def joined(solids: Sequence[Solid]) -> Solid:
    """Many solids as one mesh of one material."""
    starts = np.cumsum([0] + [len(s.points) for s in solids[:-1]])
    return Solid(
        np.concatenate([s.points for s in solids]),
        np.concatenate([s.normals for s in solids]),
        np.concatenate([s.places for s in solids]),
        np.concatenate([s.faces + start for s, start in zip(solids, starts, strict=True)]),
    )


def _bands(rings: int, count: int) -> np.ndarray:
    """Faces (m, 3) that join each ring of points to the next."""
    ring, i = np.meshgrid(np.arange(rings - 1), np.arange(count), indexing="ij")
    here, after = ring * count + i, ring * count + (i + 1) % count
    first = np.stack([here, after, after + count], axis=-1).reshape(-1, 3)
    second = np.stack([here, after + count, here + count], axis=-1).reshape(-1, 3)
    return np.concatenate([first, second])


def _outward(outline: np.ndarray) -> np.ndarray:
    """Unit normals (n, 2) that point out of a counter-clockwise outline."""
    along = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    normal = np.column_stack([along[:, 1], -along[:, 0]])
    return normal / (np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12)


def _without_doubles(outline: np.ndarray) -> np.ndarray:
    apart = np.linalg.norm(outline - np.roll(outline, 1, axis=0), axis=1) > 1e-6
    return outline[apart]
