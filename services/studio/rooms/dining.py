"""A dining room: table and chairs under pendant lamps, window, sideboard with a vase."""

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms import furniture
from services.studio.rooms.room import Room
from services.studio.rooms.shell import add_curtains, add_shell, add_window

# sRGB of walls, chairs and wood by taste.
WALLS: tuple[RGB, ...] = ((232, 226, 214), (188, 196, 184), (206, 190, 172), (170, 178, 184))
CHAIRS: tuple[RGB, ...] = ((54, 52, 50), (190, 150, 108), (228, 222, 210), (110, 124, 112))
WOODS: tuple[RGB, ...] = ((172, 126, 86), (132, 92, 62), (200, 164, 122))


def build_dining(room: Room) -> None:
    """Builds a laid table before a window and a sideboard; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth = float(rng.uniform(4.6, 5.4))
    wall, wood = style.wall or room.pick(*WALLS), style.wood or room.pick(*WOODS)
    add_shell(room, wall, floor=mix_colors(wood, (90, 70, 50), 0.2))
    side = style.light_side
    window_x = side * float(rng.uniform(0.7, 1.2))
    add_window(room, window_x, width=1.3, height=1.75, sill=0.6, rows=2)
    if room.decide("curtains", 0.6):
        add_curtains(room, window_x, width=1.3, color=mix_colors(wall, (255, 252, 246), 0.6))
    _add_sideboard(room, -side * float(rng.uniform(0.9, 1.3)), wood)
    _add_table_group(room, float(rng.uniform(-0.4, 0.4)), wood)


def _add_table_group(room: Room, x: float, wood: RGB) -> None:
    """Adds the table, laid, with its chairs and the lamps above.

    room: changed in place.
    x: of the table's middle in meters.
    wood: sRGB.
    """
    z = -room.depth + 1.7
    furniture.add_table(room, (x, 0, z), width=1.9, depth=0.9, wood=wood)
    chair = room.style.accent or room.pick(*CHAIRS)
    for dx in (-0.62, 0.0, 0.62):
        furniture.add_chair(room, (x + dx, 0, z - 0.62), chair)
        if dx:
            turn = 180 + room.rng.uniform(-12, 12)
            furniture.add_chair(room, (x + dx, 0, z + 0.66), chair, turn=turn)
    furniture.add_shelf_row(room, (x, 0.75, z), 1.2, "crockery", reach=0.24)
    furniture.add_plant(room, (x + room.rng.uniform(-0.2, 0.2), 0.75, z), height=0.42)
    if "candle" in room.style.light_names:
        furniture.add_candles(room, (x + 0.3, 0.75, z + 0.1), count=3)
    shade = room.pick((44, 42, 40), furniture.BRASS, (232, 226, 214))
    for dx in (-0.5, 0.5):
        furniture.add_pendant(room, (x + dx, 1.5, z), 0.2, shade)


def _add_sideboard(room: Room, x: float, wood: RGB) -> None:
    """Adds a sideboard with a lamp, books and a vase, and a picture above.

    room: changed in place.
    x: of its middle in meters.
    wood: sRGB.
    """
    z = -room.depth + 0.26
    room.add_box((1.6, 0.62, 0.44), wood, at=(x, 0.16, z))
    furniture.add_table_lamp(room, (x + 0.55, 0.78, z), size=0.5)
    furniture.add_shelf_row(room, (x - 0.35, 0.78, z), 0.7, "mixed", reach=0.34)
    furniture.add_picture(room, (x, 1.36, -room.depth + 0.02), 0.85, 0.62)
