"""Plates, bowls, trays, stands and cutlery."""

import math
from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import (
    create_cylinder,
    create_rounded_box,
    create_tube,
    loft_rings,
    smooth_path,
    thicken_grid,
    turn_profile,
    turn_vessel,
)
from services.studio.materials import create_metal_material
from services.studio.shapes import Mesh, join_meshes, outline_rounded_rectangle
from services.studio.things.cups import GLAZES
from services.studio.things.finishes import (
    BRASS,
    OAK,
    STEEL,
    WALNUT,
    create_ceramic,
    create_stoneware,
    create_wood_grain,
    create_woven_cloth,
)
from services.studio.things.parts import join_piece, move_pieces, pick_color, stand_pieces
from services.studio.things.thing import Piece

# sRGB of napkins.
LINENS: tuple[RGB, ...] = ((226, 216, 200), (176, 172, 158), (190, 150, 126), (120, 136, 132))


def create_plate(radius: float) -> Mesh:
    """Creates a coupe plate on y = 0 with a raised rim; radius in millimeters."""
    line = [(radius * 0.58, 0), (radius * 0.62, 2.5), (radius * 0.8, 5), (radius * 0.94, 13)]
    return turn_vessel(smooth_path([*line, (radius, 21)], rounds=2), wall=3.4, floor=6, steps=40)


