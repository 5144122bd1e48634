"""A street by day (facades, shop fronts, trees) and by night (lit windows, signs, wet ground)."""

from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import mix_colors, rgb_from_kelvin
from services.studio.rooms import furniture
from services.studio.rooms.outdoors import add_outdoors, add_tree
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.solids import create_box, create_cushion, create_frustum, create_panel

# sRGB of house fronts, awnings, cars and neon signs by taste.
FRONTS: tuple[RGB, ...] = (
    *((206, 182, 150), (184, 134, 104), (216, 206, 188), (150, 150, 148), (196, 160, 128)),
    (166, 178, 182),
)
AWNINGS: tuple[RGB, ...] = ((150, 52, 44), (52, 92, 76), (206, 170, 92), (60, 76, 104))
CARS: tuple[RGB, ...] = ((124, 58, 52), (206, 204, 200), (44, 60, 84), (70, 72, 74))
SIGNS: tuple[RGB, ...] = ((255, 50, 120), (40, 160, 255), (255, 140, 40), (120, 70, 255))
PAVEMENT: RGB = (128, 124, 118)
# Meters: height of a ground floor, and of each floor above.
GROUND_FLOOR, FLOOR = 3.6, 3.1
# Brightness of lit windows, shop fronts and neon signs at night.
WINDOW_LIGHT, SHOP_LIGHT, SIGN_LIGHT = 0.35, 0.5, 1.6


def build_street_day(room: Room) -> None:
    """Builds a street of shops by day; room: changed in place."""
    rng = room.rng
    _open_street(room)
    ground = room.style.accent or PAVEMENT
    add_outdoors(room, mix_colors(ground, PAVEMENT, 0.6))
    _add_houses(room, is_night=False)
    for x in (-4.6, -1.7, 1.9, 4.8):
        place = x + float(rng.uniform(-0.6, 0.6)), 0.0, -room.depth + float(rng.uniform(2.0, 4.5))
        if room.decide("trees", 0.7):
            add_tree(room, place, height=float(rng.uniform(4.2, 5.4)))
    for number in range(2):
        x = float(rng.uniform(-4, 4)) + 4 * number
        _add_car(room, (x, 0, -room.depth + 2.6), room.pick(*CARS))


def build_street_cafe(room: Room) -> None:
    """Builds a street by day with a cafe's tables on it; room: changed in place."""
    _open_street(room)
    ground = room.style.accent or PAVEMENT
    add_outdoors(room, mix_colors(ground, PAVEMENT, 0.6))
    _add_houses(room, is_night=False, is_cafe=True)
    parasol = room.pick((226, 218, 200), (170, 58, 46), (60, 96, 80))
    for number, x in enumerate((-4.2, -1.5, 1.3, 4.0)):
        place = x + float(room.rng.uniform(-0.4, 0.4)), 0.0, -room.depth + 2.6 + 0.7 * (number % 2)
        _add_cafe_table(room, place, parasol if number % 2 else None)
    for x in np.arange(-6.0, 6.1, 0.55):
        lamp = float(room.rng.uniform(2.5, 3.5)) * rgb_from_kelvin(2700)
        sag = 2.9 + 0.18 * float(np.cos(2.1 * x))
        room.add_point((float(x), sag, -room.depth + 2.0), 0.05, lamp)


def _add_cafe_table(room: Room, at: tuple[float, float, float], parasol: RGB | None) -> None:
    """Adds a round table with two chairs; at: middle of its base; room: changed in place.

    parasol: sRGB of the one over it; None: none.
    """
    x, y, z = at
    top = room.pick((232, 228, 220), (146, 104, 70))
    room.add(create_frustum(0.04, 0.72), (48, 48, 50), at)
    room.add(create_frustum(0.38, 0.04), top, (x, y + 0.72, z), gloss=Gloss.SATIN)
    chair = room.pick((150, 96, 56), (52, 84, 74), (166, 54, 44))
    for side, turn in ((-1, 90), (1, -90)):
        furniture.add_chair(room, (x + 0.68 * side, y, z), chair, turn=turn)
    if parasol:
        room.add(create_frustum(0.03, 2.5), (90, 70, 54), at)
        room.add(create_frustum(1.3, 0.45, 0.05), parasol, (x, y + 2.1, z))


def build_street_night(room: Room) -> None:
    """Builds a street by night with signs mirrored on wet ground; room: changed in place."""
    rng, style = room.rng, room.style
    room.style = replace(style, light_names=style.light_names | {"moonlight"})
    _open_street(room)
    add_outdoors(room, (40, 42, 46), gloss=Gloss.POLISHED)
    _add_houses(room, is_night=True)
    for number in range(7):
        color = _pick_sign_color(room, number)
        place = float(rng.uniform(-5, 5)), float(rng.uniform(1.9, 4.2)), -room.depth + 0.5
        size = rng.choice([(0.18, 1.2, 0.1), (1.1, 0.25, 0.1), (0.5, 0.5, 0.1)])
        room.add_glow(create_box(*size), room.colored_light(color, SIGN_LIGHT), at=place)
    for number in range(26):
        sign = room.colored_light(_pick_sign_color(room, number), 1.0)
        lamp = rgb_from_kelvin(2700) if number % 3 else sign
        x, y = float(rng.uniform(-6, 6)), float(rng.uniform(0.7, 3.4))
        z = -room.depth + float(rng.uniform(1, 7))
        room.add_point((x, y, z), 0.07, float(rng.uniform(1.0, 3.0)) * lamp)
    for x in (-3.0, 1.0, 4.0):
        _add_car(room, (x + float(rng.uniform(-1, 1)), 0, -room.depth + 3.2), room.pick(*CARS))


