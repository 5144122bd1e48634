"""Meshes of what fills rooms: boxes, cushions, turned bodies, curtains and foliage, in meters."""

import math

import numpy as np

from services.studio.shapes import Mesh, revolve_profile

# Corners of a unit box's six sides, counter-clockwise from outside, and each side's normal.
_SIDES = (
    ((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)),
    ((1, 0, 0), (0, 0, 0), (0, 1, 0), (1, 1, 0)),
    ((1, 0, 1), (1, 0, 0), (1, 1, 0), (1, 1, 1)),
    ((0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0)),
    ((0, 1, 1), (1, 1, 1), (1, 1, 0), (0, 1, 0)),
    ((0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)),
)
_NORMALS = ((0, 0, 1), (0, 0, -1), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0))
# Vertices around a cushion and from its bottom to its top. More: rounder, slower to build.
CUSHION_STEPS = (28, 15)
# Vertices around a turned body, such as a pot. More: rounder, slower to build.
TURNED_STEPS = 20
# Vertices across each fold of a curtain. More: rounder folds.
FOLD_STEPS = 10
# Width of a leaf as a share of its length. Larger: broader leaves.
LEAF_WIDTH = 0.5


def create_box(width: float, height: float, depth: float) -> Mesh:
    """Creates a sharp-edged box on y = 0, centered on the y axis; sizes in meters."""
    corners = np.array(_SIDES, float).reshape(-1, 3)
    vertices = (corners - [0.5, 0.0, 0.5]) * [width, height, depth]
    normals = np.repeat(np.array(_NORMALS, float), 4, axis=0)
    return Mesh(vertices, normals, uv=corners[:, :2] * [width, height], faces=_split_quads(6))


def _split_quads(count: int) -> np.ndarray:
    """Returns the triangles, int (2 * count, 3), of quads of four vertices each."""
    starts = 4 * np.arange(count)[:, None, None]
    return (starts + np.array([(0, 1, 2), (0, 2, 3)])).reshape(-1, 3)


def create_panel(width: float, height: float) -> Mesh:
    """Creates an upright rectangle on y = 0 that faces z; its uv run from 0 to 1, v upward.

    width, height: in meters.
    """
    uv = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    vertices = np.column_stack([(uv[:, 0] - 0.5) * width, uv[:, 1] * height, np.zeros(4)])
    normals = np.tile([0.0, 0.0, 1.0], (4, 1))
    return Mesh(vertices, normals, uv, faces=np.array([(0, 1, 2), (0, 2, 3)]))


def create_cushion(width: float, height: float, depth: float, softness: float = 0.45) -> Mesh:
    """Creates a stuffed block on y = 0, centered on the y axis; sizes in meters.

    softness: 0 is a sharp box, 1 an ellipsoid.

    A superellipsoid (Barr, Superquadrics and Angle-Preserving Transformations, 1981).
    """
    around = np.linspace(0, 2 * math.pi, CUSHION_STEPS[0], endpoint=False)
    # Closer together near corners, where a superellipsoid bends.
    upward = np.linspace(-math.pi / 2, math.pi / 2, CUSHION_STEPS[1])
    turn, tilt = np.meshgrid(around, upward)
    unit = _bend_sphere(turn, tilt, exponent=softness)
    outward = _bend_sphere(turn, tilt, exponent=2 - softness) / [width, height, depth]
    outward /= np.linalg.norm(outward, axis=1, keepdims=True) + 1e-9
    vertices = unit * np.array([width, height, depth]) / 2 + [0, height / 2, 0]
    return Mesh(vertices, outward, uv=vertices[:, :2].copy(), faces=_connect_grid(*CUSHION_STEPS))


def _bend_sphere(turn: np.ndarray, tilt: np.ndarray, exponent: float) -> np.ndarray:
    """Returns points of a sphere whose sines and cosines are raised to a power, float (n, 3).

    turn, tilt: radians around and upward, float (rows, columns).
    """

    level = _raise_signed(np.cos(tilt), exponent)
    x, z = (level * _raise_signed(wave(turn), exponent) for wave in (np.cos, np.sin))
    y = _raise_signed(np.sin(tilt), exponent)
    return np.stack([x, y, z], axis=-1).reshape(-1, 3)


