"""Grown bodies as grids of points: lathes, tubes along paths, blades and rounded boxes.

Grids are float arrays (rows, columns, 3) of x, y, z, which callers bend before they become meshes.
"""

import math
from collections.abc import Sequence

import numpy as np

from services.studio.shapes import Mesh, connect_grid
from services.studio.terrain import mesh_from_grid

# Vertices around and along a body of usual size. More: rounder, larger meshes.
AROUND, ALONG = 28, 20
# Radius, as a share of a body's, of the ring that closes it at a pole. Larger: a visible hole.
POLE_RADIUS = 1e-3
# Cosine of the angle to x up to which a path starts with x as the side of its tube.
PARALLEL_LIMIT = 0.9


def revolve_curve(
    curve: Sequence[tuple[float, float]] | np.ndarray, rows: int = ALONG, columns: int = AROUND
) -> np.ndarray:
    """Revolves a smooth curve about the y axis: points, float (rows, columns, 3), top row first.

    curve: (radius, y) of points that the curve passes, float (n, 2), top first.
    rows, columns: of the result.
    """
    smooth = interpolate_curve(np.asarray(curve, float), rows)
    radius = np.maximum(smooth[:, 0], POLE_RADIUS * np.abs(smooth).max())
    angle = np.linspace(0, 2 * math.pi, columns, endpoint=False)
    return np.stack(
        [
            radius[:, None] * np.sin(angle),
            np.repeat(smooth[:, 1:], columns, axis=1),
            radius[:, None] * np.cos(angle),
        ],
        axis=-1,
    )


def create_ball_grid(rows: int = ALONG, columns: int = AROUND) -> np.ndarray:
    """Creates a sphere of radius 1 around the origin: points, float (rows, columns, 3)."""
    polar = np.linspace(0, math.pi, rows)
    angle = np.linspace(0, 2 * math.pi, columns, endpoint=False)
    ring = np.maximum(np.sin(polar), POLE_RADIUS)[:, None]
    level = np.repeat(np.cos(polar)[:, None], columns, axis=1)
    return np.stack([ring * np.sin(angle), level, ring * np.cos(angle)], axis=-1)


def sweep_circle(path: np.ndarray, radii: np.ndarray, columns: int = 10) -> np.ndarray:
    """Sweeps a circle along a path: points of the tube, float (n, columns, 3).

    path: float (n, 3); radii: of the circle at each of its points, float (n,).
    columns: vertices around.

    The tube is open; radii of 0 at its ends close it.
    """
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-12
    angle = np.linspace(0, 2 * math.pi, columns, endpoint=False)[:, None]
    side = np.array([1.0, 0, 0]) if abs(along[0, 0]) < PARALLEL_LIMIT else np.array([0, 1.0, 0])
    rings = []
    for point, ahead, radius in zip(
        path, along, np.maximum(radii, POLE_RADIUS * radii.max()), strict=True
    ):
        side = side - (side @ ahead) * ahead
        side /= np.linalg.norm(side)
        other = np.cross(ahead, side)
        rings.append(point + radius * (np.cos(angle) * side - np.sin(angle) * other))
    return np.array(rings)


def create_blade(
    length: float,
    outline: Sequence[float],
    *,
    curl: float = 0.0,
    cup: float = 0.0,
    wave: float = 0.0,
    rows: int = 12,
    columns: int = 7,
) -> np.ndarray:
    """Creates a leaf or petal from the origin along z: points, float (rows, columns, 3), facing up.

    length: along its middle.
    outline: half widths from base to tip, as shares of the length, equally spaced.
    curl: degrees that it bends upward from base to tip.
    cup: height of its edges over its middle, as a share of the length.
    wave: the same for ripples along its edges.
    """
    share, across = np.linspace(0, 1, rows), np.linspace(-1, 1, columns)
    half = np.maximum(
        interpolate_curve(np.asarray(outline, float)[:, None], rows)[:, 0], POLE_RADIUS
    )
    angle = np.radians(curl) * share
    step = length / (rows - 1)
    z = np.concatenate([[0], np.cumsum(np.cos(angle[:-1]))]) * step
    y = np.concatenate([[0], np.cumsum(np.sin(angle[:-1]))]) * step
    lift = cup * across**2 * (half / half.max())[:, None]
    lift = lift + wave * np.sin(11 * share)[:, None] * across**3
    lift *= length
    return np.stack(
        [
            length * half[:, None] * across,
            y[:, None] + lift * np.cos(angle)[:, None],
            z[:, None] - lift * np.sin(angle)[:, None],
        ],
        axis=-1,
    )


