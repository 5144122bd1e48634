"""Things of feasts: gifts, baubles, trees, wreaths, eggs, pumpkins, hearts and envelopes."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import (
    create_ellipsoid,
    create_rounded_box,
    create_slab,
    create_tube,
    loft_rings,
    outline_circle,
    outline_heart,
    outline_star,
    smooth_path,
    stand_upright,
    stretch_mesh,
    thicken_grid,
    turn_profile,
)
from services.studio.materials import (
    create_glossy_material,
    create_lacquer_material,
    create_matte_material,
    create_metal_material,
    create_satin_material,
)
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.finishes import (
    create_rubber,
)
from services.studio.things.parts import (
    create_glow,
    join_piece,
    move_pieces,
    pick_color,
    stand_pieces,
    tip_pieces,
)
from services.studio.things.thing import Piece

# sRGB of wrapping paper and ribbons, of baubles, of fir, of eggs and of pumpkins.
PAPERS: tuple[RGB, ...] = ((166, 36, 38), (222, 204, 176), (44, 84, 66), (198, 150, 104))
RIBBONS: tuple[RGB, ...] = ((212, 170, 96), (236, 226, 208), (150, 30, 36))
BAUBLES: tuple[RGB, ...] = ((170, 28, 32), (208, 162, 84), (46, 92, 70), (196, 198, 204))
FIR: RGB = (42, 74, 50)
EGGS: tuple[RGB, ...] = ((232, 196, 190), (190, 212, 206), (240, 222, 166), (204, 194, 222))
PUMPKINS: tuple[RGB, ...] = ((214, 116, 40), (226, 136, 52), (200, 98, 34))
GOLD: RGB = (222, 176, 96)
RED: RGB = (188, 28, 34)
# Different boughs of a tree, and leaves of a wreath. More: less repetition, more to build.
BOUGH_KINDS = 6


def _create_bow_loop(length: float, width: float) -> Mesh:
    """Creates a loop of ribbon from the origin along +x and up; in millimeters."""
    turn = np.linspace(-math.pi, math.pi, 33)
    # A drop: its point at the knot.
    reach = 0.5 * length * (1 + np.cos(turn))
    rise = 0.36 * length * np.sin(turn) * (0.45 + 0.55 * reach / length) + 0.22 * reach
    across = np.linspace(-1, 1, 5)
    z = width / 2 * across * (0.35 + 0.65 * reach / length)[:, None]
    grid = np.stack(
        [np.broadcast_to(reach[:, None], z.shape), np.broadcast_to(rise[:, None], z.shape), z],
        axis=-1,
    )
    return thicken_grid(grid, 0.9)


def create_gift_bow(size: float) -> Mesh:
    """Creates a bow of four loops, a knot and two tails on y = 0; `size` millimeters across."""
    loops = [_create_bow_loop(size / 2, size * 0.24).rotate(turn) for turn in (18, 162, 205, 335)]
    tails = []
    for turn in (60, 118):
        share = np.linspace(0, 1, 13)[:, None]
        across = np.linspace(-1, 1, 3)[None]
        wave = size * (0.1 * np.exp(-3 * share) + 0.03 * np.sin(6 * share)) + 0.6
        x, z = share * 0.52 * size + 0 * across, 0.1 * size * across + 0 * share
        grid = np.stack([x, wave + 0 * across, z], axis=-1)
        tails.append(thicken_grid(grid, 0.9).rotate(-turn))
    knot = create_ellipsoid(size * 0.16, size * 0.13, size * 0.16, steps=20).translate(
        y=size * 0.06
    )
    return join_meshes([*loops, *tails, knot])


def build_gift(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a wrapped box with crossing ribbons, folded paper ends and a bow."""
    width, height, depth = rng.uniform(125, 150), rng.uniform(80, 110), rng.uniform(115, 140)
    box = create_rounded_box(width, height, depth, 2)
    flap = create_slab(np.array([[-1, 0], [1, 0], [0, 0.72]]) * [width * 0.42, height * 0.8], 1)
    fold = stand_upright(flap).translate(y=height * 0.06, z=depth / 2 + 0.6)
    bands = [
        create_rounded_box(width + 1.6, height + 1.6, 20, 0.8),
        create_rounded_box(20, height + 1.6, depth + 3.6, 0.8),
    ]
    ribbon = create_satin_material(pick_color(rng, None, RIBBONS))
    paper = create_glossy_material(pick_color(rng, color, PAPERS), roughness=0.5, specular=0.35)
    bow = create_gift_bow(96).translate(y=height + 0.8)
    parts = [join_piece([box, fold], paper), join_piece([*bands, bow], ribbon)]
    return stand_pieces(*move_pieces(parts, turn=rng.uniform(-34, 34)))


