"""A bathroom: tiles, basin, mirror, tub and towels; and a spa of warm slats, plants and stone."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms import furniture
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.shell import add_shell, add_window
from services.studio.rooms.solids import create_box, create_cushion, create_frustum

# sRGB of tiles, washstands, towels and spa walls by taste.
TILES: tuple[RGB, ...] = ((232, 232, 226), (158, 180, 170), (206, 196, 184), (176, 190, 198))
WASHSTANDS: tuple[RGB, ...] = ((178, 134, 94), (226, 222, 214), (132, 98, 72))
TOWELS: tuple[RGB, ...] = ((238, 232, 222), (206, 188, 166), (160, 172, 164))
SLATS: tuple[RGB, ...] = ((176, 128, 84), (146, 100, 66), (196, 150, 104))
STONES: tuple[RGB, ...] = ((128, 122, 114), (170, 160, 148), (96, 94, 92))
WHITE: RGB = (244, 243, 239)
# Meters: width and height of a wall tile, and how far to each side the wall is tiled.
TILE_WIDTH, TILE_HEIGHT, TILED_REACH = 0.3, 0.15, 2.4
# Meters: width of a slat, from one to the next, and how far out they stand.
SLAT, SLAT_STEP, SLAT_DEPTH = 0.1, 0.16, 0.06


def build_bathroom(room: Room) -> None:
    """Builds a tiled bathroom with a washstand and a tub; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth = float(rng.uniform(3.3, 4.0))
    glaze = style.wall or room.pick(*TILES)
    add_shell(room, glaze, floor=mix_colors(glaze, (120, 116, 110), 0.5))
    _add_wall_tiles(room, glaze)
    side = style.light_side
    _add_washstand(
        room, -side * float(rng.uniform(0.25, 0.55)), style.wood or room.pick(*WASHSTANDS)
    )
    window_x = side * float(rng.uniform(1.0, 1.4))
    add_window(room, window_x, width=0.85, height=1.05, sill=1.15)
    tub = create_cushion(1.6, 0.6, 0.78, 0.35)
    room.add(tub, WHITE, at=(window_x, 0.02, -room.depth + 0.75), gloss=Gloss.POLISHED)
    furniture.add_plant(room, (window_x + 0.25, 1.15, -room.depth + 0.12), height=0.4)
    furniture.add_plant(room, (window_x - side * 0.95, 0, -room.depth + 0.4), height=1.15)
    _add_towel_rail(room, -side * 1.6, style.accent or room.pick(*TOWELS))


def _add_wall_tiles(room: Room, glaze: RGB) -> None:
    """Adds tiles of slightly different shades to the back wall.

    room: changed in place.
    glaze: sRGB.
    """
    shades = [mix_colors(glaze, (90, 94, 92), share) for share in (0.0, 0.07, 0.14)]
    tile = create_box(TILE_WIDTH - 0.01, TILE_HEIGHT - 0.01, 0.012)
    for row in range(round(room.ceiling / TILE_HEIGHT)):
        # Every other row is shifted by half a tile.
        shift = (row % 2) * TILE_WIDTH / 2
        for x in np.arange(-TILED_REACH, TILED_REACH, TILE_WIDTH) + shift:
            shade = shades[int(room.rng.integers(3))]
            room.add(tile, shade, (x, row * TILE_HEIGHT, -room.depth + 0.006), gloss=Gloss.POLISHED)


