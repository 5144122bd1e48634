"""Scatters copies of small meshes over uneven ground: blades, leaves, pebbles, clods."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from services.studio.camera import Camera
from services.studio.shapes import Mesh
from services.studio.terrain import HeightField

# Units in front of the product that copies reach, and beyond which copies grow with the distance,
# so that fewer of them cover as much of the image.
NEAREST_Z, FULL_DETAIL_Z = 1.1, -0.5
# Growth of copies per unit of distance. Larger: fewer copies, which look out of scale at the edge.
GROWTH_PER_UNIT = 0.28
# Multiple of half the view's width that copies reach to the sides. Smaller: bare corners.
SIDE_MARGIN = 1.15


@dataclass(frozen=True)
class Places:
    """Where copies stand.

    x, z: float (n,), in units. growth: of each copy with its distance, 1 near the product, (n,).
    """

    x: np.ndarray
    z: np.ndarray
    growth: np.ndarray


def choose_places(camera: Camera, far_z: float, density: float, rng: np.random.Generator) -> Places:
    """Chooses random places for copies all over the visible ground.

    far_z: z beyond which there are none, in units.
    density: copies per square unit around the product. Further away there are fewer, larger ones.
    rng: random generator.
    """
    near_z = 1.2 * camera.height_in_units if camera.is_overhead else NEAREST_Z
    far_z = max(far_z, -1.2 * camera.height_in_units) if camera.is_overhead else far_z
    bands = np.linspace(near_z, far_z, 33)
    x, z, growth = [], [], []
    for front, back in pairwise(bands):
        middle = (front + back) / 2
        half = SIDE_MARGIN * max(0.4, camera.half_width_at_depth(z=back)) + 0.1
        larger = 1 + GROWTH_PER_UNIT * max(0.0, FULL_DETAIL_Z - middle)
        count = round(density * 2 * half * (front - back) / larger**2)
        x.append(rng.uniform(-half, half, count))
        z.append(rng.uniform(back, front, count))
        growth.append(np.full(count, larger))
    return Places(np.concatenate(x), np.concatenate(z), np.concatenate(growth))


def copy_mesh(
    mesh: Mesh, points: np.ndarray, frames: np.ndarray, shade: np.ndarray, scale: np.ndarray
) -> Mesh:
    """Joins one copy of a mesh per point.

    mesh: around the origin, y up; its uv are from 0 to 1 across and along a copy.
    points: where the copies stand, float (n, 3).
    frames: rotations, float (n, 3, 3), whose columns are the copies' axes.
    shade: column of a palette texture that each copy takes its color from, 0 to 1, float (n,).
    scale: of each copy, float (n,).
    """
    count, size = len(points), len(mesh.vertices)
    turned = np.swapaxes(frames, 1, 2)
    vertices = mesh.vertices @ (turned * scale[:, None, None]) + points[:, None]
    normals = mesh.normals @ turned
    uv = np.stack(
        [np.repeat(shade[:, None], size, axis=1), np.tile(mesh.uv[:, 1], (count, 1))], axis=-1
    )
    faces = mesh.faces[None] + size * np.arange(count)[:, None, None]
    return Mesh(
        vertices=vertices.reshape(-1, 3),
        normals=normals.reshape(-1, 3),
        uv=uv.reshape(-1, 2),
        faces=faces.reshape(-1, 3),
    )


def create_random_frames(
    rng: np.random.Generator,
    count: int,
    lean: float | np.ndarray,
    is_lying: bool = False,
    turn: np.ndarray | None = None,
) -> np.ndarray:
    """Creates rotations about y by any angle, then tilts by up to some degrees: float (n, 3, 3).

    count: n. lean: degrees of tilt as a standard deviation, one or float (n,).
    is_lying: whether copies may also lie on their back.
    turn: about y in radians, float (n,); None: any.
    """
    any_turn, toward = rng.uniform(0, 2 * math.pi, (2, count))
    tilt = np.radians(rng.normal(0, lean, count))
    if is_lying:
        tilt = tilt + math.pi * (rng.random(count) < 0.3)
    return _tilt_toward(toward, tilt) @ _turn_about_y(any_turn if turn is None else turn)


def stand_on(heights: HeightField, places: Places, sink: float = 0.0) -> np.ndarray:
    """Returns the points (n, 3), float, where copies touch the ground.

    heights: of the ground. sink: units that copies reach into it.
    """
    return np.stack([places.x, heights(places.x, places.z) - sink, places.z], axis=-1)


def _turn_about_y(angle: np.ndarray) -> np.ndarray:
    """Returns rotations about y, float (n, 3, 3); angle: radians (n,)."""
    cos, sin = np.cos(angle), np.sin(angle)
    zero, one = np.zeros_like(angle), np.ones_like(angle)
    rows = [[cos, zero, sin], [zero, one, zero], [-sin, zero, cos]]
    return np.moveaxis(np.array(rows), -1, 0)


def _tilt_toward(toward: np.ndarray, tilt: np.ndarray) -> np.ndarray:
    """Returns rotations that tilt the y axis, float (n, 3, 3).

    toward: direction on the ground, radians (n,). tilt: radians (n,).
    """
    cos, sin = np.cos(tilt), np.sin(tilt)
    zero, one = np.zeros_like(tilt), np.ones_like(tilt)
    rows = [[one, zero, zero], [zero, cos, -sin], [zero, sin, cos]]
    lean = np.moveaxis(np.array(rows), -1, 0)
    turn = _turn_about_y(toward)
    return turn @ lean @ np.swapaxes(turn, 1, 2)