def create_box_grid(size: tuple[float, float, float], corner: float, steps: int = 5) -> np.ndarray:
    """Creates a box with round edges around the origin: points, float (rows, columns, 3).

    size: along x, y and z.
    corner: radius of the edges.
    steps: vertices per quarter of a rounding.
    """
    inner = np.array(size) / 2 - corner
    quarter = np.linspace(0, math.pi / 2, steps)
    polar = np.concatenate([quarter, math.pi / 2 + quarter])
    angle = np.concatenate([quarter + turn * math.pi / 2 for turn in range(4)])
    signs_y = np.repeat([1.0, -1.0], steps)[:, None]
    signs_x, signs_z = (np.repeat(s, steps) for s in ([1.0, 1, -1, -1], [1.0, -1, -1, 1]))
    ring = np.maximum(np.sin(polar), POLE_RADIUS)[:, None]
    shell = np.stack(
        [
            corner * ring * np.sin(angle) + inner[0] * signs_x,
            corner * np.cos(polar)[:, None] + inner[1] * signs_y + 0 * angle,
            corner * ring * np.cos(angle) + inner[2] * signs_z,
        ],
        axis=-1,
    )
    # The flat top and bottom reach from the rounding to a pole each.
    lids = shell[[0, -1]] * np.array([POLE_RADIUS, 1, POLE_RADIUS])
    return np.concatenate([lids[:1], shell, lids[1:]])


def mesh_from_rings(points: np.ndarray) -> Mesh:
    """Creates a smooth mesh through rings of points, each closed.

    points: float (rows, columns, 3); columns run right and rows run down, seen from outside.

    Its uv goes from 0 to 1 around and from 0 to 1 down the rows.
    """
    rows, columns = points.shape[:2]
    wrapped = np.concatenate([points[:, -1:], points, points[:, :2]], axis=1)
    across = wrapped[:, 2:] - wrapped[:, :-2]
    normals = np.cross(np.gradient(wrapped[:, 1:-1], axis=0), across)
    for pole in (0, -1):
        if np.ptp(points[pole], axis=0).max() < 10 * POLE_RADIUS * np.ptp(points):
            normals[pole] = normals[pole].sum(axis=0)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    return Mesh(
        vertices=wrapped[:, 1:-1].reshape(-1, 3),
        normals=normals.reshape(-1, 3),
        uv=create_grid_uv(rows, columns + 1).reshape(-1, 2),
        faces=connect_grid(rows, columns + 1),
    )


def mesh_from_sheet(points: np.ndarray) -> Mesh:
    """Creates a smooth mesh through an open grid of points, float (rows, columns, 3).

    Its uv goes from 0 to 1 along the columns and down the rows.
    """
    return mesh_from_grid(points, uv=create_grid_uv(*points.shape[:2]))


def create_grid_uv(rows: int, columns: int) -> np.ndarray:
    """Creates surface coordinates from 0 to 1 along columns and rows: float (rows, columns, 2)."""
    return np.stack(np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows)), axis=-1)


def interpolate_curve(points: np.ndarray, count: int) -> np.ndarray:
    """Returns a smooth curve through points, float (n, k), sampled at float (count, k).

    Catmull-Rom splines; the samples are equally spaced in the points' numbers.
    """
    padded = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    position = np.linspace(0, len(points) - 1, count)
    number = np.minimum(position.astype(int), len(points) - 2)
    t = (position - number)[:, None]
    before, here, after, beyond = (padded[number + i] for i in range(4))
    return here + 0.5 * t * (
        after
        - before
        + t
        * (2 * before - 5 * here + 4 * after - beyond + t * (3 * (here - after) + beyond - before))
    )


def sum_waves(
    points: np.ndarray, rng: np.random.Generator, length: float, count: int = 10
) -> np.ndarray:
    """Returns a smooth random field at points, float (..., 3): mean 0, deviation 1, float (...).

    rng: random generator of its waves.
    length: of the waves. Smaller: finer bumps.
    count: of the waves. More: less regular.
    """
    turns = rng.normal(size=(count, 3))
    turns *= 2 * math.pi / length / np.linalg.norm(turns, axis=1, keepdims=True)
    phase = rng.uniform(0, 2 * math.pi, count)
    return math.sqrt(2 / count) * np.sin(points @ turns.T + phase).sum(axis=-1)


def roughen_grid(
    points: np.ndarray, rng: np.random.Generator, depth: float, length: float
) -> np.ndarray:
    """Returns a grid, float (rows, columns, 3), with random bumps away from its middle.

    rng: random generator of the bumps.
    depth: deviation of the bumps, as a share of the distance from the middle.
    length: of the waves, in the grid's own measure.
    """
    middle = points.mean(axis=(0, 1))
    bumps = depth * sum_waves(points, rng, length)
    return middle + (points - middle) * (1 + bumps[..., None])
