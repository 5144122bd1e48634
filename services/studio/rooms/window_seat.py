"""A windowsill close to a window with soft greenery outside; and a wall with a shelf."""

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms import furniture
from services.studio.rooms.room import Room
from services.studio.rooms.shell import WHITE, add_curtains, add_shell, add_window
from services.studio.rooms.solids import create_panel

# sRGB of walls and wood by taste.
WALLS: tuple[RGB, ...] = ((236, 232, 224), (214, 206, 194), (196, 202, 194))
WOODS: tuple[RGB, ...] = ((186, 144, 102), (146, 106, 74), (208, 176, 136))


def build_windowsill(room: Room) -> None:
    """Builds a wide window right behind the table; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth = float(rng.uniform(2.0, 2.5))
    wall = style.wall or room.pick(*WALLS)
    add_shell(room, wall, floor=style.wood or room.pick(*WOODS))
    # So near a window, the wall around it would be a silhouette without more light on it.
    room.add_glow(create_panel(5.0, 1.9), room.daylight, at=(0, 0.6, 1.4), turn=180)
    frame = style.wood or WHITE
    x = float(rng.uniform(-0.25, 0.25))
    columns = int(rng.integers(2, 4))
    add_window(room, x, 1.8, 1.55, sill=0.82, columns=columns, rows=2, frame=frame)
    if room.decide("curtains", 0.7):
        cloth = mix_colors(style.accent or wall, (255, 252, 246), share=0.4)
        add_curtains(room, x, 1.8, cloth, share=0.12)
    z = -room.depth + 0.14
    for side in (-1, 1):
        if rng.random() < 0.7:
            place = x + side * float(rng.uniform(0.35, 0.62)), 0.82, z
            furniture.add_plant(room, place, height=float(rng.uniform(0.3, 0.5)))
    furniture.add_shelf_row(room, (x, 0.82, z), 0.4, "books", reach=0.22)


def build_shelf(room: Room) -> None:
    """Builds a wall right behind the table with boards of books and plants.

    room: changed in place.
    """
    rng, style = room.rng, room.style
    room.depth = float(rng.uniform(1.8, 2.3))
    wall, wood = style.wall or room.pick(*WALLS), style.wood or room.pick(*WOODS)
    add_shell(room, wall, floor=wood)
    side, z = style.light_side, -room.depth + 0.14
    x = -side * float(rng.uniform(0.1, 0.35))
    for level in (0.92, 1.32, 1.7):
        furniture.add_board(room, (x, level, z), 1.5, wood)
        furniture.add_shelf_row(room, (x, level, z), 1.4, "mixed", reach=0.32)
    furniture.add_picture(room, (side * 0.85, 1.2, -room.depth + 0.02), 0.45, 0.6)
    furniture.add_plant(room, (side * 1.0, 0.4, -room.depth + 0.4), height=0.9)
