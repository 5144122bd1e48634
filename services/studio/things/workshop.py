"""Things of a workshop: tools, screws, shavings, gears, chains and tires."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import (
    create_cylinder,
    create_rounded_box,
    create_slab,
    create_tube,
    loft_rings,
    smooth_path,
    turn_profile,
)
from services.studio.materials import create_matte_material, create_metal_material
from services.studio.shapes import Mesh, join_meshes, outline_rounded_rectangle
from services.studio.things.finishes import (
    BRASS,
    STEEL,
    create_napped_cloth,
    create_plastic,
    create_rubber,
    create_wood_grain,
)
from services.studio.things.parts import (
    join_piece,
    move_pieces,
    stand_pieces,
    tip_pieces,
)
from services.studio.things.thing import Piece

# sRGB of tool handles, of worn steel, of wood shavings and of tire rubber.
ASH: RGB = (206, 164, 112)
WORN_STEEL: RGB = (132, 134, 138)
SHAVINGS: RGB = (226, 190, 140)
TIRE: RGB = (40, 40, 42)


def create_hammer(rng: np.random.Generator, wood: RGB) -> tuple[Piece, ...]:
    """Creates a claw hammer that lies along z, its head at -z; wood: sRGB of its handle."""
    grip = smooth_path([(0, 0, -120), (0, 0, -40), (0, 0, 60), (0, 0, 160)])
    thickness = np.interp(grip[:, 2], [-120, -60, 20, 90, 150, 160], [9, 9, 11, 14, 15, 13])
    handle = create_tube(grip, thickness, sides=14)
    face = turn_profile(
        [(0, 0), (15, 0), (16.5, 2), (16.5, 16), (12, 20), (11, 34), (0, 34)], steps=32
    ).rotate(90, axis="z")
    block = create_rounded_box(46, 26, 28, 5).translate(x=0, y=-13, z=-122)
    claws = []
    for side in (-1, 1):
        path = smooth_path(
            [(-18, 0, -122 + side * 4), (-46, 2, -122 + side * 7), (-74, -8, -122 + side * 13)]
        )
        claws.append(create_tube(path, np.linspace(10, 3.2, len(path)), sides=8))
    head = join_meshes([face.translate(x=54, z=-122), block, *claws])
    return (
        Piece(handle, create_wood_grain(rng, wood)),
        Piece(head, create_metal_material(WORN_STEEL, roughness=0.32)),
    )


def create_wrench() -> Piece:
    """Creates an open-end wrench that lies along z, on y = 0."""
    bar = create_rounded_box(17, 6, 150, 2.5)
    channel = create_rounded_box(8, 1, 110, 0.4, corner=3).translate(y=5.4)
    jaw = []
    # Each jaw is an open ring: a crescent from one lip around to the other.
    for end, opening in ((-1, 0.62), (1, 0.5)):
        angle = np.linspace(opening, 2 * math.pi - opening, 40)
        outer = np.column_stack([np.sin(angle), np.cos(angle)]) * (21 if end < 0 else 17)
        inner = np.column_stack([np.sin(angle), np.cos(angle) * 0.9]) * (11 if end < 0 else 9)
        corners = ((outer, 0.5), (outer, 7.5), (inner, 7.5), (inner, 0.5))
        rings = np.stack(
            [np.column_stack([line[:, 0], np.full(40, y), line[:, 1]]) for line, y in corners],
            axis=1,
        )
        turned = loft_rings(rings).rotate(180 if end < 0 else 0).rotate(15)
        jaw.append(turned.translate(z=end * 90))
    steel = create_metal_material(STEEL, roughness=0.2)
    return join_piece([bar, channel, *jaw], steel)


def create_screwdriver(color: RGB) -> tuple[Piece, ...]:
    """Creates a screwdriver that lies along z, its tip at -z; color: sRGB of its handle."""
    turn = np.linspace(0, 2 * math.pi, 48, endpoint=False)
    ribs = 1 - 0.09 * np.abs(np.cos(4 * turn)) ** 4
    levels = ((0, 9), (4, 13.5), (50, 12), (84, 15), (98, 13.5), (102, 9))
    rings = [
        np.column_stack([r * ribs * np.cos(turn), r * ribs * np.sin(turn), np.full(48, z)])
        for z, r in levels
    ]
    shaft = create_tube([(0, 0, 4), (0, 0, -92)], 3.2, sides=12)
    blade = create_rounded_box(7.5, 2, 16, 0.5).translate(y=-1, z=-98)
    return (
        Piece(loft_rings(np.array(rings)).translate(y=14), create_plastic(color)),
        Piece(
            join_meshes([shaft, blade]).translate(y=14), create_metal_material(STEEL, roughness=0.2)
        ),
    )


def build_tools(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a hammer, a wrench and a screwdriver, laid next to each other."""
    hammer = move_pieces(create_hammer(rng, ASH), y=17, turn=rng.uniform(-16, 0))
    wrench = move_pieces([create_wrench()], x=84, z=10, turn=rng.uniform(-8, 14))
    paint = color or (196, 60, 44)
    driver = move_pieces(create_screwdriver(paint), x=-92, z=24, turn=rng.uniform(0, 22))
    return stand_pieces(*hammer, *wrench, *driver)


