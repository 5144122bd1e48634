"""Furniture, which stands behind the product and is out of focus: shape and color matter."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import (
    create_pillow,
    create_rounded_box,
    create_slab,
    create_tube,
    outline_circle,
    smooth_path,
)
from services.studio.materials import create_matte_material
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.finishes import (
    OAK,
    WALNUT,
    create_ceramic,
    create_rubber,
    create_wood_grain,
    create_woven_cloth,
)
from services.studio.things.parts import (
    create_glow,
    join_piece,
    move_pieces,
    pick_color,
    stand_pieces,
)
from services.studio.things.thing import Piece

# sRGB of upholstery, of scatter cushions and of chimneypieces.
UPHOLSTERY: tuple[RGB, ...] = ((212, 200, 182), (142, 150, 136), (176, 120, 90), (104, 112, 122))
ACCENTS: tuple[RGB, ...] = ((196, 130, 92), (232, 222, 206), (120, 128, 110))
STONES: tuple[RGB, ...] = ((232, 228, 220), (196, 188, 178))


def _create_pad(width: float, height: float, depth: float) -> Mesh:
    """Creates a firm cushion on y = 0 with generous edges; in millimeters."""
    return create_rounded_box(width, height, depth, 0.38 * height, corner=0.3 * height)


def _create_legs(width: float, depth: float, height: float, radius: float) -> list[Mesh]:
    """Creates four tapered legs that spread a little, on y = 0; in millimeters."""
    return [
        create_tube(
            [
                (x * (width / 2 + 26), 2, z * (depth / 2 + 18)),
                (x * width / 2, height, z * depth / 2),
            ],
            np.array([0.6 * radius, radius]),
            sides=10,
        )
        for x in (-1, 1)
        for z in (-1, 1)
    ]


def _create_seating(
    width: float, seats: int, cloth: RGB, accent: RGB, rng: np.random.Generator
) -> tuple[Piece, ...]:
    """Creates an armchair or sofa: base, arms, seat and back cushions, one scatter cushion.

    width: in millimeters; seats: count.
    cloth, accent: sRGB of the upholstery and of the scatter cushion.
    rng: random generator, which places the cushion.
    """
    arm, depth = 150.0, 820.0
    inner = (width - 2 * arm) / seats
    base = create_rounded_box(width - 20, 170, depth, 24).translate(y=150)
    sides = [
        create_rounded_box(arm, 460, depth, 56, corner=60).translate(x=s * (width - arm) / 2, y=150)
        for s in (-1, 1)
    ]
    back = create_rounded_box(width - 2 * arm + 60, 560, 170, 70).rotate(-8, axis="x")
    pads = []
    for number in range(seats):
        x = (number - (seats - 1) / 2) * inner
        pads.append(_create_pad(inner - 8, 170, depth - 210).translate(x=x, y=300, z=70))
        cushion = create_pillow(inner - 10, 470, 210, rng).rotate(78, axis="x")
        pads.append(cushion.translate(x=x, y=640, z=-200))
    scatter = (
        create_pillow(400, 400, 150, rng).rotate(66, axis="x").rotate(rng.uniform(-14, 14), "z")
    )
    x = rng.choice((-1, 1)) * (width / 2 - arm - 200)
    fabric = create_woven_cloth(cloth, thread=7.0, contrast=0.14)
    return (
        join_piece([base, *sides, back.translate(y=300, z=-330), *pads], fabric),
        Piece(
            scatter.translate(x=x, y=640, z=20),
            create_woven_cloth(accent, thread=8.0, contrast=0.2),
        ),
        join_piece(_create_legs(width - 240, depth - 200, 160, 24), create_matte_material(WALNUT)),
    )


def build_armchair(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an upholstered armchair with a scatter cushion, turned toward the product."""
    cloth, accent = pick_color(rng, color, UPHOLSTERY), pick_color(rng, None, ACCENTS)
    chair = _create_seating(930, 1, cloth, accent, rng)
    return stand_pieces(*move_pieces(chair, turn=rng.uniform(-38, 38)))