def build_ribbon(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a satin ribbon that winds over the ground in curls."""
    share = np.linspace(0, 1, 120)
    phase = rng.uniform(0, 6, 2)
    # Wider swings in the middle; the ends curl up.
    swing = 58 * np.sin(math.pi * share) ** 0.5
    end = 26 * (np.exp(-share / 0.05) - np.exp((share - 1) / 0.05))
    x = 400 * (share - 0.5) + 22 * np.cos(13 * share + phase[0]) + end
    z = swing * np.sin(13 * share + phase[0])
    lift = 14 * np.exp(-np.minimum(share, 1 - share) / 0.08) + 4 * (
        1 + np.sin(9 * share + phase[1])
    )
    along = np.gradient(np.column_stack([x, z]), axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    # The band stands on its edge and leans, now to one side, now to the other.
    lean = 0.75 * np.sin(6.5 * share + phase[1])
    up = np.linspace(0, 26, 5)
    grid = np.stack(
        [
            x[:, None] - along[:, 1:] * np.sin(lean)[:, None] * up,
            lift[:, None] + np.cos(lean)[:, None] * up,
            z[:, None] + along[:, :1] * np.sin(lean)[:, None] * up,
        ],
        axis=-1,
    )
    return stand_pieces(
        Piece(thicken_grid(grid, 0.8), create_satin_material(pick_color(rng, color, RIBBONS)))
    )


def build_bauble(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a tree ball with its metal cap and loop, lying."""
    picked = pick_color(rng, color, BAUBLES)
    finish = (
        create_lacquer_material(picked) if rng.random() < 0.6 else create_satin_material(picked)
    )
    ball = create_ellipsoid(80, 80, 80, steps=48)
    cap = turn_profile([(0, 37), (11, 37), (11, 47), (8, 49), (0, 50)], steps=24)
    loop = outline_circle(6, 20)
    ring = create_tube(
        np.column_stack([loop[:, 0], loop[:, 1] + 54, 0 * loop[:, 0]]), 0.9, 6, closed=True
    )
    metal = create_metal_material(GOLD, roughness=0.25)
    body = tip_pieces(
        [Piece(ball, finish), join_piece([cap, ring], metal)], rng.uniform(35, 60), "z"
    )
    return stand_pieces(*move_pieces(body, turn=rng.uniform(0, 360)))


def build_christmas_tree(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a decorated fir: tiers of boughs, lights, baubles and a star on top."""
    height, boughs = 1500.0, []
    kinds = [_create_bough(1.0, 8, rng) for _ in range(BOUGH_KINDS)]
    for tier in range(13):
        share = tier / 13
        y, reach = 190 + 1240 * share, 520 * (1 - share) ** 0.92 + 40
        count = max(6, int(17 * (1 - share)) + 3)
        for number in range(count):
            turn = 360 * (number + rng.uniform(-0.25, 0.25)) / count + 23 * tier
            length = reach * rng.uniform(0.88, 1.08)
            grown = stretch_mesh(kinds[int(rng.integers(BOUGH_KINDS))], length, length, length)
            bough = grown.rotate(rng.uniform(-6, 6), axis="x")
            boughs.append(bough.rotate(turn).translate(y=y))
    trunk = create_tube([(0, 0, 0), (0, height * 0.9, 0)], np.array([44.0, 8.0]), sides=10)
    lights, balls = [], []
    for number in range(78):
        share = (number + 0.5) / 78
        turn, y = 2.4 * number, 180 + 1230 * share
        reach = (520 * (1 - share) ** 0.92 + 30) * rng.uniform(0.82, 1.0)
        spot = (reach * math.cos(turn), y - 0.16 * reach, reach * math.sin(turn))
        if number % 3:
            lights.append(create_ellipsoid(17, 17, 17, steps=8).translate(*spot))
        else:
            balls.append(
                create_ellipsoid(62, 62, 62, steps=10).translate(spot[0], spot[1] - 30, spot[2])
            )
    star = (
        create_slab(outline_star(5, 90, 40), 20, 6).rotate(-90, axis="x").translate(y=height + 20)
    )
    glow = create_glow(join_meshes(lights), 8 * np.array([1.0, 0.58, 0.22]))
    return stand_pieces(
        join_piece(boughs, create_matte_material(color or FIR)),
        Piece(trunk, create_matte_material((80, 58, 42))),
        glow,
        join_piece(balls, create_lacquer_material(pick_color(rng, None, BAUBLES[:2]))),
        Piece(star, create_metal_material(GOLD, roughness=0.25)),
    )


def _create_bough(length: float, rows: int, rng: np.random.Generator) -> Mesh:
    """Creates a drooping bough along +z: a flat fan with a ragged edge; in millimeters.

    rows: of vertices along it. More: more ragged.
    """
    share = np.linspace(0, 1, rows)
    ragged = 1 + 0.35 * (np.arange(rows) % 2) * rng.uniform(0.4, 1)
    half = 0.24 * length * np.sin(math.pi * (0.06 + 0.9 * share)) ** 0.8 * ragged
    across = np.array([-1, 0, 1])
    y = -0.22 * length * share[:, None] ** 1.4 - 0.3 * half[:, None] * across**2
    grid = np.stack([half[:, None] * across, y, length * share[:, None] + 0 * across], axis=-1)
    return thicken_grid(grid, 0.035 * length)


def build_wreath(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an upright wreath of leaves with berries and a bow."""
    radius, leaves, berries = 150.0, [], []
    kinds = [_create_bough(length, 5, rng) for length in np.linspace(48, 74, BOUGH_KINDS)]
    for number in range(200):
        turn = 360 * number / 200 + rng.uniform(-4, 4)
        blade = kinds[int(rng.integers(BOUGH_KINDS))]
        blade = blade.rotate(rng.uniform(-70, 70)).rotate(rng.uniform(-50, 50), "x")
        # Along the ring, fanned out to both sides.
        blade = blade.rotate(rng.uniform(0, 360), "z").rotate(90, axis="y")
        placed = blade.translate(y=radius + rng.uniform(-16, 16), z=rng.uniform(-14, 14))
        leaves.append(placed.rotate(turn, axis="z"))
    for _ in range(34):
        turn, reach = rng.uniform(0, 2 * math.pi), radius + rng.uniform(-26, 26)
        spot = (reach * math.cos(turn), reach * math.sin(turn), rng.uniform(20, 38))
        berries.append(create_ellipsoid(15, 15, 15, steps=12).translate(*spot))
    bow = create_gift_bow(120).rotate(90, axis="x").translate(y=-radius, z=42)
    return stand_pieces(
        join_piece(leaves, create_rubber(color or (62, 92, 60))),
        join_piece(berries, create_glossy_material((176, 26, 30), roughness=0.2)),
        Piece(bow, create_satin_material((168, 34, 38))),
    )


def build_candy_cane(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a lying candy cane with a twisted stripe."""
    bend = np.linspace(0, math.pi * 1.05, 24)
    hook = np.column_stack([22 * np.cos(bend) - 22, 22 * np.sin(bend) + 100])
    line = np.vstack([np.column_stack([np.zeros(34), np.linspace(0, 97, 34)]), hook])
    path = np.column_stack([line[:, 0], 0 * line[:, 0], -line[:, 1]])
    core = create_tube(path, 6.5, sides=20)
    stripes = []
    step = np.linspace(0, 1, 260)
    position = step * (len(path) - 1)
    middle = np.column_stack(
        [np.interp(position, np.arange(len(path)), path[:, k]) for k in range(3)]
    )
    along = np.gradient(middle, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(along, [0.0, 1.0, 0.0])
    for start in (0.0, 2.1, 4.2):
        turn = 52 * step + start
        offset = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * [0.0, 1.0, 0.0]
        width = 2.6 if start else 3.4
        stripes.append(create_tube(middle + (6.9 - width) * offset, width, sides=6))
    sugar = create_glossy_material((244, 238, 232), roughness=0.15, specular=0.5)
    red = create_glossy_material(color or RED, roughness=0.15, specular=0.5)
    body = [Piece(core, sugar), join_piece(stripes, red)]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(0, 360)))


def build_easter_egg(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a painted egg with white bands, lying on its side."""
    turn = np.linspace(-1, 1, 33) * math.pi / 2
    y, radius = 29 * np.sin(turn), 21.5 * np.cos(turn) * (1 - 0.12 * np.sin(turn))
    shell = turn_profile(np.column_stack([radius, y]), steps=40, angle=80)
    angle = np.linspace(0, 2 * math.pi, 72, endpoint=False)
    bands = []
    # Each band: its height, its waves' height and count, its thickness.
    for level, wave, count, thickness in (
        (-9, 0, 0, 0.55),
        (0, 3, 9, 0.9),
        (9, 0, 0, 0.55),
        (15, 1.4, 12, 0.6),
    ):
        heights = level + wave * np.sin(count * angle)
        reach = np.interp(heights, y, radius) + 0.1
        path = np.column_stack([reach * np.cos(angle), heights, reach * np.sin(angle)])
        bands.append(create_tube(path, thickness, sides=6, closed=True))
    paint = create_rubber(pick_color(rng, color, EGGS))
    white = create_rubber((246, 240, 230))
    egg = [
        Piece(shell, paint),
        join_piece(bands, white),
    ]
    tipped = tip_pieces(egg, rng.uniform(58, 84), "z")
    return stand_pieces(*move_pieces(tipped, turn=rng.uniform(0, 360)))


def build_pumpkin(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a ribbed pumpkin with a bent, dry stem."""
    turn = np.linspace(0, 2 * math.pi, 96, endpoint=False)
    level = np.linspace(-math.pi / 2 * 0.97, math.pi / 2 * 0.97, 30)
    sway, ribs = rng.uniform(0, 6, 2), int(rng.integers(9, 12))
    rings = []
    for angle in level:
        depth = 0.1 * math.cos(angle) ** 0.4
        rib = 1 - depth + depth * np.abs(np.sin(ribs / 2 * turn + sway[0])) ** 0.6
        reach = 100 * math.cos(angle) ** 0.75 * rib * (1 + 0.03 * np.sin(2 * turn + sway[1]))
        # The top sinks in around the stem.
        y = 76 * math.sin(angle) - 24 * math.exp(-((math.cos(angle) / 0.35) ** 2)) * math.copysign(
            1, angle
        )
        rings.append(np.column_stack([reach * np.cos(turn), np.full(96, y), reach * np.sin(turn)]))
    bend = rng.uniform(-24, 24)
    line = smooth_path([(0, 44, 0), (0, 70, 0), (bend * 0.5, 92, 4), (bend, 112, 10)])
    stem = create_tube(line, np.linspace(17, 9, len(line)), sides=7, round_ends=False)
    skin = create_glossy_material(pick_color(rng, color, PUMPKINS), roughness=0.4, specular=0.4)
    return stand_pieces(
        Piece(loft_rings(np.array(rings), angle=70), skin),
        Piece(stem, create_rubber((122, 112, 74))),
    )


def build_heart(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a puffed glossy heart that lies on the ground."""
    outline = outline_heart(60)
    circle = 24 * outline / np.linalg.norm(outline, axis=1, keepdims=True)
    rings = []
    for share in np.linspace(-0.98, 0.98, 19):
        scale = (1 - abs(share) ** 2.2) ** 0.5
        # Rounder toward its top and bottom, so that no ridge is left there.
        flat = scale * (scale * outline + (1 - scale) * circle)
        rings.append(np.column_stack([flat[:, 0], np.full(len(flat), 11 * share), -flat[:, 1]]))
    lacquer = create_glossy_material(color or (196, 30, 48), roughness=0.16, specular=0.55)
    body = loft_rings(np.array(rings), angle=80)
    return stand_pieces(Piece(body.rotate(rng.uniform(-30, 30)), lacquer))


def build_star(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a faceted five-pointed star of metal that leans back."""
    outline = outline_star(5, 50, 21)
    levels = ((0.02, -11), (1.0, 0), (0.02, 11))
    rings = [np.column_stack([outline * share, np.full(10, z)]) for share, z in levels]
    metal = create_metal_material(color or GOLD, roughness=0.26)
    body = tip_pieces([Piece(loft_rings(np.array(rings), angle=10), metal)], -14, "x")
    return stand_pieces(*move_pieces(body, turn=rng.uniform(-30, 30)))


def build_coin(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a gold coin with a raised rim, a milled edge and a star."""
    turn = np.linspace(0, 2 * math.pi, 120, endpoint=False)
    milled = 14 - 0.16 * (np.arange(120) % 2)
    lower = ((0.02, 0.3), (0.86, 0.3), (0.89, 0.0), (0.99, 0.0), (1.0, 0.2))
    levels = (*lower, *((share, 2.4 - y) for share, y in reversed(lower)))
    rings = [
        np.column_stack(
            [share * milled * np.cos(turn), np.full(120, y), share * milled * np.sin(turn)]
        )
        for share, y in levels
    ]
    star = outline_star(5, 8.5, 3.6)
    facets = [
        np.column_stack([k * star[:, 0], np.full(10, y), k * star[:, 1]])
        for k, y in ((1, 2), (0.02, 3.1))
    ]
    mark = loft_rings(np.array(facets), angle=10)
    metal = create_metal_material(color or GOLD, roughness=0.24)
    return stand_pieces(
        join_piece([loft_rings(np.array(rings)), mark.rotate(rng.uniform(0, 72))], metal)
    )


def build_red_envelope(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds two red envelopes with gold marks, one across the other."""
    pieces: list[Piece] = []
    paper = create_glossy_material(color or (190, 26, 30), roughness=0.45, specular=0.4)
    gold = create_metal_material(GOLD, roughness=0.3)
    for level, turn in ((0.0, rng.uniform(-40, -20)), (3.2, rng.uniform(6, 24))):
        sheet = create_rounded_box(88, 2.4, 168, 0.8, corner=3)
        flap = create_slab(
            np.array([[-43, -82], [43, -82], [22, -52], [-22, -52]], float), 0.7, 0.3
        )
        circle = outline_circle(19, 40)
        ring = np.column_stack([circle[:, 0], np.full(40, 2.5), circle[:, 1]])
        seal = create_tube(ring, 1.2, sides=6, closed=True)
        diamond = create_slab(outline_circle(11, 4), 0.8, 0.2).translate(y=2.4)
        border = [create_rounded_box(76, 0.5, 1.6, 0.2).translate(y=2.4, z=z) for z in (70, 75)]
        envelope = [
            join_piece([sheet, flap.translate(y=2.4)], paper),
            join_piece([seal, diamond, *border], gold),
        ]
        pieces += move_pieces(envelope, y=level, turn=turn)
    return stand_pieces(*pieces)
