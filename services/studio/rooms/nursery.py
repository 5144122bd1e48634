"""A nursery: pastel wall, cot, shelf of toys, bunting, window with curtains, round rug."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms import furniture
from services.studio.rooms.room import Room
from services.studio.rooms.shell import add_curtains, add_shell, add_window
from services.studio.rooms.solids import create_ball, create_box, create_cushion, create_frustum
from services.studio.shapes import create_flat_cutout

# sRGB of walls, wood and toys by taste.
WALLS: tuple[RGB, ...] = ((226, 214, 206), (206, 220, 214), (204, 214, 226), (238, 222, 204))
WOODS: tuple[RGB, ...] = ((214, 180, 138), (236, 232, 224), (190, 150, 108))
TOYS: tuple[RGB, ...] = (
    *((228, 168, 150), (160, 190, 176), (240, 206, 140), (156, 180, 206), (214, 178, 204)),
    (196, 160, 120),
)
# Flags of a bunting, and meters from its first to its last.
FLAGS, BUNTING_LENGTH = 11, 2.6
# Meters from one bar of the cot to the next.
BAR_STEP = 0.09


def build_nursery(room: Room) -> None:
    """Builds a child's room with cot and toys; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth = float(rng.uniform(3.8, 4.6))
    wall, wood = style.wall or room.pick(*WALLS), style.wood or room.pick(*WOODS)
    toys = style.colors or ((style.accent,) if style.accent else TOYS)
    add_shell(room, wall, floor=(206, 176, 140))
    side = style.light_side
    window_x = side * float(rng.uniform(0.9, 1.3))
    add_window(room, window_x, width=1.1, height=1.35, sill=0.85)
    add_curtains(room, window_x, width=1.1, color=mix_colors(wall, (255, 252, 248), share=0.65))
    _add_cot(room, -side * float(rng.uniform(0.5, 0.8)), wood)
    _add_toy_shelf(room, -side * float(rng.uniform(0.9, 1.2)), wood, toys)
    _add_bunting(room, -side * 0.7, toys)
    _add_bear(room, (window_x - side * 0.2, 0.0, -room.depth + 0.7))
    furniture.add_table_lamp(room, (side * 0.2, 0.62, -room.depth + 0.3), size=0.42)
    room.add_box((0.5, 0.62, 0.4), wood, at=(side * 0.2, 0, -room.depth + 0.3))


def _add_cot(room: Room, x: float, wood: RGB) -> None:
    """Adds a cot with bars, a blanket and a pillow; x: of its middle in meters.

    room: changed in place.
    wood: sRGB.
    """
    z, width, depth = -room.depth + 0.5, 1.25, 0.68
    room.add(create_cushion(width, 0.24, depth, 0.2), (240, 236, 228), at=(x, 0.45, z))
    room.add(create_cushion(width * 0.5, 0.12, depth, 0.3), room.pick(*TOYS), (x + 0.25, 0.62, z))
    bar = create_box(0.022, 0.62, 0.022)
    for along in (-1, 1):
        for bar_x in np.arange(-width / 2, width / 2 + 0.01, BAR_STEP):
            room.add(bar, wood, at=(x + bar_x, 0.35, z + along * depth / 2))
        for level in (0.33, 0.95):
            room.add_box((width + 0.06, 0.045, 0.04), wood, at=(x, level, z + along * depth / 2))
    for end in (-1, 1):
        room.add_box((0.045, 1.08, depth), wood, at=(x + end * (width / 2 + 0.04), 0, z))


def _add_toy_shelf(room: Room, x: float, wood: RGB, toys: tuple[RGB, ...]) -> None:
    """Adds two boards with blocks, balls and books; x: of their middle in meters.

    room: changed in place.
    wood, toys: sRGB.
    """
    rng, z = room.rng, -room.depth + 0.14
    for level in (1.32, 1.66):
        furniture.add_board(room, (x, level, z), 1.2, wood)
        toy_x = x - 0.52
        while toy_x < x + 0.5:
            size, color = float(rng.uniform(0.07, 0.13)), room.pick(*toys)
            match int(rng.integers(3)):
                case 0:
                    room.add(create_ball(size / 2), color, at=(toy_x, level, z))
                case 1:
                    room.add_box((size, size, size), color, (toy_x, level, z), turn=20)
                case _:
                    room.add(
                        create_frustum(size / 2, 1.8 * size, size / 5), color, (toy_x, level, z)
                    )
            toy_x += size + float(rng.uniform(0.03, 0.12))


def _add_bunting(room: Room, x: float, colors: tuple[RGB, ...]) -> None:
    """Adds a row of triangular flags on a sagging string; x: of its middle in meters.

    room: changed in place.
    colors: sRGB of the flags.
    """
    flag = create_flat_cutout(np.array([(-0.09, 0.0), (0.09, 0.0), (0.0, 0.2)])).rotate(
        90, axis="x"
    )
    for number in range(FLAGS):
        share = number / (FLAGS - 1)
        level = 2.12 - 0.22 * math.sin(math.pi * share)
        place = x + (share - 0.5) * BUNTING_LENGTH, level, -room.depth + 0.06
        room.add(flag, room.pick(*colors), at=place)


def _add_bear(room: Room, at: furniture.Place) -> None:
    """Adds a sitting bear of cloth on a stool; at: where the stool stands.

    room: changed in place.
    """
    x, y, z = at
    fur = room.pick((190, 150, 108), (222, 204, 180), (150, 112, 80))
    room.add(create_frustum(0.2, 0.5), (232, 222, 206), at)
    room.add(create_cushion(0.3, 0.34, 0.26, 0.9), fur, (x, y + 0.5, z))
    room.add(create_ball(0.12), fur, (x, y + 0.78, z))
    for side in (-1, 1):
        room.add(create_ball(0.045), fur, (x + side * 0.1, y + 0.95, z))
        room.add(create_ball(0.07), fur, (x + side * 0.13, y + 0.5, z + 0.13))
