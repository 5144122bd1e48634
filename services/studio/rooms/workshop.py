"""A workshop: bench with vise, pegboard with tools, shelves of jars and boxes, window, lamp."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms import furniture
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.shell import add_shell, add_window
from services.studio.rooms.solids import create_cushion, create_frustum

# sRGB of walls, pegboards, tool handles and wood by taste.
WALLS: tuple[RGB, ...] = ((150, 134, 116), (122, 122, 120), (168, 158, 142))
PEGBOARDS: tuple[RGB, ...] = ((170, 126, 82), (92, 108, 110), (184, 150, 108))
HANDLES: tuple[RGB, ...] = ((176, 62, 44), (206, 156, 52), (62, 86, 110), (150, 100, 58))
WOODS: tuple[RGB, ...] = ((160, 116, 76), (186, 142, 96), (128, 92, 62))
METAL: RGB = (120, 122, 124)
# Of its picture, as in Room: tools and wood look like dusty work, not like a bright kitchen.
BRIGHTNESS = 0.5
# Meters: height of the bench, and from one row of tools to the next.
BENCH, TOOL_ROW = 0.9, 0.34


def build_workshop(room: Room) -> None:
    """Builds a bench below a pegboard, and a window; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth, room.brightness = float(rng.uniform(3.6, 4.4)), BRIGHTNESS
    wall, wood = style.wall or room.pick(*WALLS), style.wood or room.pick(*WOODS)
    add_shell(room, wall, floor=(132, 124, 114), ceiling=mix_colors(wood, (120, 110, 100), 0.4))
    side = style.light_side
    add_window(room, side * 0.98, 1.15, 1.1, sill=1.1, columns=3, rows=2, frame=(88, 84, 76))
    room.add_box((4.6, 0.09, 0.7), wood, at=(0, BENCH - 0.09, -room.depth + 0.36))
    furniture.add_legs(room, (0, 0, -room.depth + 0.36), 4.2, 0.55, BENCH, wood)
    room.add_box(
        (4.4, 0.4, 0.5), mix_colors(wood, (40, 30, 24), 0.5), at=(0, 0.3, -room.depth + 0.3)
    )
    _add_pegboard(room, -side * 0.65, style.accent or room.pick(*PEGBOARDS))
    _add_bench_things(room, side, wood)
    furniture.add_board(room, (-side * 0.75, 2.2, -room.depth + 0.15), 2.0, wood)
    furniture.add_shelf_row(room, (-side * 0.75, 2.2, -room.depth + 0.15), 1.9, "jars")
    for number in range(5):
        x = side * (1.95 + 0.1 * number)
        tall = float(rng.uniform(1.6, 2.3))
        room.add_box((0.09, tall, 0.03), room.pick(*WOODS), at=(x, 0, -room.depth + 0.12))
    lamp_x = float(rng.uniform(-0.5, 0.3))
    furniture.add_pendant(room, (lamp_x, 1.72, -room.depth + 0.9), 0.2, (60, 84, 78))


def _add_pegboard(room: Room, x: float, board: RGB) -> None:
    """Adds a board with rows of tools; x: of its middle in meters.

    room: changed in place.
    board: sRGB.
    """
    rng, z = room.rng, -room.depth + 0.03
    room.add_box((1.9, 1.1, 0.02), board, at=(x, 1.05, -room.depth + 0.02))
    for row in range(3):
        tool_x = x - 0.85
        while tool_x < x + 0.85:
            level = 2.02 - row * TOOL_ROW
            tool_x += _add_tool(room, (tool_x, level, z), kind=int(rng.integers(4)))


def _add_tool(room: Room, at: furniture.Place, kind: int) -> float:
    """Adds a hanging tool and returns the width that it takes in meters.

    room: changed in place.
    at: its upper left end.
    kind: 0 a hammer, 1 a screwdriver, 2 a saw, 3 a wrench.
    """
    x, y, z = at
    handle = room.pick(*HANDLES)
    if kind == 0:
        room.add_box(
            (0.13, 0.045, 0.04), METAL, at=(x + 0.07, y - 0.05, z + 0.02), gloss=Gloss.SATIN
        )
        room.add_box((0.03, 0.22, 0.03), handle, at=(x + 0.07, y - 0.27, z + 0.02))
        return 0.2
    if kind == 1:
        room.add(create_frustum(0.018, 0.11), handle, at=(x + 0.03, y - 0.11, z + 0.03))
        room.add(create_frustum(0.006, 0.13), METAL, at=(x + 0.03, y - 0.24, z + 0.03))
        return 0.09
    if kind == 2:
        room.add_box((0.34, 0.1, 0.008), METAL, at=(x + 0.2, y - 0.14, z + 0.02), gloss=Gloss.SATIN)
        room.add(create_cushion(0.12, 0.14, 0.03, 0.6), handle, at=(x + 0.06, y - 0.16, z + 0.02))
        return 0.46
    room.add_box((0.035, 0.25, 0.012), METAL, at=(x + 0.04, y - 0.27, z + 0.02), gloss=Gloss.SATIN)
    room.add_box((0.07, 0.05, 0.014), METAL, at=(x + 0.04, y - 0.05, z + 0.02), gloss=Gloss.SATIN)
    return 0.12


def _add_bench_things(room: Room, side: int, wood: RGB) -> None:
    """Adds a vise, cans, a box of tools and planks to the bench.

    room: changed in place.
    side: of the window, -1 left or 1 right.
    wood: sRGB.
    """
    rng, z = room.rng, -room.depth + 0.3
    vise = side * float(rng.uniform(0.3, 0.7))
    room.add_box((0.2, 0.2, 0.26), (52, 72, 92), at=(vise, BENCH, z + 0.2))
    room.add_box((0.26, 0.06, 0.1), METAL, at=(vise, BENCH + 0.16, z + 0.26))
    room.add_box((0.42, 0.2, 0.22), room.pick(*HANDLES), at=(-side * 1.3, BENCH, z))
    for x in np.linspace(-0.5, 0.1, 4):
        color = room.pick((160, 160, 158), *HANDLES)
        can = create_frustum(0.05, float(rng.uniform(0.1, 0.17)))
        room.add(can, color, at=(-side * (x + 0.6), BENCH, z), gloss=Gloss.SATIN)
    for number in range(3):
        plank = 0.9, 0.035, 0.14
        place = side * 1.3, BENCH + 0.036 * number, z + float(rng.uniform(-0.05, 0.1))
        room.add_box(plank, room.pick(wood, *WOODS), at=place)
