"""Things of a desk or sideboard: laptop, keyboard, glasses, mirror, frame and clock."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import (
    create_cylinder,
    create_rounded_box,
    create_slab,
    create_tube,
    loft_rings,
    outline_circle,
    smooth_path,
    stand_upright,
)
from services.studio.materials import (
    Material,
    create_glossy_material,
    create_matte_material,
    create_metal_material,
)
from services.studio.shapes import Mesh, create_flat_cutout, join_meshes, outline_rounded_rectangle
from services.studio.things.finishes import (
    BLACK,
    BRASS,
    OAK,
    create_plastic,
    create_thin_glass,
    create_wood_grain,
)
from services.studio.things.parts import (
    join_piece,
    move_pieces,
    pick_color,
    stand_pieces,
    tip_pieces,
)
from services.studio.things.thing import Piece

# sRGB of a laptop's case, of spectacle frames and of clocks.
CASES: tuple[RGB, ...] = ((196, 198, 202), (92, 94, 100))
FRAMES: tuple[RGB, ...] = ((38, 34, 34), (112, 66, 40), (60, 44, 40))
CLOCKS: tuple[RGB, ...] = ((52, 52, 54), (120, 156, 150), (196, 120, 96))


def _create_keys(width: float, depth: float, columns: int, rows: int) -> Mesh:
    """Creates rows of keys with a space bar, on y = 0; width and depth in millimeters."""
    pitch_x, pitch_z = width / columns, depth / rows
    caps = {
        span: create_slab(
            outline_rounded_rectangle(pitch_x * span - 2.4, pitch_z - 2.4, 1.6, steps=2), 1.8
        )
        for span in (1, 2, columns - 8)
    }
    keys = []
    for row in range(rows):
        spans = [1] * columns if row < rows - 1 else [1, 1, 2, columns - 8, 2, 1, 1]
        x = -width / 2
        for span in spans:
            center = x + pitch_x * span / 2, 0, (row + 0.5) * pitch_z - depth / 2
            keys.append(caps[span].translate(*center))
            x += pitch_x * span
    return join_meshes(keys)


def build_laptop(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an open laptop with its screen on."""
    aluminum = create_metal_material(pick_color(rng, color, CASES), roughness=0.42)
    base = create_rounded_box(312, 11, 220, 4, corner=10)
    keys = _create_keys(270, 100, columns=14, rows=6).translate(y=10.6, z=-38)
    pad = create_rounded_box(112, 0.8, 70, 0.3, corner=4).translate(y=10.6, z=62)
    lid = create_rounded_box(312, 6, 210, 2.5, corner=10)
    bezel = create_rounded_box(304, 1, 202, 0.3, corner=7).translate(y=5.6)
    screen = create_rounded_box(290, 0.8, 184, 0.2, corner=2).translate(y=6.2, z=-2)
    glass = create_glossy_material(BLACK, roughness=0.08, specular=0.5)
    # The lid lies on its back with its hinge at +z; it is stood up and leaned back.
    lean = rng.uniform(104, 112)
    near_hill = _outline_hill(290, 58) * [-1, 1]
    picture = [
        (screen, (0.34, 0.44, 0.58)),
        (create_slab(_outline_hill(290, 92), 0.2).translate(y=7, z=90), (0.2, 0.27, 0.38)),
        (
            create_slab(near_hill, 0.2).translate(y=7.1, z=90),
            (0.1, 0.15, 0.24),
        ),
        (create_slab(outline_circle(22), 0.2).translate(x=52, y=6.9, z=-30), (0.9, 0.72, 0.55)),
    ]
    shining = [Piece(mesh, glass, np.array(light)) for mesh, light in picture]
    flat = move_pieces([Piece(lid, aluminum), Piece(bezel, glass), *shining], z=-105)
    raised = move_pieces(tip_pieces(flat, 180 - lean, "x"), y=9, z=-106)
    body = [
        Piece(base, aluminum),
        Piece(keys, create_plastic(BLACK)),
        Piece(pad, create_metal_material((176, 178, 182), roughness=0.5)),
        *raised,
    ]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(-24, 24)))


def build_keyboard(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a compact keyboard with light keys on a metal plate."""
    plate = create_rounded_box(300, 9, 118, 3, corner=8)
    keys = _create_keys(286, 104, columns=14, rows=6).translate(y=9)
    caps = create_plastic(color or (232, 230, 226))
    body = [Piece(plate, create_metal_material((190, 192, 196), roughness=0.4)), Piece(keys, caps)]
    return stand_pieces(*move_pieces(tip_pieces(body, 4, "x"), turn=rng.uniform(-18, 18)))


def _create_spectacles(lens: tuple[float, float], rim: float) -> tuple[list[Mesh], list[Mesh]]:
    """Creates the frame and the lenses of spectacles that stand on their rims and temples.

    lens: (width, height) of a lens in millimeters; rim: radius of the frame.
    """
    width, height = lens
    turn = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    # Between an ellipse and a rectangle.
    around = np.column_stack([np.cos(turn), np.sin(turn)])
    outline = np.sign(around) * np.abs(around) ** 0.8 * [width / 2, height / 2]
    frame, glasses = [], []
    for side in (-1, 1):
        center = side * (width / 2 + 9)
        path = np.column_stack(
            [outline[:, 0] + center, outline[:, 1] + height / 2, 0 * outline[:, 0]]
        )
        frame.append(create_tube(path, rim, closed=True))
        pane = create_flat_cutout(outline[::-1]).rotate(90, axis="x")
        glasses.append(pane.translate(x=center, y=height / 2))
        hinge = side * (width + 9)
        temple = smooth_path(
            [
                *((hinge, height * 0.82, 0), (hinge + side * 3, height * 0.84, -6)),
                *((hinge, height * 0.8, -105), (hinge - side * 6, rim, -142)),
            ]
        )
        frame.append(create_tube(temple, rim * 0.85))
    bridge = smooth_path([(-10, height * 0.66, 0), (0, height * 0.8, 2), (10, height * 0.66, 0)])
    return [*frame, create_tube(bridge, rim)], glasses


def build_glasses(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds reading glasses with clear lenses."""
    frame, panes = _create_spectacles(lens=(48, 42), rim=2.1)
    horn = create_glossy_material(pick_color(rng, color, FRAMES), roughness=0.18, specular=0.5)
    body = [join_piece(frame, horn), join_piece(panes, create_thin_glass())]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(-40, 40)))


