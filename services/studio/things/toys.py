"""Toys of a nursery."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import (
    create_cylinder,
    create_ellipsoid,
    create_rounded_box,
    create_slab,
    create_tube,
    loft_rings,
    outline_circle,
    smooth_path,
    turn_profile,
)
from services.studio.materials import (
    create_glossy_material,
    create_lacquer_material,
    create_matte_material,
)
from services.studio.shapes import Mesh
from services.studio.things.finishes import create_napped_cloth, create_plastic, create_wood_grain
from services.studio.things.parts import (
    join_piece,
    move_pieces,
    pick_color,
    stand_pieces,
    tip_pieces,
)
from services.studio.things.thing import Piece

# sRGB of painted toys, of beech, of plush and of balloons.
PAINTS: tuple[RGB, ...] = (
    (206, 118, 92),
    (226, 184, 106),
    (126, 158, 150),
    (224, 196, 184),
    (108, 132, 156),
)
BEECH: RGB = (220, 182, 134)
PLUSHES: tuple[RGB, ...] = ((186, 140, 96), (206, 172, 132), (158, 116, 82))
BALLOONS: tuple[RGB, ...] = ((226, 120, 120), (120, 164, 200), (240, 196, 120), (232, 206, 196))
# sRGB of a toy rainbow's arcs, outermost first.
ARCS: tuple[RGB, ...] = (
    (204, 104, 88),
    (226, 164, 96),
    (232, 208, 150),
    (142, 170, 150),
    (112, 140, 168),
)


def build_toy_blocks(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a small tower of painted wooden blocks, one of them next to it, an arch on top."""
    side = 40.0
    paints = [PAINTS[int(i)] for i in rng.permutation(len(PAINTS))]
    spots = ((-24, 0, 0), (22, 0, 6), (-2, side, 2), (78, 0, 34))
    pieces: list[Piece] = []
    for number, (x, y, z) in enumerate(spots):
        block = create_rounded_box(side, side, side, 2.5)
        paint = color if color and number == 2 else paints[number]
        finish = create_wood_grain(rng, BEECH) if number == 1 else create_plastic(paint)
        block_piece = Piece(block, finish)
        pieces += move_pieces([block_piece], x, y, z, turn=rng.uniform(-18, 18))
    # A bridge: the outline of an arch, as deep as a block.
    head = np.linspace(0, math.pi, 17)
    inner = np.column_stack([19 * np.cos(head), 19 * np.sin(head)])[::-1]
    outer = np.column_stack([np.interp(inner[:, 0], [-19, 19], [-32, 32]), np.full(17, 32.0)])
    outer[0], outer[-1] = (-32, 0), (32, 0)
    bridge = _create_arc_body(outer, inner, side * 0.8)
    top = Piece(bridge, create_plastic(paints[4]))
    return stand_pieces(*pieces, *move_pieces([top], y=2 * side, turn=rng.uniform(-14, 14)))


def _create_arc_body(outer: np.ndarray, inner: np.ndarray, depth: float) -> Mesh:
    """Creates the body between two lines in x and y, float (n, 2) each; depth in millimeters."""
    near, far = depth / 2, -depth / 2
    corners = [(outer, near), (outer, far), (inner, far), (inner, near)]
    rings = np.stack(
        [np.column_stack([line, np.full(len(line), z)]) for line, z in corners], axis=1
    )
    return loft_rings(rings)


