"""Places of sport and streets: a stadium, a car park, and a skate park with graffiti."""

import math

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio.color import linear_from_srgb, mix_colors
from services.studio.rooms.outdoors import add_outdoors, add_tree
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.shell import add_shell
from services.studio.rooms.solids import create_box, create_cushion, create_frustum, create_panel

# sRGB of seats, of spray paint and of concrete by taste.
SEATS: tuple[RGB, ...] = ((44, 84, 150), (170, 44, 44), (210, 206, 200), (222, 168, 40))
SPRAYS: tuple[RGB, ...] = (
    *((232, 62, 90), (40, 160, 200), (246, 190, 50), (90, 180, 90), (140, 80, 190)),
    (240, 236, 228),
)
CONCRETES: tuple[RGB, ...] = ((158, 156, 152), (138, 136, 134), (176, 172, 164))
# Rows of seats, and meters that each is higher and further than the one before.
SEAT_ROWS, ROW_RISE, ROW_RUN = 14, 0.56, 0.8
# Small lights of the spectators in one view.
CAMERA_FLASHES = 26
# Strokes of graffiti and pixels per meter of their picture.
STROKES, SPRAY_PIXELS = 34, 24


def build_stadium(room: Room) -> None:
    """Builds the stands of a stadium behind its grass; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth, room.half_width, room.ceiling = float(rng.uniform(28, 32)), 22.0, 14.0
    add_outdoors(room, (86, 108, 66))
    seats = style.colors or ((style.accent,) if style.accent else (room.pick(*SEATS), SEATS[2]))
    start = -float(rng.uniform(15.0, 18.0))
    for x in np.arange(-11.0, 11.1, 2.6):
        room.add_box(
            (2.5, 0.9, 0.2),
            style.wall or room.pick(*SEATS, (236, 234, 230)),
            at=(x, 0, start + 1.0),
        )
    for row in range(SEAT_ROWS):
        level, z = 0.8 + row * ROW_RISE, start - row * ROW_RUN
        room.add_box((44, level, ROW_RUN), CONCRETES[0], at=(0, 0, z))
        for x in np.arange(-11, 11, 0.62):
            # Blocks of one color; a few seats are taken.
            section = seats[int((x + 11) // 5.5) % len(seats)]
            color = section if rng.random() < 0.96 else room.pick(*SPRAYS)
            room.add_box((0.52, 0.45, 0.4), color, at=(x, level, z))
    for _ in range(CAMERA_FLASHES):
        row = int(rng.integers(SEAT_ROWS))
        level, z = 1.5 + row * ROW_RISE, start - row * ROW_RUN + 0.3
        room.add_point((float(rng.uniform(-10, 10)), level, z), 0.06, np.array([2.6, 2.8, 3.0]))


def build_car_park(room: Room) -> None:
    """Builds a car park: columns, lines, tubes of light and cars; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth, room.half_width, room.ceiling = 14.0, 9.0, 2.9
    concrete = style.wall or room.pick(*CONCRETES)
    add_shell(room, concrete, floor=(104, 104, 106), ceiling=concrete, daylight=False)
    accent = style.accent or room.pick((222, 170, 40), (52, 110, 150), (176, 60, 44))
    room.add_box((18, 0.9, 0.04), accent, at=(0, 0, -room.depth + 0.03))
    for z in (-11.5, -7.0):
        for x in np.arange(-7.5, 7.6, 3.75) + float(rng.uniform(-1, 1)):
            room.add_box((0.55, room.ceiling, 0.55), concrete, at=(x, 0, z))
            room.add_box((0.57, 0.9, 0.57), accent, at=(x, 0.2, z))
    for z in (-4.0, -8.5, -13.0):
        for x in np.arange(-6, 6.1, 3.0):
            color = (
                style.colors[int(rng.integers(len(style.colors)))]
                if style.colors
                else (236, 244, 240)
            )
            light = room.colored_light(color, 5.0)
            room.add_glow(create_box(1.5, 0.06, 0.12), light, at=(x, room.ceiling - 0.12, z))
    for x in np.arange(-6.0, 6.1, 3.0):
        room.add_box((0.1, 0.01, 4.5), (226, 224, 218), at=(x, 0, -10.5))
        if rng.random() < 0.5:
            color = room.pick((176, 42, 38), (206, 206, 204), (44, 60, 84), (70, 72, 74))
            _add_car_front(room, (x + 1.5, 0, -11.2), color)


