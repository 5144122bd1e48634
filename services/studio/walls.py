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


def place_back_wall(camera: Camera, nearest_z: float, floor_y: float = 0.0) -> tuple[float, float]:
    """Places the wall behind the product; returns its z and the y of its upper end, in units.

    camera: the set's camera.
    nearest_z: z of the wall for level cameras, below 0. For steep ones it stands further away,
    behind all visible floor.
    floor_y: y of the floor.

    The upper end is out of view, but low enough for a lamp behind the wall.
    """
    is_steep = camera.pitch > STEEP_PITCH
    far = camera.floor_depth_at_row(row=0.0, floor_y=floor_y) if is_steep else nearest_z
    wall_z = min(nearest_z, max(far - WALL_GAP, FURTHEST_WALL))
    return wall_z, max(MIN_WALL_TOP, camera.height_at_row(row=-0.08, z=wall_z) + 0.1)


def raise_key_above_wall(key: Lamp, wall_z: float, wall_top: float) -> Lamp:
    """Returns the key light (the main lamp); one behind the wall is raised until it shines over it.

    key: the key light.
    wall_z, wall_top: z of the wall and y of its upper end, in units.
    """
    if math.cos(math.radians(key.azimuth)) > BACKLIGHT_COSINE:
        return key
    min_elevation = math.degrees(math.atan2(wall_top, -wall_z)) + WALL_CLEARANCE
    return replace(key, elevation=max(key.elevation, min_elevation))


def create_room(
    wall_z: float,
    wall_top: float,
    ground: world.Material,
    wall: world.Material,
    floor_y: float = 0.0,
) -> NamedShapes:
    """Creates a floor plate and an upright wall behind it, each wider than the view.

    wall_z, wall_top: z of the wall's front and y of its upper end, in units.
    ground, wall: materials of floor and wall.
    floor_y: y of the floor's top.

    Returns Mitsuba shapes by name, "floor" and "wall".
    """
    plate = props.create_plinth(
        width=ROOM_WIDTH,
        depth=FLOOR_FRONT - wall_z,
        height=FLOOR_THICKNESS,
        corner=0.01,
        fillet=0.004,
    )
    plate = plate.translate(y=floor_y - FLOOR_THICKNESS, z=(FLOOR_FRONT + wall_z) / 2)
    upright = props.create_plinth(
        width=ROOM_WIDTH,
        depth=WALL_THICKNESS,
        height=wall_top - floor_y + 0.05,
        corner=0.004,
        fillet=0.004,
    )
    upright = upright.translate(y=floor_y - 0.05, z=wall_z - WALL_THICKNESS / 2)
    return {
        "floor": world.load_mesh("floor", plate, ground),
        "wall": world.load_mesh("wall", upright, wall),
    }
