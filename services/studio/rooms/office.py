"""An office with desk, monitor, window and shelves; and a gaming den with strips of light."""

from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms import furniture
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.shell import add_shell, add_window
from services.studio.rooms.solids import create_box, create_cushion, create_frustum, create_panel

# sRGB of walls, wood and chairs by taste, and of a gaming den's walls and lights.
WALLS: tuple[RGB, ...] = ((230, 228, 222), (190, 198, 200), (214, 206, 194), (168, 180, 172))
WOODS: tuple[RGB, ...] = ((186, 144, 100), (142, 104, 72), (208, 178, 140))
CHAIRS: tuple[RGB, ...] = ((60, 62, 66), (120, 126, 128), (176, 136, 100))
DEN_WALLS: tuple[RGB, ...] = ((104, 100, 120), (92, 104, 122), (112, 98, 114))
DEN_LIGHTS: tuple[RGB, ...] = ((255, 40, 190), (40, 130, 255), (130, 60, 255), (0, 230, 220))
# Height of a desk in meters.
DESK = 0.73
# Brightness of a monitor's picture, of colored strips and of lamps that wash the wall; only their
# ratio counts.
SCREEN_LIGHT, STRIP_LIGHT, WASH_LIGHT = 0.8, 1.8, 1.0


def build_office(room: Room) -> None:
    """Builds a desk before a wall with shelves and a window; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth = float(rng.uniform(4.0, 4.8))
    wall, wood = style.wall or room.pick(*WALLS), style.wood or room.pick(*WOODS)
    add_shell(room, wall, floor=mix_colors(wood, (110, 110, 110), 0.5))
    side = style.light_side
    view = str(rng.choice(["garden", "town"]))
    add_window(room, side * 1.35, width=1.7, height=1.55, sill=0.85, columns=3, view=view)
    desk_x = -side * float(rng.uniform(0.3, 0.6))
    room.add_box((1.8, 0.04, 0.75), wood, at=(desk_x, DESK, -room.depth + 0.45))
    furniture.add_legs(room, (desk_x, 0, -room.depth + 0.45), 1.6, 0.6, DESK, furniture.BLACK)
    _add_monitor(room, desk_x + float(rng.uniform(-0.2, 0.2)), np.array([0.8, 0.95, 1.1]))
    furniture.add_table_lamp(room, (desk_x - side * 0.7, DESK + 0.04, -room.depth + 0.35), 0.48)
    furniture.add_shelf_row(
        room, (desk_x + side * 0.6, DESK + 0.04, -room.depth + 0.3), 0.4, "books"
    )
    chair = style.accent or room.pick(*CHAIRS)
    _add_office_chair(room, (desk_x + 0.15, 0, -room.depth + 1.25), chair)
    if room.decide("shelf", 0.6):
        for level in (1.55, 1.92):
            furniture.add_board(room, (desk_x, level, -room.depth + 0.14), 1.5, wood)
            furniture.add_shelf_row(room, (desk_x, level, -room.depth + 0.14), 1.4, "mixed")
    else:
        furniture.add_bookcase(room, (-side * 1.9, 0, -room.depth + 0.18), 1.0, 2.1, wood)
        furniture.add_picture(room, (desk_x, 1.5, -room.depth + 0.02), 0.7, 0.5)
    furniture.add_plant(room, (side * 0.35, 0, -room.depth + 0.4), height=1.35)


def build_gaming_den(room: Room) -> None:
    """Builds a dark den with monitors and strips of colored light; room: changed in place."""
    rng, style = room.rng, room.style
    room.style = replace(style, mood="dark")
    room.depth = float(rng.uniform(3.6, 4.3))
    wall = style.wall or room.pick(*DEN_WALLS)
    add_shell(room, wall, floor=(50, 48, 52), ceiling=mix_colors(wall, (20, 20, 24), 0.4))
    lights = style.colors or _pick_two(room)
    for side in (-1, 1):
        # Lamps out of view wash each half of the wall with one color.
        wash = room.colored_light(lights[side % len(lights)], WASH_LIGHT)
        panel = create_panel(0.6 * room.depth, 1.8)
        room.add_glow(panel, wash, at=(side * 3.3, 0.5, -0.5 * room.depth), turn=-90 * side)
    desk_x, z = float(rng.uniform(-0.3, 0.3)), -room.depth + 0.45
    room.add_box((2.3, 0.04, 0.8), style.wood or (52, 48, 48), at=(desk_x, DESK, z))
    for number in (0, 1):
        light = room.colored_light(
            mix_colors(lights[number % len(lights)], (255, 255, 255), 0.3), 0.45
        )
        _add_monitor(room, desk_x + (number - 0.5) * 0.85, light)
    strips = (((2.3, 0.02, 0.02), DESK - 0.05), ((2.6, 0.03, 0.03), 2.0), ((6.0, 0.03, 0.03), 2.62))
    for number, (size, level) in enumerate(strips):
        light = room.colored_light(lights[number % len(lights)], STRIP_LIGHT)
        room.add_glow(create_box(*size), light, at=(desk_x, level, -room.depth + 0.06))
    for number in range(5):
        x = desk_x - 1.0 + 0.27 * number
        tile = create_frustum(0.13, 0.02).rotate(90, axis="x")
        light = room.colored_light(lights[number % len(lights)], 0.5)
        room.add_glow(tile, light, at=(x, 1.62 + 0.12 * (number % 2), -room.depth + 0.03))
    furniture.add_shelf_row(room, (desk_x + 0.95, DESK + 0.04, z), 0.3, "books")
    _add_office_chair(room, (desk_x + 0.3, 0, z + 0.85), style.accent or (44, 42, 48))


def _pick_two(room: Room) -> tuple[RGB, ...]:
    """Picks two neighboring colors of DEN_LIGHTS; room: its random generator decides."""
    start = int(room.rng.integers(len(DEN_LIGHTS)))
    return DEN_LIGHTS[start], DEN_LIGHTS[(start + 1) % len(DEN_LIGHTS)]


def _add_monitor(room: Room, x: float, light: np.ndarray) -> None:
    """Adds a monitor with its picture, on the desk at the back wall.

    room: changed in place.
    x: of its middle in meters.
    light: of its picture, linear RGB, float (3,).
    """
    z, level = -room.depth + 0.32, DESK + 0.04
    room.add_box((0.24, 0.02, 0.18), furniture.BLACK, at=(x, level, z))
    room.add_box((0.05, 0.2, 0.03), furniture.BLACK, at=(x, level, z - 0.03))
    room.add_box((0.72, 0.43, 0.03), furniture.BLACK, at=(x, level + 0.13, z))
    # Windows and text are blocks of different brightness.
    picture = room.rng.uniform(0.15, 1.2, (5, 8, 1)) ** 1.5 * light
    screen = create_panel(0.69, 0.4)
    room.add_glow(screen, SCREEN_LIGHT * picture.astype(np.float32), (x, level + 0.145, z + 0.02))


def _add_office_chair(room: Room, at: furniture.Place, color: RGB) -> None:
    """Adds a swivel chair with a high back, seen from behind.

    room: changed in place.
    at: middle of its base.
    color: sRGB.
    """
    turn = 180 + float(room.rng.uniform(-40, 40))
    room.add(create_frustum(0.03, 0.42), furniture.BLACK, at, gloss=Gloss.SATIN)
    room.add(create_cushion(0.52, 0.1, 0.5, 0.35).translate(y=0.42), color, at, turn)
    back = create_cushion(0.5, 0.72, 0.1, 0.4).translate(y=0.5, z=-0.24)
    room.add(back, color, at, turn)
