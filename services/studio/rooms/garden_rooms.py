"""Rooms in the green: a greenhouse full of plants, and a terrace with planters and lamps."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.rooms import furniture
from services.studio.rooms.outdoors import add_outdoors, add_tree
from services.studio.rooms.room import Room
from services.studio.rooms.solids import create_box, create_cushion, create_foliage, create_panel
from services.studio.rooms.views import paint_view

# sRGB of glazing bars, of hedges, of flowers and of wood by taste.
BARS: tuple[RGB, ...] = ((232, 234, 228), (60, 72, 66), (150, 156, 150))
HEDGES: tuple[RGB, ...] = ((112, 138, 76), (134, 156, 92), (92, 122, 74))
FLOWERS: tuple[RGB, ...] = ((224, 120, 130), (240, 220, 190), (180, 140, 200), (236, 176, 80))
WOODS: tuple[RGB, ...] = ((168, 128, 90), (140, 108, 80), (190, 154, 114))


def build_greenhouse(room: Room) -> None:
    """Builds a greenhouse with benches of plants below panes of glass; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth, room.ceiling = float(rng.uniform(4.2, 5.2)), 3.4
    add_outdoors(room, (150, 140, 126))
    view = paint_view(room, "garden")
    room.add_glow(create_panel(7.0, 3.6), 0.32 * view, at=(0, 0, -room.depth))
    bar = style.accent or room.pick(*BARS)
    for x in np.arange(-3.2, 3.3, 0.8):
        room.add_box((0.05, 3.6, 0.06), bar, at=(x, 0, -room.depth + 0.1))
    for level in (0.7, 1.9, 2.7):
        room.add_box((7.0, 0.05, 0.06), bar, at=(0, level, -room.depth + 0.1))
    wall = style.wall or room.pick((196, 186, 170), (166, 128, 104))
    room.add_box((7.0, 0.7, 0.2), wall, at=(0, 0, -room.depth + 0.1))
    wood = style.wood or room.pick(*WOODS)
    for z, level in ((-room.depth + 0.5, 0.8), (-room.depth + 1.5, 0.5)):
        room.add_box((6.0, 0.06, 0.6), wood, at=(0, level - 0.06, z))
        for x in np.arange(-2.4, 2.5, 0.42):
            place = x + float(rng.uniform(-0.1, 0.1)), level, z
            furniture.add_plant(room, place, height=float(rng.uniform(0.4, 0.95)))
    for x in (-1.3, 0.2, 1.4):
        basket = create_foliage((0.6, 0.7, 0.6), 120, 0.16, rng)
        room.add(basket, room.pick(*HEDGES), at=(x + float(rng.uniform(-0.2, 0.2)), 1.75, -3.2))
    for side in (-1, 1):
        tall = side * float(rng.uniform(1.5, 1.9)), 0.0, -room.depth + 2.2
        furniture.add_plant(room, tall, height=1.9)


def build_terrace(room: Room) -> None:
    """Builds a terrace: planters, a bench, a hedge, trees and a chain of lamps.

    room: changed in place.
    """
    rng, style = room.rng, room.style
    room.depth, room.half_width, room.ceiling = float(rng.uniform(8.0, 10.0)), 7.0, 6.0
    wood = style.wood or room.pick(*WOODS)
    add_outdoors(room, wood)
    back = -room.depth
    room.add_glow(create_panel(16.0, 5.5), 0.5 * paint_view(room, "garden"), at=(0, 0, back - 0.1))
    room.add_box((14, 0.1, 4.5), (112, 134, 74), at=(0, -0.02, back + 2.0))
    for x in np.arange(-6, 6.1, 1.0):
        bush = create_foliage((1.6, float(rng.uniform(1.6, 2.3)), 1.0), 260, 0.17, rng)
        room.add(bush, room.pick(*HEDGES), at=(x, 0, back + 0.8))
        room.add(create_box(1.1, 1.2, 0.5), (72, 94, 56), at=(x, 0, back + 0.7))
    for x in (-4.2, 0.5, 4.0):
        add_tree(room, (x + float(rng.uniform(-1, 1)), 0, back + 0.4), height=4.8)
    for x in (-2.3, -1.3, 1.5, 2.4):
        place = x + float(rng.uniform(-0.2, 0.2)), 0.0, back + 4.6
        furniture.add_plant(room, place, height=float(rng.uniform(0.9, 1.5)))
        bloom = create_foliage((0.7, 0.5, 0.5), 60, 0.09, rng)
        room.add(bloom, room.pick(*FLOWERS), at=(place[0], 0.6, place[2]))
    if style.wall:
        room.add_box((9.0, 1.9, 0.2), style.wall, at=(-style.light_side * 5.0, 0, back + 3.2))
    seat = float(rng.uniform(-0.6, 0.6)), 0.0, back + 4.4
    room.add_box((1.8, 0.4, 0.7), wood, at=seat)
    cloth = style.accent or room.pick((222, 214, 200), (128, 140, 124), (190, 140, 104))
    room.add(create_cushion(1.7, 0.18, 0.66, 0.3), cloth, at=(seat[0], 0.4, seat[2]))
    room.add(create_cushion(1.7, 0.5, 0.2, 0.4), cloth, at=(seat[0], 0.5, seat[2] - 0.28))
    if room.decide("lights", 0.6) or style.hour in ("evening", "night"):
        for start in (-2.6, 0.0):
            furniture.add_light_chain(
                room, (start, 2.3, back + 4.0), (start + 2.6, 2.4, back + 3.6), sag=0.35, bulbs=11
            )
