"""What scenes with a wall share: where it stands, the room it makes with a floor, and its light."""

import math
from dataclasses import replace

from services.studio import props, world
from services.studio.camera import Camera
from services.studio.lights import Lamp
from services.studio.scenery import Shapes

STEEP = 30.0
FURTHEST = -6.0
LOWEST_TOP = 1.1
BEHIND = -0.2
NEAREST = 6.0


def wall_behind(camera: Camera, nearest: float, floor: float = 0.0) -> tuple[float, float]:
    """A wall's z, behind all of the floor that a steep camera sees, and its upper end, out of sight
    but low enough for a lamp behind it."""
    far = camera.depth_at(0.0, floor) if camera.pitch > STEEP else nearest
    depth = min(nearest, max(far - 0.9, FURTHEST))
    return depth, max(LOWEST_TOP, camera.level_at(-0.08, depth) + 0.1)


def over_wall(key: Lamp, depth: float, top: float) -> Lamp:
    """A key light from behind, raised until it shines over the wall."""
    if math.cos(math.radians(key.azimuth)) > BEHIND:
        return key
    steep = math.degrees(math.atan2(top, -depth)) + 6
    return replace(key, elevation=max(key.elevation, steep))


def room(
    depth: float, top: float, ground: world.Material, wall: world.Material, floor: float = 0.0
) -> Shapes:
    """A floor whose top is at y = floor, and a wall behind it whose front is at z = depth."""
    plate = props.plinth(16.0, NEAREST - depth, 0.06, 0.01, 0.004)
    upright = props.plinth(16.0, 0.2, top - floor + 0.05, 0.004, 0.004)
    return {
        "floor": world.solid("floor", plate.moved(y=floor - 0.06, z=(NEAREST + depth) / 2), ground),
        "wall": world.solid("wall", upright.moved(y=floor - 0.05, z=depth - 0.1), wall),
    }
