"""A bedroom: bed with headboard and pillows, nightstand with a lamp, window with curtains."""

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms import furniture
from services.studio.rooms.room import Room
from services.studio.rooms.shell import add_curtains, add_shell, add_window
from services.studio.rooms.solids import create_cushion

# sRGB of walls, headboards, bed linen and wood by taste.
WALLS: tuple[RGB, ...] = ((228, 220, 208), (198, 204, 196), (214, 202, 196), (176, 186, 194))
HEADBOARDS: tuple[RGB, ...] = ((176, 150, 124), (134, 142, 132), (190, 180, 166), (112, 96, 88))
LINENS: tuple[RGB, ...] = ((240, 236, 228), (222, 212, 198), (206, 210, 208))
THROWS: tuple[RGB, ...] = ((178, 130, 98), (130, 140, 120), (196, 176, 150), (110, 116, 126))
WOODS: tuple[RGB, ...] = ((176, 132, 92), (126, 90, 62), (204, 172, 132))
# Meters: width and length of the bed, height of its mattress.
BED_WIDTH, BED_LENGTH, MATTRESS = 1.7, 2.0, 0.56


def build_bedroom(room: Room) -> None:
    """Builds a bed against the back wall, a window next to it; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth = float(rng.uniform(4.0, 4.8))
    wall, wood = style.wall or room.pick(*WALLS), style.wood or room.pick(*WOODS)
    add_shell(room, wall, floor=wood)
    side = style.light_side
    bed_x = -side * float(rng.uniform(0.1, 0.6))
    _add_bed(room, bed_x, style.accent or room.pick(*HEADBOARDS))
    _add_nightstand(room, bed_x + side * 1.2, wood)
    _add_nightstand(room, bed_x - side * 1.2, wood)
    window_x = bed_x + side * 1.85
    add_window(room, window_x, width=1.2, height=1.6, sill=0.6)
    add_curtains(room, window_x, width=1.2, color=mix_colors(wall, (255, 250, 242), share=0.55))
    if room.decide("picture", 0.6):
        for dx in (-0.36, 0.36):
            furniture.add_picture(room, (bed_x + dx, 1.35, -room.depth + 0.02), 0.5, 0.62)


def _add_bed(room: Room, x: float, headboard: RGB) -> None:
    """Adds the bed with its linen, pillows and a throw.

    room: changed in place.
    x: of its middle in meters.
    headboard: sRGB.
    """
    z, linen = -room.depth, room.pick(*LINENS)
    for part in range(4):
        panel = create_cushion(BED_WIDTH / 4 + 0.08, 1.15, 0.14, 0.25)
        room.add(panel, headboard, at=(x + (part - 1.5) * (BED_WIDTH / 4 + 0.06), 0.1, z + 0.1))
    middle = z + 0.15 + BED_LENGTH / 2
    room.add(create_cushion(BED_WIDTH, MATTRESS, BED_LENGTH, 0.15), linen, at=(x, 0, middle))
    cover = mix_colors(linen, (190, 180, 168), share=0.25)
    duvet = create_cushion(BED_WIDTH + 0.16, 0.3, BED_LENGTH * 0.72, 0.3)
    room.add(duvet, cover, at=(x, MATTRESS - 0.14, middle + 0.3))
    throw = create_cushion(BED_WIDTH + 0.2, 0.32, 0.5, 0.3)
    room.add(throw, room.pick(*THROWS), at=(x, MATTRESS - 0.13, middle + 0.55))
    for row, color in enumerate((linen, mix_colors(headboard, (255, 250, 240), share=0.45))):
        for dx in (-0.42, 0.42):
            place = x + dx * (1 - 0.2 * row), MATTRESS, z + 0.32 + 0.2 * row
            furniture.add_cushion(room, place, color, size=0.6 - 0.14 * row)


def _add_nightstand(room: Room, x: float, wood: RGB) -> None:
    """Adds a nightstand with a lamp, and books or a plant.

    room: changed in place.
    x: of its middle in meters.
    wood: sRGB.
    """
    z = -room.depth + 0.28
    room.add_box((0.46, 0.52, 0.4), wood, at=(x, 0, z))
    furniture.add_table_lamp(room, (x, 0.52, z), size=room.rng.uniform(0.45, 0.58))
    furniture.add_shelf_row(room, (x + 0.14, 0.52, z + 0.1), 0.14, "crockery", reach=0.16)