def _raise_signed(values: np.ndarray, exponent: float) -> np.ndarray:
    """Returns values, float of any shape, raised to a power while their signs stay."""
    return np.sign(values) * np.abs(values) ** exponent


def _connect_grid(across: int, rows: int) -> np.ndarray:
    """Returns triangles, int (m, 3), between rows of vertices that close around.

    across: vertices per row; rows: count, bottom first.
    """
    row, i = np.meshgrid(np.arange(rows - 1), np.arange(across), indexing="ij")
    here, after = row * across + i, row * across + (i + 1) % across
    upper = here + across, after + across
    first = np.stack([here, upper[0], after], axis=-1).reshape(-1, 3)
    second = np.stack([after, upper[0], upper[1]], axis=-1).reshape(-1, 3)
    return np.concatenate([first, second])


def create_turned_body(*profile: tuple[float, float]) -> Mesh:
    """Creates a round body from (radius, y) pairs in meters, top first."""
    return revolve_profile(profile, steps=TURNED_STEPS)


def create_frustum(radius: float, height: float, top: float | None = None) -> Mesh:
    """Creates a closed frustum, the stump of a cone, or a cylinder, on y = 0.

    radius, height: in meters.
    top: radius of its upper end; None: as below.
    """
    upper = radius if top is None else top
    # Doubled points keep the ends flat where normals are interpolated.
    return create_turned_body(
        (1e-4, height),
        (0.96 * upper, height),
        (upper, 0.99 * height),
        (radius, 0.01 * height),
        (0.96 * radius, 0.0),
        (1e-4, 0.0),
    )


def create_ball(radius: float) -> Mesh:
    """Creates a ball on y = 0; radius in meters."""
    return create_cushion(2 * radius, 2 * radius, 2 * radius, softness=1.0)


def create_curtain(width: float, height: float, folds: int, depth: float = 0.05) -> Mesh:
    """Creates a hanging cloth in vertical folds on y = 0 that faces z.

    width, height: in meters.
    folds: waves across.
    depth: of the folds in meters.
    """
    share = np.linspace(0, 1, folds * FOLD_STEPS + 1)
    phase = 2 * math.pi * folds * share
    x, z = (share - 0.5) * width, depth / 2 * np.sin(phase)
    slope = depth * math.pi * folds * np.cos(phase) / width
    line = np.column_stack([-slope, np.zeros_like(x), np.ones_like(x)])
    line /= np.linalg.norm(line, axis=1, keepdims=True)
    low = np.column_stack([x, np.zeros_like(x), z])
    count, i = len(x), np.arange(len(x) - 1)
    return Mesh(
        vertices=np.concatenate([low, low + np.array([0, height, 0])]),
        normals=np.concatenate([line, line]),
        uv=np.concatenate(
            [np.column_stack([share, 0 * share]), np.column_stack([share, 0 * x + 1])]
        ),
        faces=np.concatenate(
            [
                np.column_stack([i, i + 1, i + count + 1]),
                np.column_stack([i, i + count + 1, i + count]),
            ]
        ),
    )


def create_foliage(
    size: tuple[float, float, float], leaves: int, length: float, rng: np.random.Generator
) -> Mesh:
    """Creates a bush of leaves in random directions, in an ellipsoid on y = 0.

    size: its width, height and depth in meters.
    leaves: count; length: of a leaf in meters.
    rng: random generator, which places them.
    """
    place = rng.normal(size=(leaves, 3))
    place *= (rng.uniform(0.3, 1.0, leaves) / np.linalg.norm(place, axis=1))[:, None]
    middle = place * np.array(size) / 2 + [0, size[1] / 2, 0]
    along = place + rng.normal(0, 0.6, (leaves, 3))
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.cross(along, rng.normal(size=(leaves, 3)))
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    reach = length * rng.uniform(0.6, 1.2, (leaves, 1))
    tips = np.stack(
        [
            middle - along * reach / 2,
            middle + across * reach * LEAF_WIDTH / 2,
            middle + along * reach / 2,
            middle - across * reach * LEAF_WIDTH / 2,
        ],
        axis=1,
    )
    return Mesh(
        vertices=tips.reshape(-1, 3),
        normals=np.repeat(np.cross(along, across), 4, axis=0),
        uv=np.tile([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)], (leaves, 1)),
        faces=_split_quads(leaves),
    )
