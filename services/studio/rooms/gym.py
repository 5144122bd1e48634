"""A gym: racks of dumbbells, power rack, bench, mirrors, large windows, rubber floor."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms import furniture
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.shell import add_shell, add_window
from services.studio.rooms.solids import create_ball, create_box, create_cushion, create_frustum

# sRGB of walls, and of balls, plates and mats, by taste.
WALLS: tuple[RGB, ...] = ((172, 170, 166), (206, 204, 198), (116, 120, 122), (146, 136, 128))
ACCENTS: tuple[RGB, ...] = ((196, 62, 46), (222, 168, 42), (52, 108, 148), (92, 120, 70))
# Of its picture, as in Room. Larger: steel and rubber turn to a gray haze.
BRIGHTNESS = 0.6
STEEL: RGB = (52, 54, 58)
RUBBER: RGB = (58, 58, 60)


def build_gym(room: Room) -> None:
    """Builds a gym before large windows and a mirror; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth, room.half_width = float(rng.uniform(5.0, 6.2)), 4.6
    room.ceiling, room.brightness = 3.4, BRIGHTNESS
    wall = style.wall or room.pick(*WALLS)
    accent = style.accent or room.pick(*ACCENTS)
    add_shell(room, wall, floor=RUBBER, ceiling=mix_colors(wall, (60, 60, 62), 0.5))
    side = style.light_side
    view = str(rng.choice(["town", "garden"]))
    for number in range(2):
        x = side * (0.9 + 1.8 * number)
        add_window(room, x, 1.4, 1.9, sill=0.9, columns=3, rows=2, view=view, frame=STEEL)
    _add_mirror(room, -side * 1.75)
    _add_dumbbell_rack(room, -side * float(rng.uniform(1.0, 1.4)), accent)
    _add_power_rack(room, side * float(rng.uniform(0.9, 1.4)), accent)
    _add_bench(room, (side * float(rng.uniform(-0.3, 0.3)), 0, -room.depth + 2.0), accent)
    ball = -side * float(rng.uniform(2.2, 2.6)), 0, -room.depth + 1.6
    room.add(create_ball(0.34), accent, at=ball, gloss=Gloss.SATIN)
    for x in (-2.2, 0.0, 2.2):
        tube = create_box(1.3, 0.04, 0.2)
        room.add_glow(tube, 2.5 * room.lamplight, at=(x, 2.9, -room.depth + 1.6))


def _add_mirror(room: Room, x: float) -> None:
    """Adds a wall of mirrors; x: of its middle in meters; room: changed in place."""
    for number in range(3):
        place = x + (number - 1) * 1.02, 0.4, -room.depth + 0.02
        room.add_box((1.0, 2.0, 0.02), (104, 110, 112), at=place, gloss=Gloss.MIRROR)


def _add_dumbbell_rack(room: Room, x: float, accent: RGB) -> None:
    """Adds a rack with three rows of dumbbells; x: of its middle in meters.

    room: changed in place.
    accent: sRGB of some weights.
    """
    z = -room.depth + 0.5
    grip = create_frustum(0.016, 0.3).rotate(90, axis="x").translate(y=0.07, z=-0.15)
    for row, level in enumerate((0.35, 0.68, 1.0)):
        room.add_box(
            (2.0, 0.04, 0.3), STEEL, at=(x, level - 0.05, z - 0.08 * row), gloss=Gloss.SATIN
        )
        for dumbbell_x in np.arange(-0.9, 0.95, 0.2):
            radius = 0.07 - 0.008 * row
            color = accent if room.rng.random() < 0.2 else (36, 36, 38)
            place = x + dumbbell_x, level, z - 0.08 * row
            room.add(grip, (160, 160, 160), place, gloss=Gloss.METAL)
            for end in (-0.1, 0.1):
                head = create_frustum(radius, 0.09).rotate(90, axis="x")
                room.add(head.translate(y=radius, z=end - 0.045), color, place, gloss=Gloss.SATIN)
    for end in (-1, 1):
        room.add_box((0.06, 1.1, 0.5), STEEL, at=(x + end * 1.03, 0, z))


def _add_power_rack(room: Room, x: float, accent: RGB) -> None:
    """Adds a rack with a loaded barbell; x: of its middle in meters.

    room: changed in place.
    accent: sRGB of its posts and of some plates.
    """
    z = -room.depth + 1.3
    for across in (-0.6, 0.6):
        for along in (-0.5, 0.5):
            room.add_box((0.08, 2.3, 0.08), accent, at=(x + across, 0, z + along))
        room.add_box((0.08, 0.08, 1.0), accent, at=(x + across, 2.25, z))
    room.add_box((1.3, 0.08, 0.08), STEEL, at=(x, 2.25, z + 0.5))
    bar = create_frustum(0.016, 2.1).rotate(90, axis="z").translate(x=1.05)
    room.add(bar, (176, 176, 178), at=(x, 1.2, z + 0.58), gloss=Gloss.METAL)
    for end in (-1, 1):
        for number, radius in enumerate((0.22, 0.22, 0.16)):
            plate = create_frustum(radius, 0.05).rotate(90, axis="z").translate(x=0.025)
            color = (34, 34, 36) if number != 1 else accent
            room.add(plate, color, at=(x + end * (0.78 + 0.06 * number), 1.2, z + 0.58))


def _add_bench(room: Room, at: furniture.Place, accent: RGB) -> None:
    """Adds a weight bench; at: middle of its base.

    room: changed in place.
    accent: sRGB, darkened for its cover.
    """
    x, y, z = at
    cover = mix_colors(accent, (30, 30, 32), share=0.7)
    room.add(create_cushion(0.3, 0.09, 0.7, 0.3), cover, (x, y + 0.4, z))
    room.add(create_cushion(0.3, 0.09, 0.8, 0.3).rotate(35, axis="x"), cover, (x, y + 0.6, z - 0.6))
    furniture.add_legs(room, at, 0.3, 0.9, 0.42, STEEL)
