"""Glasses, bottles, jars and shakers."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import linear_from_srgb
from services.studio.lofts import (
    Points,
    create_cylinder,
    create_tube,
    outline_circle,
    smooth_path,
    turn_profile,
)
from services.studio.materials import create_glossy_material, create_metal_material
from services.studio.shapes import Mesh
from services.studio.things.finishes import (
    OAK,
    STEEL,
    create_faint_glass,
    create_plastic,
    create_rubber,
    create_solid_glass,
    create_thin_glass,
    create_wood_grain,
)
from services.studio.things.parts import pick_color, stand_pieces
from services.studio.things.thing import Piece

# sRGB of red and white wine, of cocktails and of bottle glass.
WINES: tuple[RGB, ...] = ((94, 14, 30), (226, 200, 120), (214, 120, 110))
COCKTAILS: tuple[RGB, ...] = ((226, 110, 60), (206, 60, 84), (236, 176, 70))
BOTTLE_GLASSES: tuple[RGB, ...] = ((34, 56, 40), (72, 42, 22), (40, 60, 58))
LABEL: RGB = (236, 228, 210)
# Light of a drink, which shines through it, as a share of its color. Larger: it glows.
DRINK_GLOW = 0.35


def _fill_vessel(outside: Points, wall: float, level: float) -> Mesh:
    """Creates the drink in a vessel up to a level.

    outside: (radius, y) points of the vessel from its foot's edge to its rim, in millimeters.
    wall: thickness of the glass.
    """
    line = np.asarray(outside, float)
    y = np.linspace(line[0, 1] + 2 * wall, level, 14)
    radius = np.maximum(np.interp(y, line[:, 1], line[:, 0]) - 1.1 * wall, 0.5)
    profile = np.vstack([[(0, y[0])], np.column_stack([radius, y]), [(0, level)]])
    return turn_profile(profile)


def _create_rim(radius: float, y: float, thickness: float) -> Mesh:
    """Creates the rounded rim of a glass; all in millimeters."""
    circle = outline_circle(radius)
    path = np.column_stack([circle[:, 0], np.full(len(circle), y), circle[:, 1]])
    return create_tube(path, thickness / 2, sides=6, closed=True)


def _fill_with_drink(mesh: Mesh, color: RGB) -> Piece:
    """Creates a drink, lit through by a share of its own color; color is sRGB."""
    return Piece(
        mesh,
        create_glossy_material(color, roughness=0.05, specular=0.5),
        DRINK_GLOW * linear_from_srgb(color),
    )


def build_glass(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a straight tumbler, half full of water or of a colored drink."""
    line = [(33, 0), (34, 2), (36, 60), (38.5, 112)]
    drink = _fill_vessel(line, wall=1.8, level=rng.uniform(62, 76))
    filled = _fill_with_drink(drink, color) if color else Piece(drink, create_solid_glass())
    return stand_pieces(
        Piece(turn_profile(line), create_thin_glass()),
        Piece(_create_rim(38.5, 112, 1.6), create_solid_glass()),
        Piece(create_cylinder(32.5, 3, 1), create_faint_glass()),
        filled,
    )


def build_wine_glass(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a wine glass, a third full."""
    bowl = smooth_path([(4, 96), (16, 98), (36, 118), (43, 146), (40, 180), (33, 214)])
    wine = _fill_vessel(bowl, wall=0.8, level=rng.uniform(140, 150))
    return stand_pieces(
        *_create_stemware(bowl, foot=36),
        _fill_with_drink(wine, pick_color(rng, color, WINES)),
    )


def build_cocktail_glass(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a wide coupe with a cocktail and a twist of peel on its rim."""
    bowl = smooth_path([(4, 84), (14, 86), (40, 98), (51, 120), (53, 138)])
    drink = _fill_vessel(bowl, wall=0.8, level=131)
    turn = np.linspace(0, 9, 40)
    peel = np.column_stack([8 * np.cos(turn) + 46, 138 - turn * 4.5, 8 * np.sin(turn)])
    zest = create_tube(peel, radius=2.2, sides=6)
    return stand_pieces(
        *_create_stemware(bowl, foot=35),
        _fill_with_drink(drink, pick_color(rng, color, COCKTAILS)),
        Piece(zest, create_plastic((236, 170, 48))),
    )


def _create_stemware(bowl: np.ndarray, foot: float) -> list[Piece]:
    """Creates a glass on a stem.

    bowl: (radius, y) points of its wall from the stem to the rim, float (n, 2), in millimeters.
    foot: radius of its foot.
    """
    low = bowl[0, 1]
    line = [(0, 2), (9, 2.2), (5, 12), (3.4, 0.5 * low), (4.2, low - 8), (8, low + 2), (0, low + 2)]
    disk = turn_profile([(0, 0), (foot, 0), (foot, 1.4), (9, 3), (0, 3)])
    rim_radius, rim_y = bowl[-1]
    return [
        Piece(turn_profile(bowl, angle=60), create_thin_glass()),
        Piece(turn_profile(smooth_path(line)), create_solid_glass()),
        Piece(_create_rim(rim_radius, rim_y, 1.3), create_solid_glass()),
        Piece(disk, create_faint_glass()),
    ]


def build_bottle_prop(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a corked bottle of dark glass with a blank label."""
    body = smooth_path(
        [(0, 3), (24, 1), (36, 2), (38, 10), (38, 168), (35, 190), (16, 220), (14, 236), (14, 286)],
        2,
    )
    ring = [(14.5, 286), (16.5, 287), (16.5, 297), (14.5, 299), (0, 299)]
    glass = create_glossy_material(
        pick_color(rng, color, BOTTLE_GLASSES), roughness=0.06, specular=0.8
    )
    label = turn_profile([(37, 62), (38.5, 62), (38.5, 138), (37, 138), (37, 62)])
    cork = create_cylinder(9.5, 16, 2).translate(y=296)
    return stand_pieces(
        Piece(turn_profile([*body.tolist(), *ring]), glass),
        Piece(label, create_rubber(LABEL)),
        Piece(cork, create_rubber((200, 160, 116))),
    )


def build_shaker(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a cocktail shaker of polished steel."""
    line = [(0, 0), (33, 0), (35, 2), (43, 128), (43.6, 136), (42, 138), (41.6, 140), (40, 152)]
    top = [*smooth_path([(40, 152), (34, 172), (22, 180), (21, 184)]).tolist(), (22.5, 186)]
    cap = [(22.5, 188), (20, 214), (14, 218), (0, 219)]
    steel = create_metal_material(color or STEEL, roughness=0.12)
    return stand_pieces(Piece(turn_profile([*line, *top, *cap], angle=30), steel))


def build_jar(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a preserving jar with a wooden lid, filled with something dry."""
    line = smooth_path([(42, 0), (46, 2), (48, 10), (48, 104), (44, 116), (41, 120), (41, 128)], 2)
    fill = _fill_vessel(line, wall=2, level=rng.uniform(74, 92))
    lid = create_cylinder(45, 18, 4).translate(y=127)
    seal = create_tube(
        [(41 * np.cos(t), 127, 41 * np.sin(t)) for t in np.linspace(0, 6.28, 41)[:-1]],
        2.4,
        closed=True,
    )
    grain = create_rubber(
        pick_color(rng, color, ((222, 190, 140), (150, 100, 66), (236, 224, 196)))
    )
    return stand_pieces(
        Piece(turn_profile(line, angle=60), create_thin_glass()),
        Piece(fill, grain),
        Piece(lid, create_wood_grain(rng, OAK)),
        Piece(seal, create_plastic((226, 222, 214))),
    )