def _add_washstand(room: Room, x: float, wood: RGB) -> None:
    """Adds a washstand with a basin and bottles, a round mirror and its lamps.

    room: changed in place.
    x: of its middle in meters.
    wood: sRGB.
    """
    z = -room.depth + 0.28
    room.add_box((1.3, 0.5, 0.5), wood, at=(x, 0.34, z))
    room.add_box((1.34, 0.04, 0.54), WHITE, at=(x, 0.84, z), gloss=Gloss.POLISHED)
    room.add(create_frustum(0.15, 0.13, 0.21), WHITE, at=(x, 0.88, z), gloss=Gloss.POLISHED)
    room.add(create_frustum(0.015, 0.28), furniture.BRASS, (x, 0.88, z - 0.22), gloss=Gloss.METAL)
    furniture.add_shelf_row(room, (x - 0.46, 0.88, z), 0.3, "jars", reach=0.26)
    furniture.add_shelf_row(room, (x + 0.46, 0.88, z), 0.2, "crockery", reach=0.24)
    mirror = create_frustum(0.4, 0.02).rotate(90, axis="x")
    frame = create_frustum(0.43, 0.015).rotate(90, axis="x")
    room.add(frame, furniture.BRASS, at=(x, 1.55, -room.depth + 0.03), gloss=Gloss.METAL)
    room.add(mirror, (130, 138, 140), at=(x, 1.55, -room.depth + 0.04), gloss=Gloss.MIRROR)
    for side in (-1, 1):
        furniture.add_globe(room, (x + side * 0.62, 1.72, z - 0.1), radius=0.08)


def _add_towel_rail(room: Room, x: float, towel: RGB) -> None:
    """Adds a rail with two towels; x: of its middle in meters.

    room: changed in place.
    towel: sRGB.
    """
    z = -room.depth + 0.1
    room.add_box((0.9, 0.02, 0.02), furniture.BRASS, at=(x, 1.42, z), gloss=Gloss.METAL)
    for dx, share in ((-0.22, 0.0), (0.22, 0.4)):
        color = mix_colors(towel, WHITE, share)
        room.add(create_cushion(0.36, 0.72, 0.07, 0.2), color, at=(x + dx, 0.73, z))


def build_spa(room: Room) -> None:
    """Builds a spa: slats and stone with hidden warm light, plants, towels, candles.

    room: changed in place.
    """
    rng, style = room.rng, room.style
    room.depth = float(rng.uniform(3.2, 4.0))
    stone = style.wall or room.pick(*STONES)
    wood = style.wood or room.pick(*SLATS)
    add_shell(room, stone, floor=mix_colors(stone, (70, 66, 60), 0.4))
    side = style.light_side
    _add_slats(room, start=-side * 0.1, side=-side, wood=wood)
    z = -room.depth + 0.3
    room.add_box((2.6, 0.09, 0.55), wood, at=(-side * 1.2, 0.5, z + 0.1))
    for number in range(3):
        towel = room.pick(*TOWELS)
        roll = create_frustum(0.085, 0.4).rotate(90, axis="x")
        room.add(roll, towel, at=(-side * (0.75 + 0.18 * number), 0.68, z - 0.1))
    furniture.add_candles(room, (-side * 1.6, 0.59, z), count=4)
    furniture.add_plant(room, (side * 0.85, 0, z + 0.1), height=float(rng.uniform(1.3, 1.7)))
    furniture.add_plant(room, (-side * 2.2, 0, z + 0.3), height=1.2)
    strip = create_box(2.4, 0.03, 0.03)
    for level in (0.64, 2.0):
        room.add_glow(strip, 1.6 * room.lamplight, at=(-side * 1.3, level, z - 0.18))
    room.add(create_cushion(1.9, 0.55, 1.0, 0.4), WHITE, at=(side * 1.5, 0, z + 0.5))


def _add_slats(room: Room, start: float, side: int, wood: RGB) -> None:
    """Adds upright slats to the back wall.

    room: changed in place.
    start: where they begin, in meters; side: direction in which they go on, -1 or 1.
    wood: sRGB.
    """
    slat = create_box(SLAT, room.ceiling, SLAT_DEPTH)
    for number in range(round(2.6 / SLAT_STEP)):
        x = start + side * number * SLAT_STEP
        room.add(slat, wood, at=(x, 0, -room.depth + SLAT_DEPTH / 2))