def build_sunglasses(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds sunglasses with a broad frame and dark lenses."""
    frame, panes = _create_spectacles(lens=(54, 44), rim=3.2)
    horn = create_glossy_material(pick_color(rng, color, FRAMES), roughness=0.14, specular=0.5)
    dark = Material(
        {"type": "twosided", "bsdf": create_glossy_material((26, 24, 26), 0.04, 0.8).bsdf}
    )
    body = [join_piece(frame, horn), join_piece(panes, dark)]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(-40, 40)))


def build_mirror(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a round table mirror in a brass ring on a foot."""
    metal = create_metal_material(color or BRASS, roughness=0.2)
    ring = outline_circle(92, 56)
    path = np.column_stack([ring[:, 0], ring[:, 1], 0 * ring[:, 0]])
    silver = create_slab(outline_circle(91), 4).rotate(90, axis="x")
    face = Piece(silver, create_metal_material((236, 238, 240), roughness=0.02))
    framed = [Piece(create_tube(path, 5, closed=True), metal), face]
    # Tilted, so that it mirrors what is above the camera.
    head = move_pieces(tip_pieces(framed, -rng.uniform(6, 12), "x"), y=205)
    stem = create_tube([(0, 6, 0), (0, 112, 0)], 5)
    foot = create_cylinder(58, 9, 3)
    body = [*head, join_piece([stem, foot], metal)]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(-25, 25)))


def build_frame(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a framed abstract print with a white mat, upright."""
    width, height, bar = 300.0, 400.0, 16.0
    outer = outline_rounded_rectangle(width, height, 0.5, steps=1)
    inner = outer * np.array([1 - 2 * bar / width, 1 - 2 * bar / height])
    edges = ((outer, 0.0), (outer, 22.0), (inner, 22.0), (inner, 0.0), (outer, 0.0))
    rings = [np.column_stack([line[:, 0], [y] * len(line), line[:, 1]]) for line, y in edges]
    border = loft_rings(np.array(rings), caps=False)
    mat = create_rounded_box(width - 10, 8, height - 10, 0.5)
    tones = ((206, 150, 120), (128, 138, 122), (196, 172, 138), (70, 78, 86))
    order = rng.permutation(len(tones))
    sun = create_cylinder(48, 1, steps=48).translate(x=rng.uniform(-24, 24), y=8, z=-46)
    hill = create_slab(_outline_hill(176, 96), 1.6).translate(y=8, z=88)
    wood = create_wood_grain(rng, color or OAK)
    prints = [
        Piece(mesh, create_matte_material(tones[int(order[number])]))
        for number, mesh in enumerate((sun, hill))
    ]
    flat = [Piece(border, wood), Piece(mat, create_matte_material((242, 238, 230))), *prints]
    return stand_pieces(*tip_pieces(flat, 84, "x"))


def _outline_hill(width: float, height: float) -> np.ndarray:
    """Returns the outline of a hill, float (n, 2), its foot at z = 0; in millimeters."""
    x = np.linspace(-width / 2, width / 2, 33)
    crest = -height * (0.55 + 0.45 * np.sin(2.2 * x / width * math.pi / 2 + 0.5))
    return np.vstack([np.column_stack([x, crest]), [(width / 2, 0), (-width / 2, 0)]])


def build_clock(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a round alarm clock with two bells, feet, marks and hands."""
    shell = create_plastic(pick_color(rng, color, CLOCKS))
    case = stand_upright(create_cylinder(55, 46, 7)).translate(y=62, z=23)
    dial = stand_upright(create_cylinder(48, 1)).translate(y=62, z=24)
    brass = create_metal_material(BRASS, roughness=0.25)
    marks, hands = [], []
    for hour in range(12):
        mark = create_rounded_box(3, 9 if hour % 3 == 0 else 5, 0.8, 0.2).translate(y=35)
        marks.append(mark.rotate(-30 * hour, axis="z").translate(y=62, z=24.6))
    for degrees, length in ((-60, 24), (60, 36)):
        hand = create_rounded_box(3.4, length, 0.8, 0.3).translate(y=-5)
        hands.append(hand.rotate(degrees, axis="z").translate(y=62, z=25.4))
    bells = [
        create_slab(outline_circle(20, 32), 15, 7)
        .rotate(-28 * s, axis="z")
        .translate(x=27 * s, y=114)
        for s in (-1, 1)
    ]
    feet = [create_tube([(34 * s, 20, 10), (44 * s, 4, 12)], 5) for s in (-1, 1)]
    body = [
        Piece(case, shell),
        Piece(dial, create_matte_material((244, 240, 230))),
        join_piece([*marks, *hands], create_matte_material(BLACK)),
        join_piece([*bells, *feet], brass),
    ]
    return stand_pieces(*move_pieces(body, turn=rng.uniform(-30, 30)))
