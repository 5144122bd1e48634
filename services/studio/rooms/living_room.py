"""A living room: sofa, window with curtains, bookcase, lamps, armchair, fireplace, plants."""

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms import furniture
from services.studio.rooms.room import Room
from services.studio.rooms.shell import add_curtains, add_shell, add_window

# sRGB of walls, upholstery, cushions and wood by taste.
WALLS: tuple[RGB, ...] = ((230, 224, 212), (206, 206, 196), (214, 198, 180), (150, 160, 152))
CLOTHS: tuple[RGB, ...] = ((206, 196, 180), (124, 134, 120), (96, 108, 122), (176, 128, 96))
CUSHIONS: tuple[RGB, ...] = ((200, 146, 92), (226, 218, 204), (110, 120, 104), (168, 96, 76))
WOODS: tuple[RGB, ...] = ((170, 124, 84), (120, 82, 56), (196, 160, 118))


def build_living_room(room: Room) -> None:
    """Builds a sofa before a wall or window, with shelves and lamps; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth = float(rng.uniform(4.2, 5.2))
    wall = style.wall or room.pick(*WALLS)
    wood = style.wood or room.pick(*WOODS)
    cloth = style.accent or room.pick(*CLOTHS)
    add_shell(room, wall, floor=wood)
    side = style.light_side
    window_x = side * float(rng.uniform(0.7, 1.3))
    add_window(room, window_x, width=1.25, height=1.7, sill=0.55)
    curtain = mix_colors(wall, (255, 252, 244), share=0.6)
    add_curtains(room, window_x, width=1.25, color=curtain)
    _add_far_side(room, -side, wood)
    _add_seats(room, cloth)
    furniture.add_plant(room, (window_x + side * 1.15, 0, -room.depth + 0.4), height=1.3)


def _add_seats(room: Room, cloth: RGB) -> None:
    """Adds the sofa with cushions, or an armchair when wanted; room: changed in place.

    cloth: sRGB.
    """
    rng, z = room.rng, -room.depth + 1.0
    if room.wants("armchair"):
        x = float(rng.uniform(-0.5, 0.5))
        furniture.add_sofa(room, (x, 0, z + 0.3), width=0.9, cloth=cloth, turn=rng.uniform(-35, 35))
        furniture.add_cushion(room, (x, 0.58, z + 0.3), room.pick(*CUSHIONS))
        return
    x = float(rng.uniform(-0.35, 0.35))
    furniture.add_sofa(room, (x, 0, z), width=2.1, cloth=cloth)
    for dx in (-0.75, -0.35, 0.72):
        place = x + dx + rng.uniform(-0.08, 0.08), 0.58, z + 0.05
        furniture.add_cushion(room, place, room.pick(*CUSHIONS))


def _add_far_side(room: Room, side: int, wood: RGB) -> None:
    """Adds what is away from the window: fireplace or bookcase and pictures, and a floor lamp.

    room: changed in place.
    side: -1 left or 1 right.
    wood: sRGB.
    """
    rng, z = room.rng, -room.depth
    if room.decide("fireplace", 0.25):
        furniture.add_fireplace(room, (side * 0.9, 0, z), width=1.5, stone=(226, 220, 210))
        furniture.add_picture(room, (side * 0.9, 1.35, z + 0.02), 0.7, 0.6)
        furniture.add_candles(room, (side * 1.35, 1.15, z + 0.2), count=3)
    elif room.decide("shelf", 0.6):
        furniture.add_bookcase(room, (side * 1.1, 0, z + 0.18), 1.2, 2.1, wood)
    else:
        for number in range(3):
            x = side * (0.3 + 0.62 * number)
            furniture.add_picture(room, (x, 1.25 + rng.uniform(-0.05, 0.1), z + 0.02), 0.48, 0.62)
    furniture.add_floor_lamp(room, (side * rng.uniform(0.2, 0.5) - side * 0.1, 0, z + 0.5), 1.6)
