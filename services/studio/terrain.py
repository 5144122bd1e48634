"""Uneven ground: meshes of height fields, for sand, snow and cloth."""

from collections.abc import Callable

import numpy as np

from services.studio.noise import generate_fractal_noise
from services.studio.shapes import Mesh, connect_grid

# Units between mesh vertices, near the origin and at most. Smaller: finer ripples, larger meshes.
FINEST_STEP, WIDEST_STEP = 0.008, 0.12
# Growth of that distance per unit beyond DENSE_RADIUS units from the origin. Larger: coarser ground
# far away.
STEP_GROWTH, DENSE_RADIUS = 0.02, 0.5
# Half-axes in units, across and along, of the ellipse of flat ground under the product.
CALM_HALF_AXES = (0.5, 0.3)
# Units that ground in front of the product may rise, and from the product's line until that holds.
FRONT_HEIGHT, FRONT_RAMP = 0.012, 0.15
# Cells and pixels per side of the noise that fields are read from. More cells: later repetition.
NOISE_CELLS, NOISE_SIDE = 16, 512

HeightField = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Function of x and z, float arrays of one shape, to heights of the same shape, in units."""


def create_terrain(half_width: float, back: float, front: float, heights: HeightField) -> Mesh:
    """Creates the ground y = heights(x, z) as a mesh that is finest near the origin.

    half_width: units to each side.
    back, front: z of its ends.
    heights: function of x and z, float arrays of one shape, to y in units.
    """
    across = _space_vertices(-half_width, half_width)
    along = _space_vertices(back, front)
    x, z = np.meshgrid(across, along)
    return mesh_from_grid(np.stack([x, heights(x, z), z], axis=-1), uv=np.stack([x, z], axis=-1))


def mesh_from_grid(points: np.ndarray, uv: np.ndarray) -> Mesh:
    """Creates a smooth mesh through a grid of points.

    points: float (rows, columns, 3), in units.
    uv: surface coordinates, float (rows, columns, 2), in units.

    Its upper side is the one from which columns run right and rows run toward the viewer.
    """
    rows, columns = points.shape[:2]
    down, across = np.gradient(points, axis=0), np.gradient(points, axis=1)
    normals = np.cross(down, across)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    return Mesh(
        vertices=points.reshape(-1, 3),
        normals=normals.reshape(-1, 3),
        uv=uv.reshape(-1, 2),
        faces=connect_grid(rows, columns),
    )


def ramp_away_from_product(
    x: np.ndarray, z: np.ndarray, half_axes: tuple[float, float] = CALM_HALF_AXES
) -> np.ndarray:
    """Returns a factor on heights that keeps the ground flat under the product.

    x, z: float arrays of one shape (...), in units.
    half_axes: of the ellipse around the product, across and along, in units.

    Float of the same shape: 0 within three quarters of the ellipse, rising smoothly to 1 at one
    and a half times its size.
    """
    distance = np.hypot(x / half_axes[0], (z + 0.1) / half_axes[1])
    share = np.clip((distance - 0.75) / 0.75, 0, 1)
    return share * share * (3 - 2 * share)


def flatten_front(y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Lowers humps between the product and the camera, which would hide where it stands.

    y: heights, float; z: positions toward the camera, float of the same shape; both in units.
    """
    share = np.clip(z / FRONT_RAMP, 0, 1)
    low = np.where(y > 0, FRONT_HEIGHT * np.tanh(y / FRONT_HEIGHT), y)
    return y + (low - y) * share


def create_noise_field(seed: int, size: float, octaves: int = 3, fade: float = 0.4) -> HeightField:
    """Creates a smooth random field of x and z, mean 0 and deviation about 1.

    size: width of its waves in units, about.
    octaves: layers of noise, each twice as fine as the one before.
    fade: strength of each layer relative to the one before. Larger: rougher.

    Returns a function of x and z, float arrays of one shape, to values of the same shape.
    """
    noise = generate_fractal_noise(
        size=NOISE_SIDE, cells=NOISE_CELLS, octaves=octaves, seed=seed, fade=fade
    )
    repeat = size * NOISE_CELLS

    def sample_noise(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Returns the noise at points (x, z): float, of the same shape."""
        return _sample_field(noise, x / repeat * NOISE_SIDE, z / repeat * NOISE_SIDE)

    return sample_noise


def _sample_field(field: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Samples a seamless field between its pixels with cubic B-spline weights.

    field: float (h, w), repeated beyond its edges.
    columns, rows: positions in pixels, float arrays of one shape; the result has the same.
    """
    low_row, low_column = np.floor(rows).astype(np.intp), np.floor(columns).astype(np.intp)
    height, width = field.shape
    across = [
        ((low_column + step) % width, share)
        for step, share in zip((-1, 0, 1, 2), _spline_weights(columns - low_column), strict=True)
    ]
    flat, result = np.ravel(field), np.zeros(rows.shape)
    for step_down, share_down in zip((-1, 0, 1, 2), _spline_weights(rows - low_row), strict=True):
        start = (low_row + step_down) % height * width
        line = sum(share * flat.take(start + column) for column, share in across)
        result += share_down * line
    return result


def _spline_weights(share: np.ndarray) -> tuple[np.ndarray, ...]:
    """Returns the weights of four pixels in a row, for a position between the middle two.

    share: of the way from the second pixel to the third, 0 to 1, any shape.

    The uniform cubic B-spline: smooth even in its curvature, so that shading shows no facets.
    """
    rest = 1 - share
    # Products, as powers take ten times as long.
    share_squared, rest_squared = share * share, rest * rest
    return (
        rest_squared * rest / 6,
        ((3 * share - 6) * share_squared + 4) / 6,
        ((3 * rest - 6) * rest_squared + 4) / 6,
        share_squared * share / 6,
    )


def _space_vertices(low: float, high: float) -> np.ndarray:
    """Returns positions (n,) from low to high, FINEST_STEP apart near 0 and wider further out."""

    def space_outward(end: float) -> list[float]:
        """Returns positions from 0 outward; the last one is the end."""
        positions, step = [], FINEST_STEP
        position = step / 2
        while position < end:
            positions.append(position)
            wider = STEP_GROWTH * (position - DENSE_RADIUS) + FINEST_STEP
            step = min(WIDEST_STEP, max(FINEST_STEP, wider))
            position += step
        return [*positions, end]

    below = [-position for position in reversed(space_outward(-low))] if low < 0 else []
    return np.array(below + (space_outward(high) if high > 0 else []))
