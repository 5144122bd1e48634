"""Known products as solids: what benchmarks/truth.py photographs and places in sets."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.imaging.scene import RGB
from services.studio.bodies import mesh_from_rings
from services.studio.lofts import (
    create_cylinder,
    create_rounded_box,
    create_slab,
    create_tube,
    loft_rings,
    smooth_path,
    turn_profile,
    turn_vessel,
)
from services.studio.materials import (
    Material,
    MitsubaDict,
    create_glossy_material,
    create_lacquer_material,
    create_metal_material,
    create_texture,
)
from services.studio.shapes import Mesh
from services.studio.things.cups import create_drink, create_handle
from services.studio.things.finishes import (
    create_ceramic,
    create_plastic,
    create_rubber,
    create_thin_glass,
    create_woven_cloth,
)
from services.studio.things.parts import join_piece, move_pieces, stand_pieces
from services.studio.things.thing import Piece
from tools.truth.labels import (
    Ornament,
    Print,
    draw_bands,
    draw_frame,
    draw_leaves,
    draw_print,
    draw_waves,
)

# Pixels of a print per millimeter. Larger: sharper letters.
PRINT_SCALE = 8
# Share of a wrapper's width that is seen from the front.
WRAPPER_FRONT = 0.27
# Millimeters by which prints lie above what they are on, so that none of it shows through.
PRINT_LIFT = 0.25
# Vertices around and down a wrapper. More: a rounder one.
WRAPPER_STEPS, WRAPPER_ROWS = 96, 32

GOLD: RGB = (212, 170, 96)
ALUMINUM: RGB = (206, 208, 210)
WHITE_PLASTIC: RGB = (238, 236, 232)


@dataclass(frozen=True)
class Product:
    """A known product.

    build: returns its pieces in millimeters, standing on y = 0 and seen from +z.
    words: what it is, as a request names it.
    is_glass: whether light shines through a part of it.
    """

    build: Callable[[], tuple[Piece, ...]]
    words: str
    is_glass: bool = False


def wrap_print(
    line: Sequence[tuple[float, float]], printed: Print, ornament: Ornament, roughness: float
) -> Piece:
    """Wraps a print around a body of revolution.

    line: (radius, y) points of the body's outside, from the print's top down, in millimeters.
    roughness: of the print; 0 mirrors sharply, 1 is dull.
    """
    points = _space_evenly(np.asarray(line, float))
    angle = np.linspace(-math.pi, math.pi, WRAPPER_STEPS, endpoint=False)
    radius, level = (points[:, :1] + PRINT_LIFT), np.repeat(points[:, 1:], WRAPPER_STEPS, axis=1)
    rings = np.stack([radius * np.sin(angle), level, radius * np.cos(angle)], axis=-1)
    length = np.hypot(*np.diff(points, axis=0).T).sum()
    size = round(2 * math.pi * points[:, 0].max() * PRINT_SCALE), round(length * PRINT_SCALE)
    picture = create_texture(draw_print(size, printed, ornament, WRAPPER_FRONT))
    return Piece(mesh_from_rings(rings), create_card(picture, roughness))


def create_card(picture: MitsubaDict, roughness: float) -> Material:
    """Creates printed paper, which shows its print from behind as well.

    picture: Mitsuba texture. roughness: 0 mirrors sharply, 1 is dull.
    """
    front = create_glossy_material(picture, roughness, specular=0.4)
    return Material({"type": "twosided", "bsdf": front.bsdf})


def create_panel(width: float, height: float, printed: Print, ornament: Ornament) -> Piece:
    """Creates an upright printed panel on y = 0 that faces +z; width and height in millimeters."""
    x, y = width / 2, height
    mesh = Mesh(
        vertices=np.array([[-x, 0, 0], [x, 0, 0], [x, y, 0], [-x, y, 0]], float),
        normals=np.tile([0.0, 0.0, 1.0], (4, 1)),
        uv=np.array([[0, 1], [1, 1], [1, 0], [0, 0]], float),
        faces=np.array([[0, 1, 2], [0, 2, 3]]),
    )
    size = round(width * PRINT_SCALE), round(height * PRINT_SCALE)
    picture = create_texture(draw_print(size, printed, ornament))
    return Piece(mesh, create_card(picture, roughness=0.45))


def build_bottle() -> tuple[Piece, ...]:
    """Builds a bottle of dark green glass with a paper label and a foil cap."""
    neck = [(35, 190), (17, 222), (14.5, 240), (14.2, 262)]
    body = smooth_path([(0, 3), (26, 1), (36, 2), (38, 10), (38, 168), *neck], 2)
    foil = [(0, 262), (15.2, 262), (15.4, 240), (15.2, 296), (13.6, 299), (0, 299)]
    printed = Print(
        "VERDE", "COLD PRESSED OLIVE OIL", (240, 234, 218), (38, 48, 36), (112, 126, 62)
    )
    return stand_pieces(
        Piece(turn_profile(body, steps=96), create_glossy_material((22, 44, 28), 0.07, 0.8)),
        wrap_print([(38, 142), (38, 44)], printed, draw_leaves, roughness=0.6),
        Piece(turn_profile(foil, steps=96), create_metal_material(GOLD, roughness=0.32)),
    )


def build_can() -> tuple[Piece, ...]:
    """Builds a slim beverage can, printed all around."""
    wall = [(31, 128), (31.4, 124), (31.4, 12), (29, 5)]
    base = [(0, 4), (22, 4), (24.5, 0), (26, 0), (29, 5), (31, 9), (0, 9)]
    shoulder = [(0, 126), (31, 126), (30.6, 132), (26.5, 141), (27.4, 143.5), (26, 145)]
    lid = [(25, 143), (24.4, 140), (0, 140)]
    printed = Print("FIZZ", "BLOOD ORANGE SODA", (232, 74, 58), (255, 246, 232), (250, 150, 60))
    tab = create_slab(_outline_ellipse(11, 5.5), 1.4, 0.6).translate(y=140.4, z=2)
    metal = create_metal_material(ALUMINUM, roughness=0.25)
    return stand_pieces(
        wrap_print(wall, printed, draw_waves, roughness=0.22),
        join_piece(
            [turn_profile(base, steps=96), turn_profile([*shoulder, *lid], steps=96), tab], metal
        ),
    )


def build_jar() -> tuple[Piece, ...]:
    """Builds a jar of cream: white plastic with a print and a golden lid."""
    body = [(0, 0), (35, 0), (38, 1), (39.5, 4), (39.5, 40), (38, 43), (35, 44), (0, 44)]
    lid = [(0, 44), (39, 44), (40, 45), (40, 64), (39, 66.4), (36, 67.4), (0, 67.8)]
    printed = Print(
        "LUNE", "NIGHT REPAIR CREAM 50 ml", (242, 240, 236), (60, 54, 66), (196, 156, 92)
    )
    return stand_pieces(
        Piece(turn_profile(body, steps=96), create_plastic(WHITE_PLASTIC)),
        wrap_print([(39.5, 39), (39.5, 5)], printed, draw_bands, roughness=0.3),
        Piece(turn_profile(lid, steps=96), create_metal_material(GOLD, roughness=0.22)),
    )


def build_cup() -> tuple[Piece, ...]:
    """Builds a glazed mug with a printed band, a handle at its right and coffee in it."""
    line = smooth_path([(34, 0), (38, 1), (40, 8), (40.4, 50), (41, 94)], 2)
    handle = create_handle([(39, 78), (62, 80), (69, 54), (61, 28), (38.5, 24)], radius=5)
    printed = Print("ROAST", "SMALL BATCH COFFEE", (44, 92, 104), (246, 240, 228), (226, 164, 84))
    vessel = turn_vessel(line, wall=3.2, floor=5, steps=96)
    # The handle is turned toward the camera, the print is not.
    return stand_pieces(
        join_piece([vessel, handle.rotate(-28)], create_ceramic(printed.paper)),
        wrap_print([(40.7, 72), (40.3, 26)], printed, draw_bands, roughness=0.22),
        create_drink(37.6, 82, (40, 22, 14)),
    )


def build_box() -> tuple[Piece, ...]:
    """Builds a carton that shows two printed sides."""
    width, height, depth = 96.0, 150.0, 54.0
    front = Print("TERRA", "HERBAL TEA 20 BAGS", (236, 226, 204), (70, 60, 44), (180, 92, 56))
    side = replace(front, brand="tea", line="20 BAGS", paper=(180, 92, 56), ink=(244, 236, 220))
    carton = create_rounded_box(width, height, depth, fillet=1.2)
    edge = 1.4
    panel = create_panel(width - 2 * edge, height - 2 * edge, front, draw_frame)
    flank = create_panel(depth - 2 * edge, height - 2 * edge, side, draw_frame)
    pieces = [
        Piece(carton, create_glossy_material((236, 226, 204), roughness=0.45, specular=0.35)),
        *move_pieces([panel], y=edge, z=depth / 2 + PRINT_LIFT),
        *move_pieces([flank], x=width / 2 + PRINT_LIFT, y=edge, turn=90),
    ]
    return stand_pieces(*move_pieces(pieces, turn=-32))


def build_shoe() -> tuple[Piece, ...]:
    """Builds a low sneaker that points to the left: a pale sole, a cloth upper and laces."""
    sole = create_slab(_outline_sole(), 24, 6)
    # Along the shoe from heel to toe: x, half width, height, and z of the middle.
    sections = np.array(
        [
            (128, 16, 66, 0),
            (124, 27, 92, 0),
            (104, 32, 100, 0),
            (66, 34, 96, 0),
            (30, 35, 92, 1),
            (0, 38, 78, 2),
            (-40, 42, 58, 3),
            (-80, 43, 46, 2),
            (-112, 37, 38, 0),
            (-132, 25, 30, -2),
            (-139, 12, 22, -3),
        ],
        float,
    )
    upper = loft_rings(np.stack([_bend_section(*section) for section in sections]), angle=80)
    opening = create_slab(_outline_ellipse(44, 19), 3, 1.2).rotate(-4, axis="z")
    collar = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    path = np.column_stack([80 + 46 * np.cos(collar), 97 + 3 * np.cos(collar), 21 * np.sin(collar)])
    laces = [
        _create_lace(x, y, half)
        for x, y, half in ((22, 93, 22), (4, 84, 24), (-14, 75, 26), (-32, 66, 27))
    ]
    stripe = [
        create_tube(smooth_path([(-20, 30, 43), (14, 48, 41.5), (46, 80, 34)]), 3.2),
        create_tube(smooth_path([(6, 30, 41.5), (38, 48, 40), (66, 78, 33)]), 3.2),
    ]
    shoe = [
        Piece(sole, create_rubber((240, 238, 232))),
        Piece(upper, create_woven_cloth((62, 92, 142), thread=1.6, contrast=0.12)),
        Piece(opening.translate(x=80, y=96), create_rubber((30, 32, 38))),
        Piece(create_tube(path, 5.5, closed=True), create_rubber((52, 74, 114))),
        join_piece([*laces, *stripe], create_rubber((240, 238, 232))),
    ]
    return stand_pieces(*move_pieces(shoe, turn=-14))


def build_ring() -> tuple[Piece, ...]:
    """Builds a golden ring that stands upright, with a faceted blue stone on top."""
    turn = np.linspace(0, 2 * math.pi, 96, endpoint=False)
    path = np.column_stack([9.6 * np.cos(turn), 9.6 * np.sin(turn) + 11, 0 * turn])
    # Thicker toward the stone.
    band = create_tube(path, 1.25 + 0.35 * (1 + np.sin(turn)), sides=20, closed=True)
    crown = [(0, 0), (3.6, 3.4), (3.8, 3.9), (2.4, 5.2), (0, 5.2)]
    stone = turn_profile(crown, steps=10, angle=4).translate(y=20.6)
    prongs = [
        create_tube(
            [(2.2 * x, 20.4, 2.2 * z), (3.9 * x, 24.2, 3.9 * z), (3.3 * x, 25.2, 3.3 * z)], 0.42
        )
        for x, z in ((0.7, 0.7), (-0.7, 0.7), (0.7, -0.7), (-0.7, -0.7))
    ]
    ring = [
        join_piece([band, *prongs], create_metal_material((226, 180, 100), roughness=0.14)),
        Piece(stone, create_lacquer_material((24, 62, 168))),
    ]
    return stand_pieces(*move_pieces(ring, turn=30))


def build_tumbler() -> tuple[Piece, ...]:
    """Builds an empty tumbler of thin, slightly green glass."""
    line = [(0, 2), (31, 0), (33, 2), (35, 60), (38.5, 112)]
    return stand_pieces(*_blow_glass([turn_profile(line, steps=96)], rim=(38.5, 112)))


def build_goblet() -> tuple[Piece, ...]:
    """Builds an empty wine glass of thin glass."""
    bowl = smooth_path([(3.4, 92), (12, 96), (36, 118), (43, 146), (40, 180), (33, 214)])
    stem = [(35, 0), (35.5, 1), (10, 4), (4, 12), (3.2, 50), (3.4, 92)]
    meshes = [turn_profile(bowl, steps=96, angle=60), turn_profile(stem, steps=96)]
    return stand_pieces(*_blow_glass(meshes, rim=(33, 214)))


def build_flask() -> tuple[Piece, ...]:
    """Builds an empty flask of thin amber glass with a label and a black cap."""
    body = [(0, 2), (30, 0), (33, 2), (34, 8), (34, 92), (30, 104), (15, 114), (13, 120), (13, 128)]
    cap = create_cylinder(16, 30, 2, steps=72).translate(y=120)
    printed = Print("SOLE", "AROMA OIL No. 5", (246, 240, 228), (58, 44, 34), (202, 128, 58))
    return stand_pieces(
        *_blow_glass([turn_profile(smooth_path(body, 2), steps=96)], tint=(246, 212, 158)),
        wrap_print([(34, 70), (34, 28)], printed, draw_frame, roughness=0.6),
        Piece(cap, create_plastic((34, 33, 34))),
    )


def is_glass(piece: Piece) -> bool:
    """Returns whether light shines through a piece."""
    return piece.material.bsdf["type"] == "thindielectric"


def _blow_glass(
    meshes: Sequence[Mesh], rim: tuple[float, float] | None = None, tint: RGB = (244, 248, 246)
) -> list[Piece]:
    """Returns meshes as thin glass, with a rounded rim of (radius, y) millimeters; tint: sRGB."""
    glass: Material = create_thin_glass(tint)
    rims = []
    if rim:
        turn = np.linspace(0, 2 * math.pi, 96, endpoint=False)
        path = np.column_stack([rim[0] * np.cos(turn), np.full(96, rim[1]), rim[0] * np.sin(turn)])
        rims = [create_tube(path, 0.7, sides=8, closed=True)]
    return [join_piece([*meshes, *rims], glass)]


def _space_evenly(line: np.ndarray) -> np.ndarray:
    """Returns points (WRAPPER_ROWS, 2) at equal steps along a line (n, 2): even prints."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.linspace(0, along[-1], WRAPPER_ROWS)
    return np.column_stack([np.interp(at, along, line[:, axis]) for axis in (0, 1)])


