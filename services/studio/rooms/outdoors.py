"""Outdoor shell: ground, a sky behind everything and a sky above that lights it."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import rgb_from_kelvin
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.solids import create_foliage, create_frustum, create_panel

# sRGB of crowns of trees, and of their trunks.
CROWNS: tuple[RGB, ...] = ((132, 156, 84), (156, 172, 100), (108, 138, 84))
TRUNK: RGB = (92, 76, 62)
# Kelvin of the sky at the top of the view. Larger: bluer.
SKY_KELVIN = 12000.0
# Brightness of the sky above as a share of the daylight, and of a low sun at one side.
SKY_SHARE, SUN_SHARE = 1.1, 3.0


def add_outdoors(room: Room, ground: RGB, gloss: Gloss = Gloss.MATTE) -> None:
    """Adds the ground, a sky behind and above, and sunlight from one side.

    room: its depth, half width and ceiling say how far the sky is; changed in place.
    ground: sRGB.
    gloss: of the ground; polished where it is wet.
    """
    width, length = 4 * room.half_width, room.depth + 4
    middle = (4 - room.depth) / 2
    room.add_box((width, 0.1, length), ground, at=(0, -0.1, middle), gloss=gloss)
    share = np.linspace(1.0, 0.0, 24)[:, None, None]
    # Paler toward the horizon.
    blue = room.daylight.mean() * rgb_from_kelvin(SKY_KELVIN)
    sky = (0.3 - 0.1 * share) * (share * blue + (1 - share) * room.daylight)
    sky = np.broadcast_to(sky, (24, 4, 3)).astype(np.float32)
    room.add_glow(create_panel(width, 3 * room.ceiling), sky, at=(0, 0, -room.depth - 0.3))
    roof = create_panel(2 * room.half_width, length).rotate(90, axis="x")
    room.add_glow(roof, SKY_SHARE * room.daylight, at=(0, 1.5 * room.ceiling, -room.depth))
    side = room.style.light_side
    sun = create_panel(0.4 * length, room.ceiling)
    place = side * room.half_width * 1.4, 0.5 * room.ceiling, -0.2 * length
    room.add_glow(sun, SUN_SHARE * room.daylight, at=place, turn=-90 * side)


def add_tree(room: Room, at: tuple[float, float, float], height: float) -> None:
    """Adds a tree with a leafy crown; at: its foot; height: in meters.

    room: changed in place.
    """
    rng, (x, y, z) = room.rng, at
    room.add(create_frustum(0.035 * height, 0.6 * height), TRUNK, at)
    for color in CROWNS:
        size = tuple(height * rng.uniform((0.35, 0.32, 0.35), (0.6, 0.5, 0.6)))
        dx, dz = rng.uniform(-0.12, 0.12, 2) * height
        crown = create_foliage(size, 220, 0.07 * height, rng)
        room.add(crown, color, (x + dx, y + height * rng.uniform(0.32, 0.48), z + dz))
