"""What table scenes share: the table top, and the picture behind it."""

from collections.abc import Callable

import numpy as np

from services.studio import props, world
from services.studio.camera import Camera
from services.studio.scenery import Shapes

MATTE_DISTANCE = 6.0
ABOVE_FRAME = 0.55
STEEP = 30.0
FURTHEST = -7.0


def table_edge(camera: Camera, row: float) -> float:
    """The z of a table's far edge: seen at `row` of a level view, out of sight of a steep one."""
    steepness = float(np.clip(camera.pitch / STEEP, 0, 1)) ** 2
    return max(FURTHEST, camera.depth_at(max(row * (1 - 1.15 * steepness), -0.1)))


def table(camera: Camera, edge: float, material: world.Material) -> Shapes:
    """A slab whose top is at y = 0, from behind the camera to its far edge."""
    depth, thickness = 5.0 - edge, 0.06
    top = props.plinth(16.0, depth, thickness, 0.02, 0.01)
    return {"table": world.solid("table", top.moved(y=-thickness, z=edge + depth / 2), material)}


def hang_matte(
    camera: Camera, edge: float, paint: Callable[[tuple[float, float], float], np.ndarray]
) -> Shapes:
    """A painting behind a table, large enough for mirror images of what is above the frame.

    paint: gets its (height, width) in units of the frame, and the height of the table's far edge
    counted from the painting's middle.
    """
    distance = camera.distance + MATTE_DISTANCE
    scale = distance / camera.distance
    high, wide = camera.units_high * (1 + ABOVE_FRAME), camera.units_wide * 1.2
    row = camera.project((0.0, 0.0, edge))[1]
    light = paint((high, wide), level_in_matte(camera, row))
    size = high * scale, wide * scale
    shift = camera.units_high * ABOVE_FRAME / 2
    return {"matte": world.matte(light, camera, distance, size, shift * scale)}


def level_in_matte(camera: Camera, row: float) -> float:
    """Where a row of the picture is in a painting behind it, in units up from its middle."""
    return (0.5 - row - ABOVE_FRAME / 2) * camera.units_high