def _outline_ellipse(half_width: float, half_depth: float) -> np.ndarray:
    """Returns an ellipse around (0, 0), float (48, 2) in x and z."""
    turn = np.linspace(0, 2 * math.pi, 48, endpoint=False)
    return np.column_stack([half_width * np.cos(turn), half_depth * np.sin(turn)])


def _outline_sole() -> np.ndarray:
    """Returns the outline of a left shoe's sole, its toe at -x: float (n, 2) in x and z."""
    corners = [
        (134, 0),
        (128, 30),
        (60, 37),
        (0, 42),
        (-60, 50),
        (-120, 42),
        (-148, 6),
        (-138, -24),
        (-90, -46),
        (-20, -38),
        (50, -34),
        (124, -30),
    ]
    return smooth_path(corners, rounds=3, closed=True)


def _bend_section(x: float, half_width: float, height: float, middle: float) -> np.ndarray:
    """Returns the arched section of a shoe's upper, float (40, 3), in millimeters.

    x: its place along the shoe; middle: z of its middle.
    """
    turn = np.linspace(0, math.pi, 30)
    # A superellipse: steep sides and a round top.
    across = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.75
    arch = np.column_stack([across * half_width, 18 + (height - 18) * np.sin(turn) ** 0.75])
    under = np.column_stack([np.linspace(-half_width, half_width, 12)[1:-1], np.full(10, 18.0)])
    outline = np.concatenate([arch, under])
    return np.column_stack([np.full(len(outline), x), outline[:, 1], outline[:, 0] + middle])


def _create_lace(x: float, y: float, half: float) -> Mesh:
    """Creates a lace across the upper at x and y that reaches `half` to each side; millimeters."""
    across = np.linspace(-1, 1, 13)
    drop = 0.42 * half * np.abs(across) ** 2.4
    path = np.column_stack([np.full(13, x), y + 2 - drop, across * half])
    return create_tube(path, 3.0, sides=10)


PRODUCTS: Mapping[str, Product] = {
    "bottle": Product(build_bottle, "olive oil bottle"),
    "jar": Product(build_jar, "cream jar"),
    "box": Product(build_box, "tea box"),
    "ring": Product(build_ring, "ring"),
    "tumbler": Product(build_tumbler, "glass tumbler", is_glass=True),
    "can": Product(build_can, "soda can"),
    "cup": Product(build_cup, "coffee cup"),
    "shoe": Product(build_shoe, "sneaker"),
    "goblet": Product(build_goblet, "wine glass", is_glass=True),
    "flask": Product(build_flask, "aroma oil bottle", is_glass=True),
}
