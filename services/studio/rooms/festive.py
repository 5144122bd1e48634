"""A living room at Christmas: tree with lights and baubles, gifts, fireplace, snow outside."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms import furniture
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.shell import add_curtains, add_shell, add_window
from services.studio.rooms.solids import create_ball, create_foliage, create_frustum

# sRGB of walls, baubles and wood by taste, and of fir needles.
WALLS: tuple[RGB, ...] = ((222, 212, 198), (150, 156, 146), (186, 166, 148), (118, 66, 60))
BAUBLES: tuple[RGB, ...] = ((184, 40, 40), (206, 164, 84), (226, 218, 204))
WOODS: tuple[RGB, ...] = ((134, 94, 64), (170, 126, 86))
NEEDLES: tuple[RGB, ...] = ((44, 74, 50), (34, 60, 42), (58, 88, 62))
# Tiers of the tree, its height and radius in meters, and its lamps and baubles.
TIERS, TREE_HEIGHT, TREE_RADIUS = 7, 2.1, 0.72
TREE_LAMPS, TREE_BAUBLES = 48, 38


def build_festive(room: Room) -> None:
    """Builds a room with a lit tree; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth = float(rng.uniform(3.8, 4.6))
    wall, wood = style.wall or room.pick(*WALLS), style.wood or room.pick(*WOODS)
    add_shell(room, wall, floor=wood)
    side = style.light_side
    tree_x = -side * float(rng.uniform(0.55, 0.85))
    _add_tree(room, (tree_x, 0, -room.depth + 0.85))
    if room.decide("fireplace", 0.55):
        x = side * float(rng.uniform(0.7, 1.0))
        furniture.add_fireplace(room, (x, 0, -room.depth), width=1.5, stone=(206, 196, 184))
        furniture.add_candles(room, (x - 0.4, 1.15, -room.depth + 0.22), count=3)
        _add_garland(room, x)
    else:
        x = side * float(rng.uniform(0.8, 1.1))
        add_window(room, x, 1.2, 1.5, sill=0.75, columns=2, rows=3, view="snow")
        add_curtains(room, x, 1.2, style.accent or room.pick((150, 44, 42), (224, 212, 196)))
        furniture.add_candles(room, (x, 0.75, -room.depth + 0.16), count=3)
    for number in range(6):
        size = rng.uniform(0.18, 0.36, 3)
        place = tree_x + rng.uniform(-0.9, 0.9), 0.0, -room.depth + rng.uniform(1.2, 1.7)
        color = room.pick(*(style.colors or BAUBLES))
        room.add_box(tuple(size), color, at=place, turn=20 * number)


def _add_tree(room: Room, at: furniture.Place) -> None:
    """Adds a fir in tiers with baubles and small lamps; at: middle of its foot.

    room: changed in place.
    """
    rng, (x, y, z) = room.rng, at
    room.add(create_frustum(0.06, 0.3), (88, 64, 46), at)
    for tier in range(TIERS):
        share = tier / TIERS
        wide = 2 * TREE_RADIUS * (1 - share)
        size = wide, 0.62 * (1 - 0.4 * share), wide
        needles = create_foliage(size, round(260 * (1 - 0.7 * share)), 0.15, rng)
        level = y + 0.2 + (TREE_HEIGHT - 0.5) * share
        room.add(needles, NEEDLES[tier % len(NEEDLES)], (x, level, z))
        # A dark core hides the wall behind.
        core = create_frustum(0.4 * wide, 0.5 * size[1], 0.25 * wide)
        room.add(core, (26, 44, 32), (x, level + 0.05, z))
    for number in range(TREE_BAUBLES):
        place = _choose_tree_place(room, at)
        color = room.pick(*(room.style.colors or BAUBLES))
        room.add(create_ball(0.04 + 0.012 * (number % 2)), color, place, gloss=Gloss.POLISHED)
    for _ in range(TREE_LAMPS):
        light = 1.6 * room.lamplight * rng.uniform(0.5, 1.1)
        room.add_point(_choose_tree_place(room, at), 0.016, light)
    room.add_point((x, y + TREE_HEIGHT + 0.05, z), 0.06, 1.4 * room.lamplight)


def _choose_tree_place(room: Room, at: furniture.Place) -> furniture.Place:
    """Chooses a place on the side of the tree that faces the camera; at: middle of its foot."""
    share = 1 - math.sqrt(float(room.rng.uniform(0.02, 1.0)))
    radius = TREE_RADIUS * (1 - share) * 0.98 + 0.02
    angle = float(room.rng.uniform(-0.45, 0.45)) * math.pi
    x, z = radius * math.sin(angle), radius * math.cos(angle)
    return at[0] + x, at[1] + 0.3 + share * (TREE_HEIGHT - 0.3), at[2] + z


def _add_garland(room: Room, x: float) -> None:
    """Adds a garland of fir with small lamps along the mantel; x: of its middle in meters.

    room: changed in place.
    """
    z = -room.depth + 0.38
    for share in np.linspace(-0.75, 0.75, 9):
        sag = 0.1 * math.cos(3 * share)
        bush = create_foliage((0.3, 0.2, 0.2), 60, 0.1, room.rng)
        room.add(bush, mix_colors(NEEDLES[0], NEEDLES[2], 0.5), (x + share, 1.02 - sag, z))
        room.add_point((x + share, 1.1 - sag, z + 0.1), 0.016, 1.6 * room.lamplight)