def build_screws(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a handful of lying screws."""
    metal = create_metal_material(color or (BRASS if rng.random() < 0.5 else STEEL), roughness=0.25)
    screws = []
    for number in range(9):
        length = rng.uniform(30, 42)
        screw = _create_screw(length).rotate(rng.uniform(84, 90), axis="z").translate(y=4.2)
        around, reach = 2.4 * number + rng.uniform(-0.3, 0.3), 15 * math.sqrt(number + 0.5)
        turned = screw.rotate(rng.uniform(0, 360))
        screws.append(turned.translate(x=reach * math.cos(around), z=reach * math.sin(around)))
    return stand_pieces(join_piece(screws, metal))


def _create_screw(length: float) -> Mesh:
    """Creates a countersunk screw with its head up at the origin; length in millimeters."""
    line: list[tuple[float, float]] = [(0, 0.3), (3.9, 0.0), (4.1, -0.4), (2.0, -3.2), (1.9, -9)]
    for y in np.arange(-9, -length + 6, -1.9):
        line += [(2.5, y - 0.6), (1.5, y - 1.5)]
    line += [(1.4, -length + 4), (0, -length)]
    slot = create_rounded_box(5.2, 0.5, 1.1, 0.1).translate(y=0.2)
    return join_meshes([turn_profile(line, steps=14), slot])


def build_sawdust(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a low heap of sawdust with curled shavings on it."""
    tint = color or SHAVINGS
    heap_line = [(0, 0), (92, 0), (84, 4), (60, 11), (30, 19), (0, 22)]
    heap = turn_profile(heap_line, steps=40, angle=80)
    x, y, z = heap.vertices.T
    bumps = 1 + 0.14 * np.sin(x / 11 + 1.5 * np.sin(z / 13)) + 0.1 * np.sin(z / 8 + x / 17)
    uneven = Mesh(
        np.column_stack([x * (1 + 0.12 * np.sin(z / 30)), y * bumps, z]),
        heap.normals,
        heap.uv,
        heap.faces,
    )
    curls = []
    for _ in range(16):
        turn = np.linspace(0, rng.uniform(7, 13), 44)
        radius = np.linspace(rng.uniform(7, 11), 4, 44)
        path = np.column_stack([radius * np.cos(turn), radius * np.sin(turn), 1.9 * turn])
        curl = create_tube(path, 1.6 * np.sin(np.linspace(0.4, 2.8, 44)), sides=5)
        reach, around = 100 * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
        level = float(np.interp(reach, [0, 30, 60, 84, 92], [22, 19, 11, 4, 0]))
        spot = reach * math.cos(around), level + 6, reach * math.sin(around)
        tilted = curl.rotate(rng.uniform(40, 130), axis="x").rotate(rng.uniform(0, 360))
        curls.append(tilted.translate(*spot))
    return stand_pieces(
        Piece(uneven, create_napped_cloth(tint, repeat=18, contrast=0.2)),
        join_piece(curls, create_matte_material(tint)),
    )


def create_gear(teeth: int, radius: float, thickness: float) -> Mesh:
    """Creates a gear with a bore on y = 0; radius to the tips of its teeth, in millimeters."""
    steps = teeth * 8
    turn = np.linspace(0, 2 * math.pi, steps, endpoint=False)
    phase = turn * teeth / (2 * math.pi) % 1
    # Teeth: flat above, flat between, steep flanks.
    tooth = np.clip(2.6 - 8 * np.abs(phase - 0.5), 0, 1)
    module = 2 * radius / (teeth + 2)
    outer = radius - 2.2 * module * (1 - tooth)
    levels = (
        *((0.3 * radius, 0.0), (None, 0.0), (None, thickness)),
        *((0.8 * radius - module, thickness), (0.78 * radius - module, 0.8 * thickness)),
        *((0.46 * radius, 0.8 * thickness), (0.44 * radius, 1.1 * thickness)),
        *((0.24 * radius, 1.1 * thickness), (0.24 * radius, 0.0), (0.3 * radius, 0.0)),
    )
    rings = []
    for reach, y in levels:
        at = outer if reach is None else np.full(steps, reach)
        rings.append(np.column_stack([at * np.cos(turn), np.full(steps, y), at * np.sin(turn)]))
    return loft_rings(np.array(rings), caps=False, angle=30)


def build_gears(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds three meshing gears of brass and steel."""
    brass = create_metal_material(color or BRASS, roughness=0.28)
    steel = create_metal_material(WORN_STEEL, roughness=0.3)
    large = create_gear(24, 52, 11).rotate(rng.uniform(0, 15))
    medium = create_gear(15, 34, 10).rotate(6).translate(x=80, z=12)
    small = create_gear(11, 26, 14).rotate(rng.uniform(0, 30)).translate(x=-20, z=72)
    return stand_pieces(Piece(large, brass), Piece(medium, steel), Piece(small, steel))


def build_tire(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an upright car wheel: tire with tread blocks, rim with spokes."""
    turn = np.linspace(0, 2 * math.pi, 120, endpoint=False)
    section = smooth_path(
        [
            (205, -80),
            (250, -102),
            (300, -98),
            (318, -84),
            (322, 0),
            (318, 84),
            (300, 98),
            (250, 102),
            (205, 80),
            (196, 60),
            (196, -60),
        ],
        2,
        closed=True,
    )
    rings = [
        np.column_stack([r * np.cos(turn), np.full(120, y), r * np.sin(turn)])
        for r, y in [*section.tolist(), section[0].tolist()]
    ]
    body = loft_rings(np.array(rings), caps=False, angle=40)
    block = create_slab(outline_rounded_rectangle(30, 26, 0, steps=1), 8)
    leaning = [block.rotate(turn).rotate(-90, axis="z").translate(x=318) for turn in (-24, 24)]
    blocks = []
    for number in range(54):
        for row, y in enumerate((-66, -24, 24, 66)):
            moved = leaning[row % 2].translate(y=y)
            blocks.append(moved.rotate(360 * (number + 0.5 * (row % 2)) / 54))
    dish = turn_profile(
        [(0, 30), (60, 34), (64, 20), (180, 12), (200, 60), (206, 60), (206, -60), (0, -60)]
    )
    spokes = [
        create_rounded_box(150, 30, 42, 8).translate(x=112, y=18).rotate(72 * number)
        for number in range(5)
    ]
    bolts = [
        create_cylinder(9, 12, 2, steps=12).translate(x=42, y=32).rotate(72 * n + 36)
        for n in range(5)
    ]
    alloy = create_metal_material((178, 180, 184), roughness=0.3)
    wheel = [
        join_piece([body, *blocks], create_rubber(color or TIRE)),
        join_piece([dish], create_plastic((52, 52, 54))),
        join_piece([*spokes, *bolts], alloy),
    ]
    return stand_pieces(
        *move_pieces(tip_pieces(wheel, 90, "x"), turn=rng.uniform(20, 46) * rng.choice((-1, 1)))
    )


def build_chain(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a steel chain that lies in a curve."""
    bend = np.linspace(0, math.pi, 13)
    half = np.column_stack([9 * np.cos(bend), 9 * np.sin(bend) + 9])
    outline = np.vstack([half, -half])
    path = np.column_stack([outline[:, 1], 0 * outline[:, 0], outline[:, 0]])
    link = create_tube(path, 4.4, sides=8, closed=True)
    swing, phase = rng.uniform(50, 76), rng.uniform(0, 6)
    links, share = [], np.linspace(0, 1, 60)
    line = np.column_stack([360 * (share - 0.5), swing * np.sin(5 * share + phase)])
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    for number, at in enumerate(np.arange(0, length[-1], 25.5)):
        x, z = (float(np.interp(at, length, line[:, k])) for k in (0, 1))
        ahead = [float(np.interp(at + 2, length, line[:, k])) for k in (0, 1)]
        turn = -math.degrees(math.atan2(ahead[1] - z, ahead[0] - x)) if at + 2 < length[-1] else 0
        tilted = link.rotate(68 if number % 2 else -8, axis="x")
        links.append(tilted.rotate(turn).translate(x=x, y=12 if number % 2 else 6, z=z))
    metal = create_metal_material(color or WORN_STEEL, roughness=0.26)
    return stand_pieces(join_piece(links, metal))