def build_rainbow(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a stacking rainbow of painted wooden arcs, the smallest one taken out."""
    angle = np.linspace(0, math.pi, 41)
    around = np.column_stack([np.cos(angle), np.sin(angle)])
    pieces: list[Piece] = []
    for number, paint in enumerate(ARCS):
        radius = 92.0 - 15 * number
        arc = _create_arc_body(radius * around, (radius - 14) * around, 44)
        finish = create_glossy_material(color if color and number == 0 else paint, roughness=0.5)
        place = {"x": 92.0, "z": 46.0} if number == 4 else {"x": rng.uniform(-0.6, 0.6), "z": 0.0}
        pieces += move_pieces([Piece(arc, finish)], **place)
    return stand_pieces(*pieces)


def build_wooden_toys(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a wooden car with round wheels, and rings stacked on a rod next to it."""
    paint = pick_color(rng, color, PAINTS)
    outline = smooth_path(
        [(-70, 0), (70, 0), (72, 26), (46, 34), (28, 62), (-34, 62), (-50, 32), (-72, 28)],
        2,
        closed=True,
    )
    body = create_slab(np.column_stack([outline[:, 0], -outline[:, 1]]), 50, 5)
    body = body.rotate(90, axis="x").translate(y=16, z=-25)
    window = (
        create_slab(outline_circle(13, 28), 52, 1).rotate(90, axis="x").translate(x=-4, y=58, z=-26)
    )
    wheels = [
        create_cylinder(18, 12, 3).rotate(90, axis="x").translate(x=x, y=18, z=z)
        for x in (-42, 42)
        for z in (-38, 26)
    ]
    car = [
        Piece(body, create_plastic(paint)),
        Piece(window, create_matte_material((246, 236, 218))),
        join_piece(wheels, create_wood_grain(rng, BEECH, repeat=60)),
    ]
    stack: list[Piece] = [Piece(create_cylinder(44, 12, 4), create_wood_grain(rng, BEECH))]
    turn = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    for number, radius in enumerate((28, 24, 20, 15)):
        ring = np.column_stack([radius * np.cos(turn), 0 * turn, radius * np.sin(turn)])
        y = 23 + 20 * number
        torus = create_tube(ring, 11, sides=14, closed=True).translate(y=y)
        stack.append(Piece(torus, create_plastic(PAINTS[(number + 1) % len(PAINTS)])))
    stack.append(Piece(create_ellipsoid(26, 26, 26).translate(y=106), create_plastic(paint)))
    return stand_pieces(
        *move_pieces(car, x=-62, z=24, turn=rng.uniform(-24, 24)), *move_pieces(stack, x=62)
    )


def build_teddy_bear(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a sitting teddy bear of plush with a lighter muzzle, button eyes and a bow."""
    plush = pick_color(rng, color, PLUSHES)
    fur = create_napped_cloth(plush, repeat=46, contrast=0.16)
    light = create_napped_cloth((232, 208, 170), repeat=40, contrast=0.12)
    body = create_ellipsoid(128, 150, 112).translate(y=82)
    head = create_ellipsoid(122, 108, 104).translate(y=196, z=6)
    ears = [create_ellipsoid(44, 44, 22, steps=20).translate(s * 48, 242, 0) for s in (-1, 1)]
    arms = [
        create_tube(
            smooth_path([(s * 52, 134, 10), (s * 92, 112, 26), (s * 96, 72, 50)]), 21, sides=14
        )
        for s in (-1, 1)
    ]
    legs = [
        create_tube(
            smooth_path([(s * 40, 36, 20), (s * 58, 30, 62), (s * 66, 30, 92)]), 27, sides=14
        )
        for s in (-1, 1)
    ]
    soles = [create_ellipsoid(40, 44, 10, steps=20).translate(s * 67, 30, 118) for s in (-1, 1)]
    insides = [create_ellipsoid(28, 28, 10, steps=16).translate(s * 48, 241, 9) for s in (-1, 1)]
    muzzle = create_ellipsoid(56, 44, 44, steps=24).translate(y=184, z=48)
    tummy = create_ellipsoid(84, 100, 30, steps=24).translate(y=80, z=44)
    eyes = [create_ellipsoid(11, 12, 8, steps=14).translate(s * 24, 212, 53) for s in (-1, 1)]
    nose = create_ellipsoid(22, 15, 12, steps=16).translate(y=194, z=69)
    mouth = create_tube(smooth_path([(-12, 179, 67), (0, 171, 69), (12, 179, 67)]), 1.4, sides=6)
    seam = create_tube([(0, 174, 69), (0, 188, 71)], 1.4, sides=6)
    bow = [create_ellipsoid(40, 26, 16, steps=20).translate(s * 22, 146, 52) for s in (-1, 1)]
    knot = create_ellipsoid(14, 16, 18, steps=16).translate(y=146, z=54)
    bear = [
        join_piece([body, head, *ears, *arms, *legs], fur),
        join_piece([muzzle, tummy, *soles, *insides], light),
        join_piece([*eyes, nose, mouth, seam], create_glossy_material((34, 26, 24), roughness=0.2)),
        join_piece([*bow, knot], create_napped_cloth((176, 72, 62), repeat=40, contrast=0.08)),
    ]
    return stand_pieces(*move_pieces(bear, turn=rng.uniform(-25, 25)))


def build_balloon(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a glossy balloon with its knot and string."""
    turn = np.linspace(-1, 1, 33) * math.pi / 2
    y = np.sin(turn)
    # Drawn out toward the knot.
    radius = 130 * np.cos(turn) * (1 + 0.12 * y)
    level = np.where(y < 0, 172 * y, 140 * y)
    skin = turn_profile(np.column_stack([radius, level]), steps=40, angle=80)
    knot = turn_profile(
        [(0, -184), (14, -186), (5, -174), (7, -166), (0, -166)], steps=16, angle=60
    )
    sway = rng.uniform(-30, 30, 3)
    string = smooth_path([(0, -184, 0), (sway[0], -270, 0), (sway[1], -360, 8), (sway[2], -440, 0)])
    latex = create_lacquer_material(pick_color(rng, color, BALLOONS))
    rubber = create_glossy_material(pick_color(rng, color, BALLOONS), roughness=0.12, specular=0.5)
    picked = rubber if rng.random() < 0.7 else latex
    balloon = [join_piece([skin, knot], picked)]
    balloon.append(Piece(create_tube(string, 1.2, sides=5), create_matte_material((230, 224, 214))))
    return stand_pieces(*tip_pieces(balloon, rng.uniform(-6, 6), "z"))
