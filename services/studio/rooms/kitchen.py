"""A kitchen: cabinets, worktop, tiles, shelves with crockery, a window, pendant lamps."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms import furniture
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.shell import add_shell, add_window
from services.studio.rooms.solids import create_ball, create_frustum

# sRGB of walls, cabinets, worktops and wood by taste.
WALLS: tuple[RGB, ...] = ((236, 231, 221), (226, 220, 208), (216, 222, 216))
CABINETS: tuple[RGB, ...] = ((232, 228, 220), (146, 158, 142), (92, 106, 112), (206, 196, 180))
WOODS: tuple[RGB, ...] = ((186, 142, 98), (154, 108, 72), (206, 170, 128))
STONE: RGB = (216, 210, 200)
# Meters: height of the worktop, its depth, and width of a cabinet.
WORKTOP, WORKTOP_DEPTH, CABINET_WIDTH = 0.9, 0.62, 0.6
# Height in meters of the tiles above the worktop, width of one, and the joint; and the last two
# where tiles are wanted, which cover the wall and can be told apart out of focus.
TILE_BAND, TILE, JOINT = 0.6, 0.15, 0.01
WANTED_TILE, WANTED_JOINT = 0.26, 0.05
GROUT: RGB = (104, 100, 94)


def build_kitchen(room: Room) -> None:
    """Builds a fitted kitchen along the back wall; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth = float(rng.uniform(3.6, 4.4))
    wall = style.wall or room.pick(*WALLS)
    wood = style.wood or room.pick(*WOODS)
    cabinet = style.accent or room.pick(*CABINETS)
    add_shell(room, wall, floor=mix_colors(wood, (120, 100, 80), 0.3))
    _add_base_cabinets(room, cabinet, wood)
    window_x = style.light_side * float(rng.uniform(0.45, 0.95))
    add_window(room, window_x, width=1.0, height=1.15, sill=1.02, view="garden")
    if room.decide("tiles", 0.6):
        _add_tiles(room, window_x, mix_colors(wall, (255, 255, 255), 0.4))
    side = -style.light_side
    if room.decide("cabinets", 0.4):
        _add_wall_cabinets(room, side, cabinet)
    else:
        _add_shelves(room, side, wood)
    _add_worktop_things(room, window_x, side, wood)
    if room.decide("pendant", 0.6):
        shade = room.pick((40, 40, 40), furniture.BRASS, (236, 232, 224))
        for x in (-0.75, 0.35):
            furniture.add_pendant(room, (x + rng.uniform(-0.1, 0.1), 1.62, -2.7), 0.17, shade)


def _add_base_cabinets(room: Room, cabinet: RGB, wood: RGB) -> None:
    """Adds the row of base cabinets and its worktop.

    room: changed in place.
    cabinet, wood: sRGB of doors and handles.
    """
    z, width = -room.depth + WORKTOP_DEPTH / 2, 2 * room.half_width
    top = room.pick(STONE, wood, (84, 82, 80))
    room.add_box(
        (width, WORKTOP - 0.04, WORKTOP_DEPTH - 0.06),
        mix_colors(cabinet, (0, 0, 0), 0.6),
        at=(0, 0, z - 0.03),
    )
    room.add_box(
        (width, 0.045, WORKTOP_DEPTH), top, at=(0, WORKTOP - 0.045, z), gloss=Gloss.POLISHED
    )
    for x in np.arange(-room.half_width, room.half_width, CABINET_WIDTH):
        middle = x + CABINET_WIDTH / 2, 0.1, z + WORKTOP_DEPTH / 2 - 0.05
        room.add_box((CABINET_WIDTH - 0.012, WORKTOP - 0.17, 0.02), cabinet, at=middle)
        handle = middle[0], WORKTOP - 0.16, middle[2] + 0.025
        room.add_box((0.16, 0.014, 0.014), furniture.BRASS, at=handle, gloss=Gloss.METAL)


