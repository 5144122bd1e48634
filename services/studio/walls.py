"""Parts of scenes with a wall: its position, the room that it forms, and light from behind it."""

import math
from dataclasses import replace

from services.studio import props, world
from services.studio.camera import Camera
from services.studio.lights import Lamp
from services.studio.sets import NamedShapes

# Degrees of pitch from which the wall moves behind all of the floor that the camera sees.
STEEP_PITCH = 30.0
# z of the furthest wall, in units. Further away: a larger room to render.
FURTHEST_WALL = -6.0
# Units behind the last visible floor at which a steep camera's wall stands.
WALL_GAP = 0.9
# y of the lowest upper end of a wall, in units, so that level cameras do not see over it.
MIN_WALL_TOP = 1.1
# Cosine of the azimuth below which the key light comes from behind the wall.
BACKLIGHT_COSINE = -0.2
# Degrees that such a light is above the wall's upper end. Larger: shorter shadows.
WALL_CLEARANCE = 6
# z of the floor's front edge, in units, behind the camera.
FLOOR_FRONT = 6.0
# Units: width of floor and wall, thickness of the floor, thickness of the wall.
ROOM_WIDTH, FLOOR_THICKNESS, WALL_THICKNESS = 16.0, 0.06, 0.2


def place_back_wall(camera: Camera, nearest: float, floor: float = 0.0) -> tuple[float, float]:
    """Places the wall behind the product; returns its z and the y of its upper end.

    nearest: z of the wall for level cameras; steep ones push it behind the visible floor.
    floor: y of the floor.

    The upper end is out of view, but low enough for a lamp behind the wall.
    """
    is_steep = camera.pitch > STEEP_PITCH
    far = camera.floor_depth_at_row(0.0, floor) if is_steep else nearest
    depth = min(nearest, max(far - WALL_GAP, FURTHEST_WALL))
    return depth, max(MIN_WALL_TOP, camera.height_at_row(-0.08, depth) + 0.1)


def raise_key_above_wall(key: Lamp, depth: float, top: float) -> Lamp:
    """Returns a key light from behind, raised until it shines over the wall; others unchanged.

    depth, top: z of the wall and y of its upper end.
    """
    if math.cos(math.radians(key.azimuth)) > BACKLIGHT_COSINE:
        return key
    min_elevation = math.degrees(math.atan2(top, -depth)) + WALL_CLEARANCE
    return replace(key, elevation=max(key.elevation, min_elevation))


def create_room(
    depth: float, top: float, ground: world.Material, wall: world.Material, floor: float = 0.0
) -> NamedShapes:
    """Creates a floor with its top at y = `floor` and a wall with its front at z = `depth`.

    top: y of the wall's upper end.
    """
    plate = props.create_plinth(ROOM_WIDTH, FLOOR_FRONT - depth, FLOOR_THICKNESS, 0.01, 0.004)
    plate = plate.translate(y=floor - FLOOR_THICKNESS, z=(FLOOR_FRONT + depth) / 2)
    upright = props.create_plinth(ROOM_WIDTH, WALL_THICKNESS, top - floor + 0.05, 0.004, 0.004)
    upright = upright.translate(y=floor - 0.05, z=depth - WALL_THICKNESS / 2)
    return {
        "floor": world.load_mesh("floor", plate, ground),
        "wall": world.load_mesh("wall", upright, wall),
    }
