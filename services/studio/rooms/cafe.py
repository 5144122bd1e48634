"""A café, a bakery and a pastry shop: counter, shelves, pendant lamps, bread and cakes."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms import furniture
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.shell import add_shell, add_window
from services.studio.rooms.solids import create_box, create_cushion, create_frustum

# sRGB of walls, counters, bread, cakes and wood by taste.
WALLS: tuple[RGB, ...] = ((206, 194, 176), (120, 132, 122), (186, 160, 134), (92, 96, 98))
PASTRY_WALLS: tuple[RGB, ...] = ((236, 196, 196), (186, 214, 206), (240, 220, 182), (204, 190, 222))
WOODS: tuple[RGB, ...] = ((168, 120, 80), (126, 86, 58), (190, 148, 104))
BREADS: tuple[RGB, ...] = ((188, 122, 62), (160, 96, 46), (206, 152, 92), (140, 84, 44))
CAKES: tuple[RGB, ...] = ((244, 206, 206), (250, 238, 216), (120, 70, 50), (206, 226, 200))
# Meters: height of the counter, and from the back wall to its middle.
COUNTER, COUNTER_DISTANCE = 0.94, 1.15


def build_cafe(room: Room) -> None:
    """Builds a café with shelves, a coffee machine and lamps; room: changed in place."""
    rng = room.rng
    wood = _build_shop(room, WALLS)
    side = room.style.light_side
    x = -side * float(rng.uniform(0.4, 0.8))
    for level in (1.3, 1.68, 2.06):
        furniture.add_board(room, (x, level, -room.depth + 0.15), 2.2, wood)
        fill = str(rng.choice(["crockery", "bottles", "jars"]))
        furniture.add_shelf_row(room, (x, level, -room.depth + 0.15), 2.1, fill, reach=0.3)
    _add_coffee_machine(room, x + side * float(rng.uniform(0.5, 0.9)))
    _add_menu_board(room, x + side * 1.75)
    _add_pendants(room)
    for dx in (-0.9, 0.0, 0.9):
        chair_x = dx + float(rng.uniform(-0.1, 0.1))
        furniture.add_chair(room, (chair_x, 0, -room.depth + 1.95), wood, turn=180, seat=0.74)


def build_bakery(room: Room) -> None:
    """Builds a bakery: boards of bread behind a counter with baskets; room: changed in place."""
    rng = room.rng
    wood = _build_shop(room, ((224, 210, 188), (206, 178, 144), (236, 228, 212)))
    x = -room.style.light_side * float(rng.uniform(0.2, 0.6))
    for level in (1.06, 1.38, 1.7, 2.02):
        furniture.add_board(room, (x, level, -room.depth + 0.2), 2.5, wood, depth=0.38)
        _add_breads(room, (x, level, -room.depth + 0.22), width=2.4)
    _add_breads(room, (x, COUNTER, -room.depth + COUNTER_DISTANCE), width=1.6)
    _add_pendants(room)


def build_pastry_shop(room: Room) -> None:
    """Builds a pastry shop: cakes on stands before a colored wall; room: changed in place."""
    rng = room.rng
    wood = _build_shop(room, PASTRY_WALLS)
    x = -room.style.light_side * float(rng.uniform(0.2, 0.7))
    for level in (1.3, 1.75):
        furniture.add_board(room, (x, level, -room.depth + 0.16), 1.9, (244, 240, 234), depth=0.3)
        _add_cakes(room, (x, level, -room.depth + 0.17), width=1.8)
    _add_cakes(room, (x, COUNTER, -room.depth + COUNTER_DISTANCE), width=2.2)
    for dx in (-0.8, 0.0, 0.8):
        furniture.add_globe(room, (x + dx, 1.9, -room.depth + 1.0), radius=0.14)
    furniture.add_chair(room, (x + 1.9, 0, -room.depth + 2.2), wood, turn=160)


def _build_shop(room: Room, walls: tuple[RGB, ...]) -> RGB:
    """Builds the shell, counter and window of a shop, and returns the sRGB of its wood.

    room: changed in place.
    walls: sRGB by taste.
    """
    rng, style = room.rng, room.style
    room.depth = float(rng.uniform(4.4, 5.2))
    room.ceiling = 3.0
    wall, wood = style.wall or room.pick(*walls), style.wood or room.pick(*WOODS)
    add_shell(room, wall, floor=(130, 112, 94))
    side, z = style.light_side, -room.depth + COUNTER_DISTANCE
    add_window(room, side * 2.2, width=1.7, height=1.9, sill=0.7, view="town", frame=(60, 56, 52))
    front = style.accent or mix_colors(wood, wall, share=float(rng.uniform(0, 0.7)))
    room.add_box((4.6, COUNTER - 0.05, 0.6), front, at=(-side * 0.6, 0, z))
    room.add_box((4.7, 0.05, 0.7), wood, at=(-side * 0.6, COUNTER - 0.05, z), gloss=Gloss.SATIN)
    furniture.add_plant(room, (side * 1.5, 0, -room.depth + 0.6), height=1.5)
    return wood


def _add_pendants(room: Room) -> None:
    """Adds a row of lamps above the counter; room: changed in place."""
    shade = room.pick((40, 40, 40), furniture.BRASS, (222, 214, 200))
    for x in np.linspace(-1.5, 1.3, 4):
        furniture.add_pendant(room, (float(x), 1.62, -room.depth + COUNTER_DISTANCE), 0.15, shade)


def _add_coffee_machine(room: Room, x: float) -> None:
    """Adds an espresso machine with cups on it; x: of its middle in meters.

    room: changed in place.
    """
    z = -room.depth + COUNTER_DISTANCE
    room.add_box((0.58, 0.08, 0.4), (70, 70, 72), at=(x, COUNTER, z))
    room.add_box((0.58, 0.22, 0.34), (150, 148, 146), at=(x, COUNTER + 0.14, z), gloss=Gloss.SATIN)
    for number in range(7):
        cup = create_frustum(0.035, 0.06, 0.045)
        room.add(cup, (240, 236, 228), at=(x - 0.24 + 0.08 * number, COUNTER + 0.36, z))


def _add_menu_board(room: Room, x: float) -> None:
    """Adds a slate with lines of chalk; x: of its middle in meters.

    room: changed in place.
    """
    z = -room.depth + 0.02
    room.add_box((1.0, 1.0, 0.03), (38, 40, 40), at=(x, 1.5, z))
    for number in range(6):
        width = float(room.rng.uniform(0.3, 0.7))
        room.add_box((width, 0.03, 0.01), (196, 196, 190), at=(x, 1.6 + 0.13 * number, z + 0.02))


def _add_breads(room: Room, at: furniture.Place, width: float) -> None:
    """Adds loaves, rolls and baskets side by side.

    room: changed in place.
    at: middle of the board's upper side; width: of the row in meters.
    """
    rng, x = room.rng, at[0] - width / 2
    while x < at[0] + width / 2 - 0.15:
        color, size = room.pick(*BREADS), float(rng.uniform(0.18, 0.34))
        tall, count = float(rng.uniform(0.1, 0.16)), int(rng.integers(1, 4))
        for number in range(count):
            loaf = create_cushion(size, tall, 0.16, 0.8)
            place = (
                x + size / 2,
                at[1] + 0.6 * tall * number,
                at[2] + float(rng.uniform(-0.04, 0.06)),
            )
            room.add(loaf, color, place, turn=float(rng.uniform(-20, 20)))
        x += size + float(rng.uniform(0.0, 0.08))


def _add_cakes(room: Room, at: furniture.Place, width: float) -> None:
    """Adds cakes and tarts on stands side by side.

    room: changed in place.
    at: middle of the board's upper side; width: of the row in meters.
    """
    rng, x = room.rng, at[0] - width / 2 + 0.14
    while x < at[0] + width / 2 - 0.1:
        radius, rise = float(rng.uniform(0.09, 0.13)), float(rng.uniform(0.03, 0.14))
        place = x, at[1], at[2]
        room.add(create_frustum(0.02, rise), (240, 238, 232), place)
        room.add(create_frustum(radius + 0.03, 0.015), (240, 238, 232), (x, at[1] + rise, at[2]))
        cake = create_frustum(radius, float(rng.uniform(0.06, 0.14)))
        room.add(cake, room.pick(*CAKES), (x, at[1] + rise + 0.015, at[2]))
        room.add(create_box(0.05, 0.03, 0.05), room.pick(*CAKES), (x, at[1] + rise + 0.13, at[2]))
        x += 2 * radius + float(rng.uniform(0.08, 0.2))
