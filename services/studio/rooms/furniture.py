"""Furniture and what stands on it: sofas, shelves, lamps, plants, crockery, books, pictures."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import mix_colors
from services.studio.rooms.room import Gloss, Room
from services.studio.rooms.solids import (
    create_ball,
    create_cushion,
    create_foliage,
    create_frustum,
    create_panel,
    create_turned_body,
)
from services.studio.shapes import Mesh

Place = tuple[float, float, float]
"""Meters: x right, y up, z toward the camera."""

# sRGB of glazed crockery, of clay pots, of book covers and of leaves.
CROCKERY: tuple[RGB, ...] = (
    *((238, 234, 226), (214, 204, 188), (160, 168, 160), (196, 170, 142), (120, 134, 140)),
    (226, 220, 212),
)
CLAY: tuple[RGB, ...] = ((196, 134, 100), (222, 214, 202), (120, 116, 110), (172, 150, 128))
BOOKS: tuple[RGB, ...] = (
    *((206, 196, 180), (150, 84, 66), (70, 92, 104), (226, 220, 208), (96, 108, 84)),
    *((186, 148, 92), (58, 60, 66), (168, 172, 170)),
)
LEAVES: tuple[RGB, ...] = ((110, 136, 84), (86, 116, 78), (136, 156, 102), (118, 140, 114))
BRASS: RGB = (178, 142, 84)
BLACK: RGB = (34, 33, 32)


def add_sofa(room: Room, at: Place, width: float, cloth: RGB, turn: float = 0.0) -> None:
    """Adds a sofa or, below a width of a meter, an armchair.

    room: changed in place.
    at: middle of its base; width: in meters.
    cloth: sRGB; turn: degrees about the y axis.
    """
    seats = max(1, round((width - 0.35) / 0.75))
    _add_turned(room, create_cushion(width, 0.42, 0.9, 0.2), cloth, at, turn, (0, 0.06, 0))
    _add_turned(room, create_cushion(width, 0.86, 0.26, 0.25), cloth, at, turn, (0, 0.06, -0.34))
    for side in (-1, 1):
        arm = create_cushion(0.2, 0.6, 0.92, 0.25)
        _add_turned(room, arm, cloth, at, turn, (side * (width / 2 - 0.08), 0.06, 0))
    seat = (width - 0.3) / seats
    for number in range(seats):
        x = -(width - 0.3) / 2 + seat * (number + 0.5)
        light = mix_colors(cloth, (255, 255, 255), share=0.06)
        _add_turned(room, create_cushion(seat, 0.2, 0.68, 0.3), light, at, turn, (x, 0.4, 0.06))
        back = create_cushion(seat, 0.46, 0.2, 0.35).rotate(-10, axis="x")
        _add_turned(room, back, light, at, turn, (x, 0.5, -0.18))


def add_cushion(room: Room, at: Place, color: RGB, size: float = 0.44) -> None:
    """Adds a cushion that leans back; at: middle of its lower edge; size: in meters.

    room: changed in place.
    color: sRGB.
    """
    lean = room.rng.uniform(-24, -14)
    mesh = create_cushion(size, size, 0.16, 0.55).rotate(lean, axis="x")
    room.add(mesh.rotate(room.rng.uniform(-8, 8), axis="z"), color, at, room.rng.uniform(-14, 14))


def _add_turned(room: Room, mesh: Mesh, color: RGB, at: Place, turn: float, offset: Place) -> None:
    """Adds a part of a piece of furniture that is turned as a whole.

    room: changed in place.
    at: where the furniture stands; turn: degrees; offset: of the part before the turn.
    """
    room.add(mesh.translate(*offset), color, at, turn)


def add_shelf_row(room: Room, at: Place, width: float, fill: str, reach: float = 0.3) -> None:
    """Adds things side by side, as on one board.

    room: changed in place.
    at: middle of the board's upper side; width: of the row in meters.
    fill: crockery, books, jars, bottles or mixed.
    reach: height in meters that is free above.
    """
    rng, x = room.rng, at[0] - width / 2
    end = at[0] + width / 2
    while x < end - 0.06:
        kind = fill if fill != "mixed" else str(rng.choice(["books", "crockery", "gap", "plant"]))
        x += _add_shelf_thing(room, kind, (x, at[1], at[2]), reach)


def _add_shelf_thing(room: Room, kind: str, at: Place, reach: float) -> float:
    """Adds one thing to a board and returns the width that it takes, in meters.

    room: changed in place.
    kind: books, crockery, jars, bottles, plant or gap.
    at: left end of its base; reach: height in meters that is free above.
    """
    rng = room.rng
    x, y, z = at
    match kind:
        case "books":
            count, taken = int(rng.integers(3, 9)), 0.0
            for _ in range(count):
                thick, tall = rng.uniform(0.02, 0.05), reach * rng.uniform(0.6, 0.86)
                size = (thick, tall, rng.uniform(0.14, 0.2))
                room.add_box(size, _pick_shade(room, BOOKS), at=(x + taken + thick / 2, y, z))
                taken += thick
            return taken + rng.uniform(0.02, 0.1)
        case "jars":
            radius, tall = rng.uniform(0.04, 0.065), reach * rng.uniform(0.4, 0.7)
            color = _pick_shade(
                room, ((214, 180, 130), (160, 110, 70), (226, 214, 190), (120, 76, 50))
            )
            room.add(
                create_frustum(radius, tall), color, at=(x + radius, y, z), gloss=Gloss.POLISHED
            )
            room.add(create_frustum(radius, 0.025), (150, 116, 80), at=(x + radius, y + tall, z))
            return 2 * radius + rng.uniform(0.02, 0.05)
        case "bottles":
            radius, tall = rng.uniform(0.035, 0.048), min(reach * 0.92, rng.uniform(0.27, 0.33))
            color = _pick_shade(
                room, ((120, 60, 20), (40, 70, 40), (170, 110, 40), (190, 190, 180))
            )
            body = create_bottle(radius, tall)
            room.add(body, color, at=(x + radius, y, z), gloss=Gloss.POLISHED)
            return 2 * radius + rng.uniform(0.01, 0.04)
        case "plant":
            add_plant(room, (x + 0.09, y, z), height=min(0.3, reach * 0.9))
            return 0.22
        case "gap":
            return float(rng.uniform(0.08, 0.22))
    return _add_crockery(room, at, reach)


def _add_crockery(room: Room, at: Place, reach: float) -> float:
    """Adds a pile of plates, bowls, a cup or a jug; returns the width that it takes in meters.

    room: changed in place.
    at: left end of its base; reach: height in meters that is free above.
    """
    rng = room.rng
    x, y, z = at
    color, kind = _pick_shade(room, CROCKERY), int(rng.integers(4))
    if kind == 0:
        radius = rng.uniform(0.1, 0.125)
        room.add(
            create_frustum(0.8 * radius, rng.uniform(0.04, 0.12), radius),
            color,
            (x + radius, y, z),
            gloss=Gloss.POLISHED,
        )
    elif kind == 1:
        radius = rng.uniform(0.07, 0.09)
        for number in range(int(rng.integers(1, 4))):
            level = y + 0.035 * number
            room.add(
                create_frustum(0.5 * radius, 0.065, radius),
                color,
                (x + radius, level, z),
                gloss=Gloss.POLISHED,
            )
    elif kind == 2:
        radius = rng.uniform(0.038, 0.05)
        room.add(
            create_frustum(radius, rng.uniform(0.08, 0.11)),
            color,
            (x + radius, y, z),
            gloss=Gloss.POLISHED,
        )
    else:
        radius, tall = rng.uniform(0.06, 0.08), min(0.9 * reach, rng.uniform(0.18, 0.28))
        room.add(_create_jug(radius, tall), color, (x + radius, y, z), gloss=Gloss.SATIN)
    return 2 * radius + rng.uniform(0.02, 0.08)


def create_bottle(radius: float, height: float) -> Mesh:
    """Creates a bottle with a slender neck on y = 0; radius, height: in meters."""
    return create_turned_body(
        (1e-4, height),
        (0.32 * radius, height),
        (0.32 * radius, 0.72 * height),
        (radius, 0.58 * height),
        (radius, 0.01),
        (1e-4, 0.0),
    )


def _create_jug(radius: float, height: float) -> Mesh:
    """Creates a jug or vase on y = 0; radius, height: in meters."""
    return create_turned_body(
        (1e-4, 0.9 * height),
        (0.55 * radius, height),
        (0.45 * radius, 0.8 * height),
        (radius, 0.45 * height),
        (0.8 * radius, 0.12 * height),
        (0.6 * radius, 0.0),
        (1e-4, 0.0),
    )


def _pick_shade(room: Room, colors: tuple[RGB, ...]) -> RGB:
    """Picks one of some sRGB colors; few distinct ones, as each costs a material."""
    return colors[int(room.rng.integers(len(colors)))]


def add_board(room: Room, at: Place, width: float, wood: RGB, depth: float = 0.24) -> None:
    """Adds a wall board; at: middle of its upper side; width, depth: in meters.

    room: changed in place.
    wood: sRGB.
    """
    room.add_box((width, 0.035, depth), wood, at=(at[0], at[1] - 0.035, at[2]))


def add_bookcase(
    room: Room, at: Place, width: float, height: float, wood: RGB, fill: str = "mixed"
) -> None:
    """Adds a bookcase with filled boards against a wall.

    room: changed in place.
    at: middle of its base; width, height: in meters.
    wood: sRGB.
    fill: as add_shelf_row takes it.
    """
    depth, pitch = 0.32, 0.38
    x, y, z = at
    back = mix_colors(wood, (0, 0, 0), share=0.25)
    room.add_box((width, height, 0.02), back, at=(x, y, z - depth / 2))
    for side in (-1, 1):
        room.add_box((0.03, height, depth), wood, at=(x + side * width / 2, y, z))
    for number in range(round(height / pitch) + 1):
        level = y + min(number * pitch + 0.06, height - 0.03)
        room.add_box((width, 0.03, depth), wood, at=(x, level, z))
        if number * pitch + pitch < height:
            add_shelf_row(room, (x, level + 0.03, z), width - 0.08, fill, reach=pitch - 0.05)


def add_plant(room: Room, at: Place, height: float, pot: RGB | None = None) -> None:
    """Adds a leafy plant in a pot.

    room: changed in place.
    at: middle of the pot's base; height: of both in meters.
    pot: sRGB; None: clay by the seed.
    """
    rng = room.rng
    base = 0.26 * height
    radius = 0.15 * height
    room.add(create_frustum(0.75 * radius, base, radius), pot or _pick_shade(room, CLAY), at)
    size = height * rng.uniform(0.6, 0.85), 0.8 * height, height * 0.6
    for share, leaf in ((0.6, 0.2), (0.4, 0.3)):
        count = round(90 * share)
        bush = create_foliage(size, count, length=leaf * height, rng=rng)
        room.add(bush, _pick_shade(room, LEAVES), (at[0], at[1] + 0.7 * base, at[2]))


def add_floor_lamp(room: Room, at: Place, height: float = 1.55) -> None:
    """Adds a lamp with a cloth shade on a thin stand; at: its foot; height: in meters.

    room: changed in place.
    """
    x, y, z = at
    room.add(create_frustum(0.14, 0.03), BLACK, at)
    room.add(create_frustum(0.012, height - 0.2), BLACK, at)
    shade = create_turned_body((0.15, 0.3), (0.22, 0.0))
    room.add_glow(shade, room.lamplight, at=(x, y + height - 0.3, z))


def add_table_lamp(room: Room, at: Place, size: float = 0.45, foot: RGB = CROCKERY[3]) -> None:
    """Adds a lamp with a cloth shade on a round foot; at: its base; size: height in meters.

    room: changed in place.
    foot: sRGB.
    """
    x, y, z = at
    room.add(_create_jug(0.22 * size, 0.55 * size), foot, at, gloss=Gloss.SATIN)
    shade = create_turned_body((0.24 * size, 0.45 * size), (0.36 * size, 0.0))
    room.add_glow(shade, room.lamplight, at=(x, y + 0.55 * size, z))


def add_pendant(room: Room, at: Place, radius: float, shade: RGB, glow: float = 1.6) -> None:
    """Adds a hanging lamp: a dome whose inside glows; at: its lower rim's middle.

    room: changed in place.
    radius: of the rim in meters.
    shade: sRGB of its outside.
    glow: brightness of its inside, as a factor on other lamps.
    """
    x, y, z = at
    dome = create_turned_body(
        (0.02, 0.95 * radius),
        (0.4 * radius, 0.9 * radius),
        (0.85 * radius, 0.5 * radius),
        (radius, 0.0),
    )
    room.add(dome, shade, at, gloss=Gloss.SATIN)
    room.add(create_frustum(0.006, room.ceiling - y - radius), BLACK, at=(x, y + radius, z))
    bulb = create_ball(0.42 * radius)
    room.add_glow(bulb, glow * room.lamplight, at=(x, y - 0.2 * radius, z))


def add_globe(room: Room, at: Place, radius: float, glow: float = 1.0) -> None:
    """Adds a hanging ball of opal glass; at: its middle; radius: in meters.

    room: changed in place.
    glow: brightness, as a factor on other lamps.
    """
    x, y, z = at
    room.add_glow(create_ball(radius), glow * room.lamplight, at=(x, y - radius, z))
    room.add(create_frustum(0.006, room.ceiling - y - radius), BLACK, at=(x, y + radius, z))


def add_picture(room: Room, at: Place, width: float, height: float) -> None:
    """Adds a framed print on the back wall; at: middle of its lower edge; sizes in meters.

    room: changed in place.
    """
    x, y, z = at
    frame = room.pick((48, 44, 40), (176, 136, 92), (230, 226, 218))
    room.add_box((width, height, 0.03), frame, at)
    room.add_box((width - 0.05, height - 0.05, 0.034), (236, 232, 224), at=(x, y + 0.025, z))
    for color in ((196, 150, 120), (120, 134, 130), (206, 186, 150)):
        mark = create_panel(
            width * room.rng.uniform(0.2, 0.5), height * room.rng.uniform(0.15, 0.4)
        )
        dx, dy = room.rng.uniform(-0.15, 0.15) * width, room.rng.uniform(0.15, 0.5) * height
        room.add(mark, color, at=(x + dx, y + dy, z + 0.02))


def add_legs(room: Room, at: Place, width: float, depth: float, height: float, wood: RGB) -> None:
    """Adds four legs; at: middle between their feet; sizes in meters.

    room: changed in place.
    wood: sRGB.
    """
    for across in (-1, 1):
        for along in (-1, 1):
            place = at[0] + across * width / 2, at[1], at[2] + along * depth / 2
            room.add(create_frustum(0.022, height), wood, place)


def add_table(room: Room, at: Place, width: float, depth: float, wood: RGB) -> None:
    """Adds a table of usual height; at: middle of its base; width, depth: in meters.

    room: changed in place.
    wood: sRGB.
    """
    x, y, z = at
    room.add_box((width, 0.04, depth), wood, at=(x, y + 0.71, z), gloss=Gloss.SATIN)
    add_legs(room, at, width - 0.12, depth - 0.12, 0.71, wood)


def add_chair(room: Room, at: Place, color: RGB, turn: float = 0.0, seat: float = 0.45) -> None:
    """Adds a chair or, with a high seat, a bar stool.

    room: changed in place.
    at: middle of its base; turn: degrees about the y axis.
    color: sRGB.
    seat: its height in meters.
    """
    legs = 0.36
    for across in (-1, 1):
        for along in (-1, 1):
            rear = 0.42 if along < 0 else 0.0
            leg = create_frustum(0.018, seat + rear).translate(
                across * legs / 2, 0, along * legs / 2
            )
            room.add(leg, color, at, turn)
    room.add(create_cushion(0.44, 0.06, 0.44, 0.3).translate(y=seat - 0.03), color, at, turn)
    back = create_cushion(0.42, 0.2, 0.04, 0.3).translate(y=seat + 0.24, z=-legs / 2)
    room.add(back, color, at, turn)


def add_fireplace(room: Room, at: Place, width: float, stone: RGB) -> None:
    """Adds a fireplace with its mantel, a fire that glows, and logs.

    room: changed in place.
    at: middle of its base at the wall; width: in meters.
    stone: sRGB of the surround.
    """
    x, y, z = at
    opening, height, depth = 0.56 * width, 0.72, 0.3
    for side in (-1, 1):
        pier = (width - opening) / 2
        room.add_box(
            (pier, 1.08, depth), stone, at=(x + side * (opening + pier) / 2, y, z + depth / 2)
        )
    room.add_box((width, 1.08 - height, depth), stone, at=(x, y + height, z + depth / 2))
    room.add_box((width + 0.2, 0.07, depth + 0.1), stone, at=(x, y + 1.08, z + depth / 2))
    room.add_box((opening, height, 0.02), (30, 26, 24), at=(x, y, z + 0.02))
    for number in range(5):
        flame = create_turned_body((0.004, 0.3), (0.03, 0.2), (0.06, 0.08), (0.01, 0.0))
        place = x + (number - 2) * 0.09, y + 0.1, z + 0.16 + room.rng.uniform(-0.04, 0.04)
        strength = room.rng.uniform(0.7, 1.2)
        room.add_glow(flame, strength * np.array([7.0, 2.7, 0.55]), at=place)
    for number in range(3):
        log = create_frustum(0.05, opening * 0.8).rotate(90, axis="z")
        room.add(log, (74, 50, 36), at=(x + opening * 0.4, y + 0.05 + 0.03 * number, z + 0.14))


def add_candles(room: Room, at: Place, count: int) -> None:
    """Adds candles of different heights with their flames; at: middle of the group's base.

    room: changed in place.
    """
    for number in range(count):
        tall = room.rng.uniform(0.08, 0.2)
        x, z = at[0] + (number - (count - 1) / 2) * 0.1, at[2] + room.rng.uniform(-0.04, 0.04)
        room.add(create_frustum(0.032, tall), (238, 226, 200), at=(x, at[1], z))
        room.add_point((x, at[1] + tall + 0.03, z), 0.018, np.array([9.0, 4.6, 1.3]))


def add_light_chain(room: Room, start: Place, end: Place, sag: float, bulbs: int) -> None:
    """Adds a hanging chain of small lamps from one point to another.

    room: changed in place.
    start, end: its fastening points; sag: meters that its middle hangs below them.
    """
    for share in np.linspace(0, 1, bulbs):
        x, y, z = (a + (b - a) * share for a, b in zip(start, end, strict=True))
        y -= sag * math.sin(math.pi * share)
        room.add_point((x, y, z), 0.022, 2.2 * room.lamplight)