def build_sofa(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a sofa of two seats with a scatter cushion."""
    cloth, accent = pick_color(rng, color, UPHOLSTERY), pick_color(rng, None, ACCENTS)
    sofa = _create_seating(1900, 2, cloth, accent, rng)
    return stand_pieces(*move_pieces(sofa, turn=rng.uniform(-12, 12)))


def build_chair(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a wooden dining chair with a round back rail and a woven seat."""
    wood = create_wood_grain(rng, color or OAK, repeat=300)
    legs = [
        create_tube([(s * 225, 2, 205), (s * 200, 440, 185)], np.array([14.0, 19.0]), sides=10)
        for s in (-1, 1)
    ]
    legs += [
        create_tube(
            smooth_path([(s * 215, 2, -230), (s * 200, 440, -190), (s * 214, 730, -235)]),
            17,
            sides=10,
        )
        for s in (-1, 1)
    ]
    bend = np.linspace(math.pi * 0.98, math.pi * 2.02, 25)
    rail = np.column_stack([250 * np.cos(bend), np.full(25, 735.0), 255 * np.sin(bend) + 20])
    rungs = [create_tube([(-212, 200, z), (212, 200, z)], 10, sides=8) for z in (-205, 195)]
    seat = create_rounded_box(450, 40, 420, 18, corner=60).translate(y=430)
    slats = [
        create_tube([(x, 470, -200), (x * 1.1, 735, -238)], 8, sides=8)
        for x in (-110, -37, 37, 110)
    ]
    body = [
        join_piece([*legs, create_tube(rail, 22, sides=12), *rungs, *slats], wood),
        Piece(seat, create_woven_cloth((214, 190, 150), thread=9.0, contrast=0.24)),
    ]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(-40, 40)))


def build_fireplace(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a chimneypiece of stone around a burning fire."""
    stone = create_ceramic(pick_color(rng, color, STONES))
    pillars = [create_rounded_box(220, 900, 240, 10).translate(x=s * 530) for s in (-1, 1)]
    lintel = create_rounded_box(1280, 200, 240, 10).translate(y=880)
    shelf = create_rounded_box(1440, 60, 320, 12).translate(y=1078, z=20)
    bases = [create_rounded_box(260, 90, 280, 10).translate(x=s * 530) for s in (-1, 1)]
    hearth = create_rounded_box(1440, 24, 420, 6).translate(z=80)
    soot = create_rounded_box(860, 890, 20, 4).translate(z=-110)
    logs = [
        create_tube(
            [(-250, 80 + 44 * n, 20 - 46 * n), (240, 90 + 40 * n, -10 + 40 * n)], 48, sides=12
        )
        for n in range(3)
    ]
    fire = _create_fire(rng, count=9, width=240, height=360)
    body = [
        join_piece([*pillars, lintel, shelf, *bases, hearth], stone),
        Piece(soot, create_matte_material((30, 26, 24))),
        join_piece(logs, create_rubber((58, 40, 30))),
        *move_pieces(fire, y=150),
    ]
    return stand_pieces(*body)


def _create_fire(
    rng: np.random.Generator, count: int, width: float, height: float
) -> tuple[Piece, ...]:
    """Creates a fire of leaning tongues of flame and embers on y = 0.

    count: of tongues; width, height: of the fire, in millimeters.
    rng: random generator, which shapes them.
    """
    bright: list[Mesh] = []
    dim: list[Mesh] = []
    embers: list[Mesh] = []
    for number in range(count):
        x, z = rng.uniform(-0.5, 0.5) * width, rng.uniform(-0.16, 0.16) * width
        tall = height * rng.uniform(0.45, 1.0) * (1 - 0.9 * abs(x / width))
        sway = rng.uniform(-0.16, 0.16, 3) * tall
        line = smooth_path(
            [
                (x, 0, z),
                (x + sway[0], 0.35 * tall, z),
                (x + sway[1], 0.7 * tall, z),
                (x + sway[2], tall, z),
            ]
        )
        share = np.linspace(0, 1, len(line))
        radius = 0.17 * tall * np.sin(math.pi * (0.14 + 0.86 * share) ** 0.8) ** 0.9 + 1
        tongue = create_tube(line, radius, sides=10)
        (bright if number % 2 else dim).append(tongue)
        spot = rng.uniform(-0.6, 0.6) * width, 0.0, rng.uniform(-0.2, 0.2) * width
        embers.append(create_slab(outline_circle(0.09 * width, 8), 0.1 * width, 4).translate(*spot))
    return (
        create_glow(join_meshes(bright), np.array([6.0, 2.9, 0.7])),
        create_glow(join_meshes(dim), np.array([3.6, 1.1, 0.16])),
        create_glow(join_meshes(embers), np.array([1.5, 0.28, 0.04])),
    )


def build_campfire(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a campfire: crossed logs in a ring of stones, burning."""
    logs = []
    for number in range(6):
        turn = 60 * number + rng.uniform(-10, 10)
        log = create_tube([(230, 24, 0), (20, 170, 0)], np.array([34.0, 26.0]), sides=10)
        logs.append(log.rotate(turn))
    stones = []
    for number in range(13):
        size = rng.uniform(76, 104)
        stone = create_slab(
            outline_circle(size / 2, 9) * rng.uniform(0.85, 1.1, (9, 1)), size * 0.62, size * 0.26
        )
        stones.append(stone.rotate(rng.uniform(0, 360)).translate(x=300).rotate(360 * number / 13))
    fire = _create_fire(rng, count=11, width=230, height=400)
    return stand_pieces(
        join_piece(logs, create_rubber((70, 48, 34))),
        join_piece(stones, create_matte_material(color or (122, 116, 110))),
        *move_pieces(fire, y=40),
    )
