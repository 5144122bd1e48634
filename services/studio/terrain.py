"""Ground that is not flat: meshes of height fields, as of sand, snow and cloth."""

import math
from collections.abc import Callable

import numpy as np

from services.studio.noise import fractal_noise
from services.studio.shapes import Solid

FINEST, WIDEST = 0.008, 0.12
# How fast the points of a mesh grow apart beyond half a unit from the origin.
LAND_GROWTH, CLOTH_GROWTH = 0.02, 0.006
CALM = (0.5, 0.3)

Field = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Heights for x and z, float arrays of one shape."""


def terrain(half_width: float, back: float, front: float, heights: Field) -> Solid:
    """The ground y = heights(x, z), finer near the origin."""
    across = _spaced(-half_width, half_width, LAND_GROWTH)
    along = _spaced(back, front, LAND_GROWTH)
    x, z = np.meshgrid(across, along)
    return grid_of(np.stack([x, heights(x, z), z], axis=-1), np.stack([x, z], axis=-1))


def drape(
    half_width: float, front: float, back: float, bend: float, height: float, heights: Field
) -> Solid:
    """Cloth over a floor that curves up into a wall at z = back, as in shapes.sweep.

    heights: how far the cloth lies off, by x and by the place along the line from front to top,
    which is z on the floor and goes on below the wall's z as the wall goes up.
    """
    across = _spaced(-half_width, half_width, CLOTH_GROWTH)
    along = _spaced(back + bend - bend * math.pi / 2 - (height - bend), front, CLOTH_GROWTH)
    x, place = np.meshgrid(across, along)
    angle = np.clip((back + bend - place) / bend, 0, math.pi / 2)
    up = np.maximum(back + bend - place - bend * math.pi / 2, 0)
    ahead = np.maximum(place, back + bend)
    y = bend * (1 - np.cos(angle)) + up
    z = np.where(angle > 0, back + bend - bend * np.sin(angle), ahead)
    off = heights(x, place)
    points = np.stack([x, y + off * np.cos(angle), z + off * np.sin(angle)], axis=-1)
    return grid_of(points, np.stack([x, place], axis=-1))


def grid_of(points: np.ndarray, places: np.ndarray) -> Solid:
    """A smooth mesh through a grid of points (rows, columns, 3) with texture places (.., 2).

    Its upper side is the one from which columns run right and rows run towards the viewer.
    """
    rows, columns = points.shape[:2]
    down, across = np.gradient(points, axis=0), np.gradient(points, axis=1)
    normals = np.cross(down, across)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    here = (row * columns + column).ravel()
    first = np.stack([here, here + columns, here + 1], axis=-1)
    second = np.stack([here + 1, here + columns, here + columns + 1], axis=-1)
    return Solid(
        points.reshape(-1, 3),
        normals.reshape(-1, 3),
        places.reshape(-1, 2),
        np.concatenate([first, second]),
    )


def calm(x: np.ndarray, z: np.ndarray, reach: tuple[float, float] = CALM) -> np.ndarray:
    """0 where the product stands, growing to 1 at a distance: an ellipse of these half-axes."""
    away = np.hypot(x / reach[0], (z + 0.1) / reach[1])
    share = np.clip((away - 0.75) / 0.75, 0, 1)
    return share * share * (3 - 2 * share)


def swell(seed: int, size: float, octaves: int = 3, fade: float = 0.4) -> Field:
    """A field of smooth noise, mean 0 and deviation about 1, with waves about `size` units wide."""
    cells, side = 16, 512
    noise = fractal_noise(side, cells, octaves, seed, fade=fade)

    def field(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        return _sampled(noise, x / (size * cells) * side, z / (size * cells) * side)

    return field


def _sampled(field: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """A seamless field read between its dots with smooth (cubic) weights."""
    low_row, low_column = np.floor(rows).astype(int), np.floor(columns).astype(int)
    result = np.zeros(rows.shape)
    for step_down, share_down in zip((-1, 0, 1, 2), _weights(rows - low_row), strict=True):
        line = (low_row + step_down) % field.shape[0]
        for step, share in zip((-1, 0, 1, 2), _weights(columns - low_column), strict=True):
            result += share_down * share * field[line, (low_column + step) % field.shape[1]]
    return result


def _weights(share: np.ndarray) -> tuple[np.ndarray, ...]:
    """Of the four nearest dots: the uniform cubic B-spline, smooth even in its curvature."""
    rest = 1 - share
    return (
        rest**3 / 6,
        (3 * share**3 - 6 * share**2 + 4) / 6,
        (3 * rest**3 - 6 * rest**2 + 4) / 6,
        share**3 / 6,
    )


def _spaced(low: float, high: float, growth: float) -> np.ndarray:
    """Places from low to high, FINEST apart near 0 and up to WIDEST apart far from it."""

    def outwards(end: float) -> list[float]:
        places, step = [], FINEST
        place = step / 2
        while place < end:
            places.append(place)
            step = min(WIDEST, max(FINEST, growth * (place - 0.5) + FINEST))
            place += step
        return [*places, end]

    below = [-place for place in reversed(outwards(-low))] if low < 0 else []
    return np.array(below + (outwards(high) if high > 0 else []))
