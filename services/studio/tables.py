"""Parts of table scenes: the table top, and the painted backdrop behind it."""

from collections.abc import Callable

import numpy as np

from services.imaging.scene import RGB
from services.studio import materials, props, world
from services.studio.camera import Camera
from services.studio.sets import NamedShapes

# Units from the product to the backdrop. Larger: a larger backdrop, more out of focus in mirrors.
BACKDROP_DISTANCE = 6.0
# Height of the backdrop above the frame, as a share of the frame's, for what glossy tables mirror.
# Smaller: mirrors that show its upper end.
BACKDROP_EXTRA_HEIGHT = 0.55
# Width of the backdrop as a multiple of the frame's. Smaller: its sides may be mirrored.
BACKDROP_WIDTH_FACTOR = 1.2
# Degrees of pitch at which the table's far edge reaches the upper end of the view, about as of a
# counter 70 cm deep, and how suddenly it rises. Smaller: it leaves sooner; earlier.
EDGE_HIDDEN_PITCH, EDGE_RISE = 38.5, 1.3
# Degrees of pitch at which land, which reaches to the horizon, fills the view.
LAND_FILLS_PITCH = 27.0
# Row, as a share of the height, of the edge in steep views, which thereby still show the place, and
# degrees of pitch from which on they do not: what is behind a table is then its floor. Larger row:
# shallower tables.
LEAST_EDGE_ROW, BARE_GROUND_PITCH = 0.2, 46.0
# Row of an edge that is out of view, above the picture with all that lies near it.
HIDDEN_EDGE_ROW = -0.1
# z of the furthest table edge, in units, for cameras near the horizon.
FURTHEST_EDGE = -7.0
# Share of what is seen above the ground's far edge that is above the horizon at least. Larger:
# steep views show more of what rises there, and agree less with their ground.
LEAST_ABOVE_HORIZON = 0.4
# Units: width of a table top, its front edge behind the camera, and its thickness.
TABLE_WIDTH, TABLE_FRONT, TABLE_THICKNESS = 16.0, 5.0, 0.06
# Row, as a share of the height, of a shelf's front edge, and its largest z; how far it stands out
# from the wall below, and what of that wall there is, all in units.
SHELF_ROW, DEEPEST_SHELF, SHELF_OVERHANG, SHELF_WALL_HEIGHT = 0.915, 0.5, 0.12, 2.0


def find_ground_edge(camera: Camera, row: float, is_land: bool = False) -> float:
    """Returns the z of a table's or the land's far edge in units, below 0 behind the product.

    row: of the edge in a level view, as a share of the image's height from the top. The steeper the
    camera, the higher the edge in the image, until it is out of view.
    is_land: whether it is land, whose edge rises earlier, instead of a table.
    """
    hidden = LAND_FILLS_PITCH if is_land else EDGE_HIDDEN_PITCH
    steepness = float(np.clip(camera.pitch / hidden, 0, 1)) ** EDGE_RISE
    edge_row = max(row * (1 - steepness), LEAST_EDGE_ROW)
    if camera.pitch >= BARE_GROUND_PITCH:
        edge_row = HIDDEN_EDGE_ROW
    return max(FURTHEST_EDGE, camera.floor_depth_at_row(row=edge_row))


def create_table(
    edge_z: float, material: materials.Material, front_z: float = TABLE_FRONT
) -> NamedShapes:
    """Creates a table top at y = 0 from behind the camera to its far edge.

    edge_z: z of the far edge in units.
    material: of the table.
    front_z: z of its front edge in units.

    Returns the Mitsuba shape by name, "table".
    """
    depth = front_z - edge_z
    top = props.create_plinth(
        width=TABLE_WIDTH, depth=depth, height=TABLE_THICKNESS, corner=0.02, fillet=0.01
    )
    top = top.translate(y=-TABLE_THICKNESS, z=edge_z + depth / 2)
    return {"table": world.load_mesh("table", top, material)}


def find_shelf_front(camera: Camera) -> float:
    """Returns the z of a shelf's front edge, in units, where the picture shows it."""
    return min(DEEPEST_SHELF, camera.floor_depth_at_row(SHELF_ROW))


def create_shelf_wall(front_z: float, color: RGB) -> NamedShapes:
    """Creates the wall below a shelf, a little behind its front edge; color: sRGB.

    front_z: z of the shelf's front edge in units. Returns the Mitsuba shape by name.
    """
    below = props.create_plinth(
        width=TABLE_WIDTH, depth=0.1, height=SHELF_WALL_HEIGHT, corner=0.01, fillet=0.001
    ).translate(y=-SHELF_WALL_HEIGHT - TABLE_THICKNESS, z=front_z - SHELF_OVERHANG - 0.05)
    return {"below": world.load_mesh("below", below, materials.create_matte_material(color))}


def hang_backdrop(
    camera: Camera, edge_z: float, paint: Callable[[tuple[float, float], float], np.ndarray]
) -> NamedShapes:
    """Hangs a painted backdrop (a glowing picture of what is far away) behind a table.

    camera: the set's camera, which the backdrop faces.
    edge_z: z of the table's far edge in units.
    paint: function of the painting's (height, width) in units of the frame, and of the height of
    the table's far edge from the painting's center. Returns linear light, float32 RGB (h, w, 3).

    It is larger than the frame, for what glossy tables mirror. Returns the Mitsuba shape by name.
    """
    distance = camera.distance + BACKDROP_DISTANCE
    scale = distance / camera.distance
    height = camera.height_in_units * (1 + BACKDROP_EXTRA_HEIGHT)
    width = camera.width_in_units * BACKDROP_WIDTH_FACTOR
    row = camera.project_point((0.0, 0.0, edge_z))[1]
    light = paint((height, width), backdrop_height_at_row(camera, row))
    size = height * scale, width * scale
    right = (0.5 - camera.product_x) * camera.width_in_units
    shift = right * scale, camera.height_in_units * BACKDROP_EXTRA_HEIGHT / 2 * scale
    return {"matte": world.create_backdrop(light, camera, distance, size, shift)}


def find_seen_horizon(camera: Camera, edge_row: float) -> float:
    """Returns the row of the horizon behind a set, as a share of the image's height from the top.

    Lower than the camera's where that would leave nothing to see but the ground below it.

    edge_row: of the ground's far edge.
    """
    return max(camera.horizon_row(), LEAST_ABOVE_HORIZON * edge_row)


def find_painted_horizon(camera: Camera, level: float) -> float:
    """Returns the height of that horizon in a painting, in units above its center.

    level: height of the ground's far edge above the painting's center, in units.
    """
    edge_row = 0.5 - BACKDROP_EXTRA_HEIGHT / 2 - level / camera.height_in_units
    return backdrop_height_at_row(camera, find_seen_horizon(camera, edge_row))


def backdrop_height_at_row(camera: Camera, row: float) -> float:
    """Converts a row of the image to a height in units above the painted backdrop's center.

    row: share of the image's height from the top.
    """
    return (0.5 - row - BACKDROP_EXTRA_HEIGHT / 2) * camera.height_in_units
