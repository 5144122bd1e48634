"""Courts in the open: basketball and tennis, with floodlights that are lit in the evening."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.rooms.outdoors import add_outdoors, add_tree
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.solids import create_box, create_frustum

# sRGB of painted ground, of lines, of masts and of fences.
BASKETBALL_GROUND: RGB = (52, 98, 142)
TENNIS_GROUND: RGB = (66, 122, 94)
LINE: RGB = (236, 236, 230)
MAST: RGB = (74, 80, 86)
FENCES: tuple[RGB, ...] = ((42, 74, 62), (52, 66, 84))
# Meters: height of a basketball's ring, of a floodlight and of the fence's cloth.
RING, FLOODLIGHT, CLOTH = 3.05, 4.3, 1.5
# Brightness of floodlights, which light the court in the evening.
FLOODLIGHT_GLOW = 16.0


def build_basketball_court(room: Room) -> None:
    """Builds a court with a hoop before a fence; room: changed in place."""
    _build_court(room, BASKETBALL_GROUND)
    x, z = float(room.rng.uniform(-2.4, 2.4)), -0.72 * room.depth
    room.add_box((0.16, 3.4, 0.16), MAST, at=(x, 0, z - 0.7))
    room.add_box((0.14, 0.14, 0.8), MAST, at=(x, 3.1, z - 0.4))
    room.add_box((1.8, 1.05, 0.05), LINE, at=(x, RING - 0.15, z))
    room.add_box((0.6, 0.45, 0.02), (206, 62, 42), at=(x, RING + 0.02, z + 0.04))
    room.add_box((0.52, 0.37, 0.02), LINE, at=(x, RING + 0.06, z + 0.06))
    room.add(create_frustum(0.24, 0.05), (222, 92, 34), at=(x, RING, z + 0.36), gloss=Gloss.SATIN)
    room.add(create_frustum(0.15, 0.36, 0.23), (214, 212, 206), at=(x, RING - 0.36, z + 0.36))


def build_tennis_court(room: Room) -> None:
    """Builds a court with a net before a fence; room: changed in place."""
    _build_court(room, TENNIS_GROUND)
    z = -0.55 * room.depth
    room.add_box((11.0, 0.86, 0.03), (58, 64, 62), at=(0, 0, z))
    room.add_box((11.0, 0.09, 0.05), LINE, at=(0, 0.82, z))
    room.add_box((0.08, 0.9, 0.04), LINE, at=(0, 0, z + 0.03))


def _build_court(room: Room, ground: RGB) -> None:
    """Builds the painted ground, its lines, the fence and its floodlights.

    room: changed in place.
    ground: sRGB.
    """
    rng, style = room.rng, room.style
    room.depth, room.half_width, room.ceiling = float(rng.uniform(23.0, 26.0)), 16.0, 9.0
    add_outdoors(room, style.accent or ground)
    for z in (-0.35, -0.62, -0.82):
        room.add_box((24.0, 0.01, 0.12), LINE, at=(0, 0, z * room.depth))
    cloth, back = style.wall or room.pick(*FENCES), -room.depth + 1.2
    room.add_box((32.0, CLOTH, 0.04), cloth, at=(0, 0, back))
    for x in np.arange(-15.0, 15.1, 3.0):
        room.add_box((0.09, 3.2, 0.09), MAST, at=(float(x), 0, back + 0.08))
    for level in (CLOTH, 3.15):
        room.add_box((32.0, 0.07, 0.07), MAST, at=(0, level, back + 0.08))
    if room.style.hour == "day":
        for x in (-9.0, -5.0, 4.6, 8.8):
            add_tree(room, (x + float(rng.uniform(-0.8, 0.8)), 0, -room.depth + 0.6), 6.4)
    for x in (-7.6, -3.2, 1.4, 6.2):
        _add_floodlight(room, x + float(rng.uniform(-0.4, 0.4)), back + 0.5)


def _add_floodlight(room: Room, x: float, z: float) -> None:
    """Adds a mast with four lamps, lit but by day; x, z: its foot, in meters.

    room: changed in place.
    """
    room.add_box((0.12, FLOODLIGHT, 0.12), MAST, at=(x, 0, z))
    room.add_box((1.3, 0.08, 0.1), MAST, at=(x, FLOODLIGHT, z))
    for dx in (-0.48, -0.16, 0.16, 0.48):
        lamp = create_box(0.27, 0.27, 0.08)
        if room.style.hour == "day":
            room.add(lamp, (206, 210, 212), at=(x + dx, FLOODLIGHT + 0.1, z), gloss=Gloss.SATIN)
        else:
            light = FLOODLIGHT_GLOW * np.array([0.94, 0.98, 1.0])
            room.add_glow(lamp, light, at=(x + dx, FLOODLIGHT + 0.1, z))
            room.add_point((x + dx, FLOODLIGHT + 0.24, z + 0.1), 0.16, 0.12 * light)
