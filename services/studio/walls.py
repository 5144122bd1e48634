"""Walls behind a set: where they stand, and light that comes over them."""

import math
from dataclasses import replace

from services.studio.camera import Camera
from services.studio.lights import Lamp

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
