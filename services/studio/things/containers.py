"""Baskets, crates, sacks, bags, pots and vases."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio import props
from services.studio.lofts import (
    create_rounded_box,
    create_tube,
    loft_rings,
    smooth_path,
    turn_profile,
    turn_vessel,
)
from services.studio.materials import create_matte_material, create_metal_material
from services.studio.shapes import Mesh, outline_rounded_rectangle
from services.studio.things.finishes import (
    create_napped_cloth,
    create_rubber,
    create_stoneware,
    create_wood_grain,
    create_woven_cloth,
)
from services.studio.things.parts import join_piece, move_pieces, pick_color, stand_pieces
from services.studio.things.thing import Piece

# sRGB of willow, of crate wood, of burlap, of canvas, of terracotta and of vases.
WILLOWS: tuple[RGB, ...] = ((190, 142, 92), (164, 116, 72))
CRATE_WOODS: tuple[RGB, ...] = ((196, 160, 116), (160, 124, 88))
BURLAP: RGB = (188, 158, 114)
CANVASES: tuple[RGB, ...] = ((226, 214, 192), (176, 140, 104), (96, 104, 96))
TERRACOTTAS: tuple[RGB, ...] = ((190, 108, 76), (178, 98, 66), (200, 122, 90))
VASES: tuple[RGB, ...] = ((232, 224, 210), (206, 184, 160), (120, 132, 124), (186, 120, 92))


def build_basket(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a round willow basket, woven strand over stake, with a handle over it."""
    willow = pick_color(rng, color, WILLOWS)
    stakes, strands = 24, []
    turn = np.linspace(0, 2 * math.pi, 4 * stakes, endpoint=False)
    rows = 13
    for row in range(rows):
        y = 8 + row * 9.4
        radius = 104 + 28 * (row / rows) ** 0.7
        # Over one stake and under the next, the other way around in the next row.
        wave = radius + 4.2 * np.sin(turn * stakes / 2 + math.pi * (row % 2))
        path = np.column_stack([wave * np.cos(turn), np.full(len(turn), y), wave * np.sin(turn)])
        strands.append(create_tube(path, 4.6, sides=6, closed=True))
    twist = 2.5 * np.sin(24 * turn)
    rim = np.column_stack([136 * np.cos(turn), 132 + twist, 136 * np.sin(turn)])
    floor = turn_profile([(0, 0), (104, 0), (108, 8), (0, 9)])
    angle = np.linspace(0, math.pi, 25)
    grips = []
    for shift in (-5, 5):
        sway = shift * np.cos(7 * angle)
        arch = np.column_stack([132 * np.cos(angle), 128 + 116 * np.sin(angle), sway])
        grips.append(create_tube(arch, 6, sides=8))
    parts = [*strands, create_tube(rim, 8, sides=8, closed=True), floor, *grips]
    body = join_piece(parts, create_woven_cloth(willow, thread=2.4, contrast=0.22))
    return stand_pieces(*move_pieces([body], turn=rng.uniform(-40, 40)))