def _add_car_front(room: Room, at: tuple[float, float, float], color: RGB) -> None:
    """Adds a parked car seen from the front; at: middle of its base.

    room: changed in place.
    color: sRGB.
    """
    x, y, z = at
    room.add(create_cushion(1.8, 0.75, 4.0, 0.35), color, (x, y + 0.25, z), gloss=Gloss.POLISHED)
    room.add(
        create_cushion(1.5, 0.7, 2.2, 0.5), (44, 50, 56), (x, y + 0.75, z), gloss=Gloss.POLISHED
    )
    for side in (-1, 1):
        room.add_point((x + side * 0.65, y + 0.66, z + 2.05), 0.07, np.array([1.2, 1.2, 1.1]))


def build_skate_park(room: Room) -> None:
    """Builds a skate park: ramps before a wall with graffiti; room: changed in place."""
    rng, style = room.rng, room.style
    room.depth, room.half_width, room.ceiling = float(rng.uniform(7.0, 9.0)), 7.0, 7.0
    concrete = room.pick(*CONCRETES)
    add_outdoors(room, concrete)
    colors = style.colors or ((style.accent, *SPRAYS[:3]) if style.accent else SPRAYS)
    wall = style.wall or mix_colors(concrete, (120, 110, 104), 0.3)
    _add_graffiti(room, wall, colors)
    ramp_x = float(rng.uniform(-2, 2))
    ramp = create_frustum(1.6, 3.0).rotate(90, axis="z").translate(x=1.5)
    room.add(
        ramp, mix_colors(concrete, (230, 226, 220), 0.3), at=(ramp_x, -0.85, -room.depth + 2.4)
    )
    room.add_box((1.8, 0.45, 0.5), room.pick(*colors), at=(ramp_x - 2.6, 0, -room.depth + 3.4))
    rail = create_frustum(0.03, 2.4).rotate(90, axis="z").translate(x=1.2)
    room.add(rail, (196, 150, 60), at=(ramp_x + 2.6, 0.5, -room.depth + 3.6), gloss=Gloss.METAL)
    for x in (-5.0, -2.0, 2.5, 5.5):
        add_tree(room, (x + float(rng.uniform(-1, 1)), 0.6, -room.depth + 0.5), 4.8)


def _add_graffiti(room: Room, wall: RGB, colors: tuple[RGB, ...]) -> None:
    """Adds a wall with broad strokes of spray paint.

    room: changed in place.
    wall, colors: sRGB of the wall and of the paint.
    """
    rng, (width, height) = room.rng, (12.0, 2.6)
    across, down = round(width * SPRAY_PIXELS), round(height * SPRAY_PIXELS)
    picture = np.full((down, across, 3), linear_from_srgb(wall), np.float32)
    for _ in range(STROKES):
        start = rng.uniform((0, 0.15 * down), (across, 0.9 * down))
        angle, bend = rng.uniform(0, 2 * math.pi), rng.uniform(-0.25, 0.25)
        color = [float(v) for v in linear_from_srgb(room.pick(*colors))]
        points = [start]
        for step in range(14):
            turn = angle + bend * step
            points.append(points[-1] + 4.0 * np.array([math.cos(turn), math.sin(turn)]))
        line = np.rint(points).astype(np.int32)
        cv2.polylines(picture, [line], False, color, int(rng.integers(5, 13)), cv2.LINE_AA)
    # Painted light stands in for paint: the wall receives the even light of the open sky.
    light = cv2.GaussianBlur(picture, (0, 0), 0.8) * 0.5 * room.daylight.astype(np.float32)
    room.add_box((width, height, 0.2), wall, at=(0, 0, -room.depth + 1.2))
    room.add_glow(create_panel(width, height), light, at=(0, 0, -room.depth + 1.32))