def _add_tiles(room: Room, window_x: float, glaze: RGB) -> None:
    """Adds a band of tiles above the worktop, each of a slightly different shade.

    room: changed in place.
    window_x: middle of the window, in meters, which tiles keep clear of.
    glaze: sRGB.
    """
    shades = [mix_colors(glaze, (110, 110, 104), share) for share in (0.02, 0.1, 0.18)]
    tile, joint, band = TILE, JOINT, TILE_BAND
    if room.wants("tiles"):
        tile, joint, band = WANTED_TILE, WANTED_JOINT, room.ceiling - WORKTOP
        grout = (2 * room.half_width, band, 0.006)
        room.add_box(grout, mix_colors(glaze, GROUT, 0.6), at=(0, WORKTOP, -room.depth))
    for row in range(round(band / tile)):
        for x in np.arange(-room.half_width, room.half_width, tile):
            if abs(x - window_x) > 0.62 or (row * tile > TILE_BAND + 0.7):
                shade = shades[int(room.rng.integers(3))]
                at = x, WORKTOP + row * tile + 0.004, -room.depth + 0.008
                size = (tile - joint, tile - joint, 0.012)
                room.add_box(size, shade, at=at, gloss=Gloss.POLISHED)


def _add_wall_cabinets(room: Room, side: int, cabinet: RGB) -> None:
    """Adds cabinets on the wall; side: -1 left or 1 right of the window.

    room: changed in place.
    cabinet: sRGB.
    """
    for number in range(5):
        x = side * (0.15 + CABINET_WIDTH * (number + 0.5))
        z = -room.depth + 0.18
        room.add_box((CABINET_WIDTH - 0.01, 0.8, 0.36), cabinet, at=(x, 1.55, z))
        handle = x + side * 0.2, 1.62, z + 0.19
        room.add_box((0.014, 0.16, 0.014), furniture.BRASS, at=handle, gloss=Gloss.METAL)


def _add_shelves(room: Room, side: int, wood: RGB) -> None:
    """Adds two boards with crockery; side: -1 left or 1 right of the window.

    room: changed in place.
    wood: sRGB.
    """
    width = float(room.rng.uniform(1.3, 1.7))
    x, z = side * (0.15 + width / 2), -room.depth + 0.13
    for level in (1.36, 1.74):
        furniture.add_board(room, (x, level, z), width, wood)
        furniture.add_shelf_row(room, (x, level, z), width - 0.1, "crockery", reach=0.3)
    furniture.add_plant(room, (x + side * 0.4 * width, 1.74, z), height=0.34)


def _add_worktop_things(room: Room, window_x: float, side: int, wood: RGB) -> None:
    """Adds boards, jars, fruit and herbs to the worktop.

    room: changed in place.
    window_x: middle of the window in meters; side: of the shelves, -1 or 1.
    wood: sRGB of the cutting boards.
    """
    rng, z = room.rng, -room.depth + 0.16
    for width, height in ((0.34, 0.44), (0.26, 0.34)):
        x = side * rng.uniform(0.1, 1.2)
        room.add_box(
            (width, height, 0.02), room.pick(wood, (150, 104, 68)), at=(x, WORKTOP, z - 0.1)
        )
    furniture.add_shelf_row(room, (side * 0.85, WORKTOP, z), 0.7, "jars", reach=0.3)
    furniture.add_plant(room, (window_x + rng.uniform(-0.3, 0.3), WORKTOP, z), height=0.32)
    bowl_x = float(rng.uniform(-0.3, 0.3))
    room.add(create_frustum(0.09, 0.09, 0.16), (228, 222, 212), at=(bowl_x, WORKTOP, z + 0.15))
    fruit = room.pick((226, 168, 52), (206, 84, 52), (150, 168, 64))
    for _ in range(7):
        dx, dz = rng.uniform(-0.09, 0.09, 2)
        room.add(
            create_ball(0.042),
            fruit,
            at=(bowl_x + dx, WORKTOP + 0.07, z + 0.15 + dz),
            gloss=Gloss.SATIN,
        )
