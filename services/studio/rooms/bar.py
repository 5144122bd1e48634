"""A bar: shelves of bottles before glowing panels, counter, stools, warm lamps."""

from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms import furniture
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.shell import add_shell
from services.studio.rooms.solids import create_panel
from services.studio.shapes import Mesh, join_meshes

# sRGB of walls and wood by taste, of stools and of bottles against the light.
WALLS: tuple[RGB, ...] = ((66, 56, 50), (40, 54, 58), (84, 52, 44), (52, 52, 56))
WOODS: tuple[RGB, ...] = ((112, 68, 42), (84, 52, 36), (134, 86, 52))
STOOLS: tuple[RGB, ...] = ((120, 62, 44), (60, 74, 66), (48, 44, 42))
BOTTLES: tuple[RGB, ...] = ((206, 124, 48), (126, 118, 62), (206, 180, 130), (140, 64, 36))
# Meters: width of a bay of bottles, and heights of its boards.
BAY_WIDTH, BOARDS = 1.15, (1.0, 1.4, 1.8, 2.2)
# Brightness of the panels behind the bottles, and of the bottles that they shine through, as
# shares of a lamp's.
PANEL_GLOW, BOTTLE_GLOW = 0.008, 0.025


def build_bar(room: Room) -> None:
    """Builds a back bar with lit bottles behind a counter; room: changed in place."""
    rng, style = room.rng, room.style
    # Bars are dim unless the request wants them bright.
    room.style = replace(style, mood=style.mood or "dark")
    room.depth = float(rng.uniform(4.0, 4.8))
    wall, wood = style.wall or room.pick(*WALLS), style.wood or room.pick(*WOODS)
    add_shell(room, wall, floor=(60, 46, 38), ceiling=mix_colors(wall, (20, 18, 16), 0.5))
    shift = float(rng.uniform(-0.5, 0.5))
    for number in range(-2, 3):
        _add_bay(room, shift + number * (BAY_WIDTH + 0.12), wood)
    z = -room.depth + 1.3
    room.add_box((6.0, 0.9, 0.55), wood, at=(0, 0, z))
    room.add_box(
        (6.0, 0.05, 0.7), mix_colors(wood, (40, 30, 26), 0.5), (0, 0.9, z), gloss=Gloss.POLISHED
    )
    stool = style.accent or room.pick(*STOOLS)
    for x in (-1.2, -0.4, 0.5, 1.3):
        turn = 180 + float(rng.uniform(-25, 25))
        furniture.add_chair(room, (x + shift / 2, 0, z + 0.6), stool, turn, seat=0.68)
    shade = room.pick((34, 32, 30), furniture.BRASS)
    for x in np.linspace(-1.4, 1.4, 4) + shift / 3:
        furniture.add_pendant(room, (float(x), 1.62, z), 0.13, shade, glow=2.0)


def _add_bay(room: Room, x: float, wood: RGB) -> None:
    """Adds one bay of boards with bottles before a glowing panel.

    room: changed in place.
    x: of its middle in meters.
    wood: sRGB.
    """
    z, colors = -room.depth + 0.16, room.style.colors
    light = PANEL_GLOW * room.lamplight
    if colors:
        color = colors[int(room.rng.integers(len(colors)))]
        light = room.colored_light(color, float(light.max()))
    room.add_glow(create_panel(BAY_WIDTH, 1.5), light, at=(x, 1.0, -room.depth + 0.02))
    for side in (-1, 1):
        room.add_box((0.06, 2.6, 0.34), wood, at=(x + side * (BAY_WIDTH + 0.1) / 2, 0, z))
    for level in BOARDS:
        furniture.add_board(room, (x, level, z), BAY_WIDTH, wood, depth=0.3)
    _add_lit_bottles(room, x, z)


def _add_lit_bottles(room: Room, x: float, z: float) -> None:
    """Adds bottles that glow in the color of what is in them.

    room: changed in place.
    x, z: middle of the bay in meters.
    """
    rng = room.rng
    by_color: list[list[Mesh]] = [[] for _ in BOTTLES]
    for level in BOARDS[:-1]:
        bottle_x = x - BAY_WIDTH / 2 + 0.08
        while bottle_x < x + BAY_WIDTH / 2 - 0.05:
            radius = float(rng.uniform(0.035, 0.05))
            bottle = furniture.create_bottle(radius, float(rng.uniform(0.24, 0.33)))
            by_color[int(rng.integers(len(BOTTLES)))].append(bottle.translate(bottle_x, level, z))
            bottle_x += 2 * radius + float(rng.uniform(0.01, 0.12))
    for color, bottles in zip(BOTTLES, by_color, strict=True):
        if bottles:
            light = BOTTLE_GLOW * float(room.lamplight.max())
            room.add_glow(join_meshes(bottles), room.colored_light(color, light))