def _open_street(room: Room) -> None:
    """Sets how deep, wide and high a street is; room: changed in place."""
    room.depth = float(room.rng.uniform(11.0, 14.0))
    room.half_width, room.ceiling = 10.0, 9.0


def _pick_sign_color(room: Room, number: int) -> RGB:
    """Returns the sRGB of a sign: the style's colors in turn, else of SIGNS."""
    colors = room.style.colors or SIGNS
    return colors[number % len(colors)]


def _add_houses(room: Room, is_night: bool, is_cafe: bool = False) -> None:
    """Adds house fronts side by side across the view.

    room: changed in place.
    is_night: whether their windows are lit. is_cafe: whether their shops are, as cafes are.
    """
    rng, left = room.rng, -room.half_width
    while left < room.half_width:
        width = float(rng.uniform(3.4, 5.0))
        front = room.style.wall or room.pick(*FRONTS)
        z = -room.depth + float(rng.uniform(-0.15, 0.15))
        middle = left + width / 2
        room.add_box((width, 10.0, 0.3), front, at=(middle, 0, z))
        room.add_box(
            (width, 0.25, 0.5), mix_colors(front, (240, 236, 228), 0.4), (middle, GROUND_FLOOR, z)
        )
        _add_shop(room, middle, width, z + 0.16, is_night or is_cafe)
        for floor in range(2):
            for x in np.arange(left + 0.7, left + width - 0.4, 1.25):
                _add_house_window(room, (x, GROUND_FLOOR + 0.7 + floor * FLOOR, z + 0.16), is_night)
        left += width


def _add_shop(room: Room, x: float, width: float, z: float, is_night: bool) -> None:
    """Adds a shop window with a sign board and often an awning.

    room: changed in place.
    x: of its middle; width: of the house; z: of its front, in meters.
    is_night: whether it is lit.
    """
    rng = room.rng
    frame = room.pick((52, 60, 58), (90, 62, 46), (60, 66, 84), (206, 198, 184))
    room.add_box((width * 0.86, GROUND_FLOOR - 0.4, 0.06), frame, at=(x, 0, z))
    light = (SHOP_LIGHT if is_night else 0.12) * room.rng.uniform(0.4, 1.1) * rgb_from_kelvin(3200)
    goods = np.full((3, 5, 3), light, np.float32) * rng.uniform(0.4, 1.25, (3, 5, 1))
    goods = goods if is_night else goods + 0.03 * room.daylight
    for side in (-1, 1):
        pane = create_panel(width * 0.34, 2.0)
        room.add_glow(pane, goods.astype(np.float32), at=(x + side * width * 0.2, 0.6, z + 0.05))
    if rng.random() < 0.6:
        color = room.pick(*AWNINGS)
        awning = create_box(width * 0.84, 0.08, 1.1).rotate(24, axis="x")
        room.add(awning, color, at=(x, 2.75, z + 0.5))


def _add_house_window(room: Room, at: tuple[float, float, float], is_night: bool) -> None:
    """Adds an upper window; at: middle of its lower edge; is_night: some windows are lit.

    room: changed in place.
    """
    frame = (232, 228, 220)
    room.add_box((0.9, 1.6, 0.04), frame, at=at)
    pane = at[0], at[1] + 0.08, at[2] + 0.03
    if is_night and room.rng.random() < 0.45:
        light = WINDOW_LIGHT * room.rng.uniform(0.4, 1.2) * rgb_from_kelvin(2900)
        room.add_glow(create_panel(0.74, 1.44), light, at=pane)
    else:
        room.add_box((0.74, 1.44, 0.02), (62, 72, 80), at=pane, gloss=Gloss.POLISHED)


def _add_car(room: Room, at: tuple[float, float, float], color: RGB) -> None:
    """Adds a parked car, seen from its side; at: middle of its base.

    room: changed in place.
    color: sRGB.
    """
    x, y, z = at
    room.add(create_cushion(4.1, 0.75, 1.7, 0.35), color, (x, y + 0.28, z), gloss=Gloss.POLISHED)
    room.add(create_cushion(2.3, 0.75, 1.5, 0.5), color, (x, y + 0.75, z), gloss=Gloss.POLISHED)
    room.add(
        create_cushion(2.1, 0.55, 1.56, 0.45), (40, 46, 52), (x, y + 0.88, z), gloss=Gloss.POLISHED
    )
    wheel = create_frustum(0.32, 0.2).rotate(90, axis="x")
    for dx in (-1.3, 1.3):
        room.add(wheel, (30, 30, 32), at=(x + dx, y + 0.32, z + 0.7))