def build_bowl(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a stoneware bowl with an unglazed foot."""
    line = smooth_path([(30, 8), (36, 8), (56, 22), (70, 44), (77, 66)])
    glaze = pick_color(rng, color, GLAZES)
    foot = turn_vessel([(31, 0), (32, 1), (31, 10)], wall=4)
    return stand_pieces(
        Piece(turn_vessel(line, wall=4, floor=5, steps=64), create_stoneware(glaze)),
        Piece(foot, create_stoneware((206, 182, 152))),
    )


def build_plate(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a dinner plate of glazed stoneware."""
    return stand_pieces(Piece(create_plate(125), create_stoneware(pick_color(rng, color, GLAZES))))


def build_stacked_plates(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a pile of plates, larger below, with a bowl on top."""
    pieces, level = [], 0.0
    glazes = [GLAZES[int(i)] for i in rng.permutation(len(GLAZES))]
    for number, radius in enumerate((125, 124, 104, 103)):
        glaze = create_stoneware(color or glazes[number // 2])
        plate = create_plate(radius).translate(x=rng.uniform(-2, 2), y=level, z=rng.uniform(-2, 2))
        pieces.append(Piece(plate, glaze))
        level += 9.0 if number != 1 else 10.0
    bowl = build_bowl(rng, color or glazes[2])
    return stand_pieces(*pieces, *move_pieces(bowl, y=level - 3))


def build_tray(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a wooden serving tray with a rim and two handles."""
    width, depth, height, wall = 380.0, 250.0, 36.0, 10.0
    outer = outline_rounded_rectangle(width, depth, 26, steps=8)
    inner = outline_rounded_rectangle(width - 2 * wall, depth - 2 * wall, 26 - wall, steps=8)
    levels = ((outer, 0.0), (outer, height), (inner, height), (inner, 0.0), (outer, 0.0))
    rings = [np.column_stack([line[:, 0], [y] * len(line), line[:, 1]]) for line, y in levels]
    wood = pick_color(rng, color, (OAK, WALNUT))
    floor = create_rounded_box(width - wall, 8, depth - wall, 1, corner=20)
    grips = []
    for side in (-1, 1):
        x = side * (width / 2 - wall / 2)
        arch = smooth_path(
            [
                (x, height - 2, -46),
                (x, height + 20, -40),
                (x, height + 22, 0),
                (x, height + 20, 40),
                (x, height - 2, 46),
            ]
        )
        grips.append(create_tube(arch, 5, sides=10))
    return stand_pieces(
        join_piece([loft_rings(np.array(rings), caps=False), floor], create_wood_grain(rng, wood)),
        join_piece(grips, create_metal_material(BRASS, roughness=0.3)),
    )


def _create_handle_bar(length: float) -> Mesh:
    """Creates the flat handle of cutlery along +x from the origin; length in millimeters."""
    share = np.linspace(0, 1, 25)
    # Broader toward its round end.
    half = (2.6 + 4.6 * share**1.6) * np.sqrt(np.maximum(1 - share**14, 0.03))
    return _bend_blade(share * length, half, rise=5 * np.sin(math.pi * share * 0.85) + 1.5)


def _bend_blade(x: np.ndarray, half: np.ndarray, rise: np.ndarray, dip: float = 0.0) -> Mesh:
    """Creates a bent bar of metal.

    x, half, rise: along its middle line, half its width there and its height, float (n,) each.
    dip: millimeters that its middle is below its sides.
    """
    across = np.linspace(-1, 1, 9)
    z = half[:, None] * across
    y = rise[:, None] - dip * (1 - across**2) * (half / half.max())[:, None] ** 1.5
    grid = np.stack([np.broadcast_to(x[:, None], z.shape), y, z], axis=-1)
    return thicken_grid(grid, 1.8)


def create_spoon(length: float) -> Mesh:
    """Creates a spoon along x, its bowl at -x, as long as `length` millimeters."""
    share = np.linspace(0, 1, 17)
    bowl_length = 0.3 * length
    half = np.maximum(0.16 * bowl_length * 2.1 * np.sin(math.pi * share**0.8) ** 0.6, 2.6)
    half[0] = 1.5
    rise = 4.2 - 1.2 * np.sin(math.pi * share)
    bowl = _bend_blade((share - 1) * bowl_length, half, rise, dip=0.045 * length)
    return join_meshes([bowl, _create_handle_bar(0.7 * length)])


def create_fork(length: float) -> Mesh:
    """Creates a fork along x, its tines at -x, as long as `length` millimeters."""
    reach = 0.3 * length
    share = np.linspace(0, 1, 9)
    palm = _bend_blade(
        (share - 1) * reach * 0.5,
        2.6 + 9 * np.sin(math.pi / 2 * (1 - share)) ** 0.7,
        rise=4 - 1.5 * np.sin(math.pi * share),
    )
    tines = [
        create_tube(
            [(-reach, 6, z * 1.02), (-reach * 0.75, 3.5, z), (-reach * 0.46, 4, z)], 1.5, sides=8
        )
        for z in (-9.6, -3.2, 3.2, 9.6)
    ]
    return join_meshes([palm, *tines, _create_handle_bar(0.7 * length)])


def create_table_knife(length: float) -> Mesh:
    """Creates a table knife along x, its blade at -x, as long as `length` millimeters."""
    share = np.linspace(0, 1, 15)
    half = 2.4 + 7 * np.sin(math.pi * (0.12 + 0.86 * share)) ** 0.5 * (1 - 0.35 * share)
    half[0] = 1.0
    blade = _bend_blade((share - 1) * length * 0.5, half, rise=np.full(15, 1.6))
    return join_meshes([blade, _create_handle_bar(0.5 * length)])


def build_cutlery(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a fork, a knife and a spoon next to each other."""
    metal = create_metal_material(color or (BRASS if rng.random() < 0.4 else STEEL), roughness=0.2)
    laid = [
        mesh.rotate(-90 + rng.uniform(-3, 3)).translate(x=x)
        for mesh, x in (
            (create_fork(195), -36),
            (create_table_knife(210), 0),
            (create_spoon(190), 36),
        )
    ]
    return stand_pieces(join_piece(laid, metal))


def build_spoon(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a spoon of steel or brass."""
    metal = create_metal_material(color or (BRASS if rng.random() < 0.4 else STEEL), roughness=0.18)
    return stand_pieces(Piece(create_spoon(165).rotate(rng.uniform(20, 70)), metal))


def build_napkin(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a linen napkin, folded and slightly rumpled."""
    linen = create_woven_cloth(pick_color(rng, color, LINENS), thread=1.0, contrast=0.14)
    layers = []
    for level, (width, depth) in enumerate(((205, 150), (203, 148), (200, 145))):
        u, v = np.meshgrid(np.linspace(-1, 1, 25), np.linspace(-1, 1, 19))
        phase = rng.uniform(0, 6, 3)
        wave = 1.6 * np.sin(2.6 * u + phase[0]) * np.cos(2 * v + phase[1]) + 1.2 * np.sin(
            4 * v + 3 * u
        )
        x = u * width / 2 + 2 * np.sin(2.4 * v + phase[2])
        y = 4 + level * 4.5 + wave * (0.4 + 0.4 * level)
        layers.append(thicken_grid(np.stack([x, y, v * depth / 2], axis=-1), 2.6))
    turn = rng.uniform(-30, 30)
    return stand_pieces(Piece(join_meshes(layers).rotate(turn), linen))


def build_cake_stand(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a cake stand on a turned foot."""
    foot = smooth_path(
        [(0, 0), (58, 0), (60, 5), (36, 14), (16, 28), (13, 52), (20, 66), (30, 92), (40, 96)], 2
    )
    top = [(136, 96), (140, 99), (141, 106), (138, 108), (134, 103), (0, 103)]
    return stand_pieces(
        Piece(
            turn_profile([*foot.tolist(), *top], steps=64, angle=45),
            create_stoneware(pick_color(rng, color, GLAZES)),
        )
    )


def build_cutting_board(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a wooden board with a handle and a leather loop, lying."""
    board = create_rounded_box(300, 20, 200, 4, corner=24)
    handle = create_rounded_box(110, 20, 46, 4, corner=20).translate(x=186)
    hole = create_cylinder(9, 0.6).translate(x=218, y=20)
    loop = smooth_path([(218, 20, 0), (240, 26, 10), (268, 3, 24), (280, 3, 4), (246, 20, -8)])
    wood = create_wood_grain(rng, pick_color(rng, color, (OAK, WALNUT, (206, 170, 122))))
    body = [
        join_piece([board, handle], wood),
        Piece(hole, create_ceramic((60, 42, 30))),
        Piece(create_tube(loop, 2.4, sides=8), create_ceramic((96, 62, 40))),
    ]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(-30, 30)))


def build_rolling_pin(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a wooden rolling pin, lying."""
    half = [(0, -200), (11, -198), (13, -185), (10, -140), (9, -128), (27, -124), (29, -118)]
    profile = [*half, *((radius, -y) for radius, y in reversed(half))]
    pin = turn_profile(profile, angle=45).rotate(90, axis="z")
    # Turned wood: its grain runs along the axis.
    wood = replace(create_wood_grain(rng, color or (206, 166, 118)), turn=90)
    return stand_pieces(Piece(pin.rotate(rng.uniform(-35, 35)), wood))


def build_pan(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a cast-iron pan with its handle."""
    line = smooth_path([(98, 0), (106, 1), (116, 14), (124, 40), (127, 46)], 2)
    iron = create_ceramic(color or (38, 38, 40))
    handle = smooth_path([(118, 38, 0), (150, 44, 0), (210, 48, 0), (262, 50, 0)], 2)
    thickness = np.interp(handle[:, 0], [118, 150, 210, 262], [12, 8, 9, 12])
    grip = create_tube(handle, thickness, sides=12)
    flat = Mesh(grip.vertices * [1, 0.55, 1.2] + [0, 20, 0], grip.normals, grip.uv, grip.faces)
    body = join_piece([turn_vessel(line, wall=5, floor=6, steps=64), flat], iron)
    return stand_pieces(*move_pieces([body], turn=rng.uniform(-50, 10)))
