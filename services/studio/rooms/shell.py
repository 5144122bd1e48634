"""Shell of a room: floor, walls, ceiling, windows with their view, curtains and daylight."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.solids import create_box, create_curtain, create_panel
from services.studio.rooms.views import paint_view

# sRGB of ceilings, window frames and curtains.
WHITE: RGB = (242, 240, 235)
LINEN: RGB = (232, 226, 214)
# Meters: width of a window's frame and of its bars, and how far the frame stands out.
FRAME, BAR, REVEAL = 0.07, 0.035, 0.1
# sRGB of bricks and of their mortar; meters from one brick to the next, and from row to row; and
# the joint. Larger than real ones, which cannot be recognized out of focus.
BRICK: RGB = (164, 92, 70)
MORTAR: RGB = (206, 192, 178)
BRICK_STEP, BRICK_RISE, BRICK_JOINT = 0.5, 0.2, 0.05
# Meters that side walls reach behind the camera.
BEHIND_CAMERA = 1.8


def add_shell(
    room: Room, wall: RGB, floor: RGB, ceiling: RGB = WHITE, daylight: bool = True
) -> None:
    """Adds floor, back wall, side walls and ceiling, and a window off the frame at one side.

    room: changed in place.
    wall, floor, ceiling: sRGB.
    daylight: whether light comes from the side; false in rooms without a window.
    """
    length = room.depth + BEHIND_CAMERA
    middle = (BEHIND_CAMERA - room.depth) / 2
    width = 2 * room.half_width
    room.add_box((width, 0.1, length), floor, at=(0, -0.1, middle), gloss=Gloss.SATIN)
    room.add_box((width, 0.1, length), ceiling, at=(0, room.ceiling, middle))
    room.add_box((width, room.ceiling, 0.1), wall, at=(0, 0, -room.depth - 0.05))
    for side in (-1, 1):
        x = side * (room.half_width + 0.05)
        room.add_box((0.1, room.ceiling, length), wall, at=(x, 0, middle))
    room.add_box((width, 0.09, 0.02), WHITE, at=(0, 0, -room.depth + 0.01))
    if room.wants("brick_wall"):
        _lay_bricks(room)
    if daylight:
        add_side_window(room)


def _lay_bricks(room: Room) -> None:
    """Lays a wall of bricks before the back wall, of the wanted color; room: changed in place."""
    color = room.style.wall or BRICK
    shades = [mix_colors(color, (60, 34, 28), share) for share in (0.0, 0.16, 0.3)]
    joints = (2 * room.half_width, room.ceiling, 0.01)
    room.add_box(joints, mix_colors(color, MORTAR, 0.7), at=(0, 0, -room.depth))
    brick = create_box(BRICK_STEP - BRICK_JOINT, BRICK_RISE - BRICK_JOINT, 0.02)
    for row in range(round(room.ceiling / BRICK_RISE)):
        shift = (row % 2) * BRICK_STEP / 2
        for x in np.arange(-room.half_width, room.half_width, BRICK_STEP) + shift:
            shade = shades[int(room.rng.integers(3))]
            room.add(brick, shade, (x, row * BRICK_RISE, -room.depth + 0.012))


def add_side_window(room: Room) -> None:
    """Adds a wide window in the side wall that daylight comes from; room: changed in place."""
    side, length = room.style.light_side, 0.62 * room.depth
    pane = create_panel(length, 1.7)
    x = side * (room.half_width - 0.01)
    room.add_glow(pane, 1.1 * room.daylight, at=(x, 0.75, -0.52 * room.depth), turn=-90 * side)


def add_window(
    room: Room,
    x: float,
    width: float,
    height: float,
    sill: float = 0.95,
    columns: int = 2,
    rows: int = 1,
    view: str = "garden",
    frame: RGB = WHITE,
) -> None:
    """Adds a window in the back wall with its frame and the view outside.

    room: changed in place.
    x: of its middle; width, height: of its panes; sill: height of their lower edge, in meters.
    columns, rows: of panes.
    view: what it looks out on: garden, town or snow.
    frame: sRGB.
    """
    z = -room.depth
    room.add_glow(create_panel(width, height), paint_view(room, view), at=(x, sill, z + 0.012))
    for side in (-1, 1):
        edge = x + side * (width + FRAME) / 2
        room.add_box(
            (FRAME, height + 2 * FRAME, REVEAL), frame, at=(edge, sill - FRAME, z + REVEAL / 2)
        )
    room.add_box((width, FRAME, REVEAL), frame, at=(x, sill + height, z + REVEAL / 2))
    room.add_box((width + 4 * FRAME, 0.04, 2 * REVEAL), frame, at=(x, sill - 0.04, z + REVEAL))
    for column in range(1, columns):
        bar_x = x - width / 2 + width * column / columns
        room.add_box((BAR, height, 0.03), frame, at=(bar_x, sill, z + 0.03))
    for row in range(1, rows):
        room.add_box((width, BAR, 0.03), frame, at=(x, sill + height * row / rows, z + 0.03))


def add_curtains(
    room: Room, x: float, width: float, color: RGB = LINEN, top: float = 2.45, share: float = 0.28
) -> None:
    """Adds a curtain at each side of a window, and their rail.

    room: changed in place.
    x: of the window's middle; width: of the window; top: height of the rail, in meters.
    color: sRGB of the cloth.
    share: width of each curtain as a share of the window's.
    """
    z, cloth = -room.depth + 0.2, share * width + 0.18
    for side in (-1, 1):
        middle = x + side * (width / 2 + 0.1)
        folds = max(3, round(cloth / 0.11))
        room.add(create_curtain(cloth, top, folds, depth=0.09), color, at=(middle, 0, z))
    rail = mix_colors(color, (60, 50, 40), share=0.7)
    room.add_box((width + 2 * cloth, 0.03, 0.03), rail, at=(x, top, z))