def build_crate(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a slatted wooden crate with corner posts."""
    width, depth, height = 400.0, 280.0, 210.0
    wood = create_wood_grain(rng, pick_color(rng, color, CRATE_WOODS), repeat=260)
    dark = create_wood_grain(rng, pick_color(rng, color, CRATE_WOODS), repeat=240)
    slats = []
    for y in (8, 78, 148):
        slats += [
            create_rounded_box(width, 54, 10, 1.5).translate(
                y=y + rng.uniform(-1, 1), z=s * depth / 2
            )
            for s in (-1, 1)
        ]
        slats += [
            create_rounded_box(depth, 54, 10, 1.5)
            .rotate(90)
            .translate(x=s * width / 2, y=y + rng.uniform(-1, 1))
            for s in (-1, 1)
        ]
    posts = [
        create_rounded_box(22, height, 22, 1.5).translate(
            x=x * (width / 2 - 17), z=z * (depth / 2 - 17)
        )
        for x in (-1, 1)
        for z in (-1, 1)
    ]
    floor = [
        create_rounded_box(width - 10, 9, 60, 1.5).translate(y=3, z=z) for z in (-100, -33, 33, 100)
    ]
    body = [join_piece(slats, wood), join_piece([*posts, *floor], dark)]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(-24, 24)))


def build_sack(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an open burlap sack with a rolled rim, full of beans or grain."""
    cloth = create_woven_cloth(color or BURLAP, thread=4.0, contrast=0.34)
    levels = np.linspace(0, 1, 30)
    turn = np.linspace(0, 2 * math.pi, 56, endpoint=False)
    radius = 96 * (0.86 + 0.34 * np.sin(math.pi * np.minimum(levels * 1.15 + 0.12, 1)) ** 0.8)
    phase = rng.uniform(0, 6, 4)
    rings = []
    for level, reach in zip(levels, radius, strict=True):
        slump = (
            1
            + 0.05 * np.sin(3 * turn + phase[0] + 4 * level)
            + 0.03 * np.sin(7 * turn + phase[1] - 6 * level)
        )
        crease = 0.025 * np.sin(16 * turn + phase[2]) * level**2
        ring = reach * (slump + crease)
        y = 190 * level + 5 * np.sin(2 * turn + phase[3]) * level
        rings.append(np.column_stack([ring * np.cos(turn), y, ring * np.sin(turn)]))
    rim_path = rings[-1] * [1.03, 1, 1.03]
    rim = create_tube(rim_path, 13 + 2 * np.sin(5 * turn), sides=10, closed=True)
    heap = turn_profile(
        [(0, 150), (74, 152), (76, 176), (62, 192), (36, 202), (0, 206)], steps=40, angle=70
    )
    beans = _scatter_beans(rng, count=150)
    fill = create_rubber((92, 54, 32))
    return stand_pieces(
        Piece(loft_rings(np.array(rings), angle=80), cloth),
        Piece(rim, cloth),
        join_piece([heap, *beans], fill),
    )


def _scatter_beans(rng: np.random.Generator, count: int) -> list[Mesh]:
    """Creates beans over the heap in a sack, in millimeters; rng: places them."""
    bean = turn_profile([(0, -3.5), (3.6, -2), (4.6, 0), (3.6, 2), (0, 3.5)], steps=7, angle=80)
    beans = []
    for _ in range(count):
        reach, turn = 72 * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
        y = np.interp(reach, [0, 36, 62, 76], [206, 202, 192, 176])
        beans.append(
            bean.rotate(rng.uniform(0, 360), axis="z")
            .rotate(rng.uniform(0, 360))
            .translate(reach * math.cos(turn), float(y), reach * math.sin(turn))
        )
    return beans


def build_bag(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an upright canvas tote with two handles and seams."""
    canvas = create_woven_cloth(pick_color(rng, color, CANVASES), thread=2.6, contrast=0.16)
    outline = outline_rounded_rectangle(360, 110, 40, steps=14)
    rings = []
    phase = rng.uniform(0, 6, 2)
    for level in np.linspace(0, 1, 22):
        # Fuller below, drawn together at the top.
        bulge = 1 + 0.1 * math.sin(math.pi * (0.1 + 0.6 * level)) - 0.12 * level
        depth = (1 - 0.5 * level**1.5) * (1 + 0.25 * math.sin(math.pi * level))
        wave = 5 * np.sin(outline[:, 0] / 46 + phase[0] + 3 * level) * (0.3 + level)
        rings.append(
            np.column_stack(
                [
                    outline[:, 0] * bulge,
                    380 * level + wave * 0.3 * level,
                    outline[:, 1] * depth + wave,
                ]
            )
        )
    handles = []
    for side in (-1, 1):
        z = side * 24
        line = smooth_path(
            [
                (-80, 300, z * 1.7),
                (-78, 380, z),
                (-62, 480, z * 1.3),
                (0, 540, z * 1.6),
                (62, 480, z * 1.3),
                (78, 380, z),
                (80, 300, z * 1.7),
            ]
        )
        handles.append(create_tube(line, 10, sides=8))
    leather = create_rubber((142, 92, 58))
    return stand_pieces(
        Piece(loft_rings(np.array(rings), angle=70), canvas), join_piece(handles, leather)
    )


def build_vase(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a narrow-necked stoneware vase with a few dried stems."""
    height, girth = rng.uniform(190, 230), rng.uniform(62, 76)
    stems, heads = [], []
    for _ in range(5):
        lean, turn = rng.uniform(20, 110), rng.uniform(0, 2 * math.pi)
        tip = np.array(
            [lean * math.cos(turn), height + rng.uniform(140, 230), lean * math.sin(turn)]
        )
        line = smooth_path(np.array([[0, height * 0.7, 0], tip * [0.2, 0.8, 0.2], tip]))
        stems.append(create_tube(line, 1.3, sides=5))
        head = np.linspace(0.72, 1.0, 8)[:, None] * (tip - line[0]) + line[0]
        heads.append(create_tube(head, 7 * np.sin(np.linspace(0.3, 3.0, 8)) + 1, sides=7))
    return stand_pieces(
        Piece(props.create_vase(height, girth), create_stoneware(pick_color(rng, color, VASES))),
        join_piece(stems, create_matte_material((168, 140, 96))),
        join_piece(heads, create_napped_cloth((206, 178, 132), repeat=20, contrast=0.2)),
    )


def build_pots(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds three terracotta pots: two upright, one lying."""
    pots: list[Piece] = []
    for scale, x, z, lies in ((1.0, 0, 0, False), (0.72, 118, 46, False), (0.6, -112, 60, True)):
        line = (
            np.array([(46, 0), (49, 2), (62, 82), (64, 84), (72, 86), (75, 118), (73, 120)]) * scale
        )
        pot = turn_vessel(line, wall=6 * scale, floor=8 * scale)
        if lies:
            pot = pot.rotate(96, axis="x").rotate(rng.uniform(-50, -20)).translate(y=66 * scale)
        earth = turn_profile([(0, 86), (60, 86), (60, 100), (30, 104), (0, 105)], angle=60)
        clay = create_napped_cloth(pick_color(rng, color, TERRACOTTAS), repeat=120, contrast=0.07)
        pieces = [Piece(pot, clay)]
        if not lies:
            scaled = Mesh(earth.vertices * scale, earth.normals, earth.uv, earth.faces)
            pieces.append(Piece(scaled, create_napped_cloth((62, 44, 34), repeat=40, contrast=0.3)))
        pots += move_pieces(pieces, x=x, z=z)
    return stand_pieces(*pots)


def build_toolbox(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a painted metal toolbox with a lid, latches and a handle."""
    paint = pick_color(rng, color, ((176, 44, 38), (40, 78, 118), (72, 78, 76)))
    lacquer = create_rubber(paint)
    body = create_rounded_box(420, 150, 200, 6, corner=12)
    outline = np.array([(-101, 0), (-101, 14), (-74, 52), (74, 52), (101, 14), (101, 0)], float)
    rings = np.stack(
        [np.column_stack([np.full(6, x), outline[:, 1] + 152, outline[:, 0]]) for x in (-211, 211)]
    )
    lid = loft_rings(rings)
    steel = create_metal_material((176, 178, 180), roughness=0.3)
    latches = [create_rounded_box(36, 44, 6, 2).translate(x=x, y=124, z=103) for x in (-130, 130)]
    handle = smooth_path([(-74, 202, 0), (-70, 236, 0), (70, 236, 0), (74, 202, 0)], 3)
    parts = [join_piece([body, lid], lacquer), join_piece(latches, steel)]
    parts.append(Piece(create_tube(handle, 7, sides=10), create_rubber((34, 34, 36))))
    return stand_pieces(*move_pieces(parts, turn=rng.uniform(-24, 24)))
