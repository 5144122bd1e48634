"""Candles: pillars, tea lights and oil lamps, with glowing flames and wax."""

import math
from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import (
    crease_mesh,
    create_ellipsoid,
    create_tube,
    smooth_path,
    turn_profile,
    turn_vessel,
)
from services.studio.materials import (
    create_glossy_material,
    create_matte_material,
    create_metal_material,
)
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.finishes import create_ceramic, create_rubber
from services.studio.things.parts import move_pieces, pick_color, stand_pieces, turn_glowing_bands
from services.studio.things.thing import Piece

# sRGB of wax, of a burned wick and of fired clay.
WAXES: tuple[RGB, ...] = ((240, 230, 212), (232, 218, 194), (226, 204, 176))
WICK: RGB = (36, 30, 28)
CLAYS: tuple[RGB, ...] = ((178, 98, 62), (160, 84, 54), (190, 112, 70))
# Light along a flame: shares of its height, and linear RGB there; 1 is paper white.
FLAME_HEIGHTS = (0.0, 0.12, 0.3, 0.6, 0.85, 1.0)
FLAME_LIGHT = (
    *((0.25, 0.2, 0.3), (0.9, 0.4, 0.16), (3.5, 1.9, 0.7)),
    *((9.0, 6.2, 2.9), (5.5, 3.3, 1.1), (2.4, 1.0, 0.22)),
)
# Bands of equal light that a flame is made of. More: smoother, more meshes.
FLAME_BANDS = 12
# Light that shines through the wax below a flame: linear color, brightness at the top, and share
# of it that is left in each band of wax below.
WAX_GLOW, WAX_BRIGHTNESS, WAX_FADE = (1.0, 0.5, 0.2), 0.42, 0.74
WAX_BANDS = 9


def create_flame(height: float, y: float) -> list[Piece]:
    """Creates a flame around the y axis in bands of light.

    height: in millimeters; y: of its base.
    """
    share, light = np.linspace(0, 1, 25), np.array(FLAME_LIGHT)
    # A drop: widest at a third of its height, drawn out to a point.
    radius = 0.2 * height * np.sin(math.pi * share**0.7) ** 0.85 * (1 - 0.2 * share)
    line = np.column_stack([np.maximum(radius, 0), share * height + y])

    def find_light(level: float) -> np.ndarray:
        """Returns linear RGB, float (3,), at a share of the flame's height."""
        return np.array([np.interp(level, FLAME_HEIGHTS, light[:, k]) for k in range(3)])

    return turn_glowing_bands(line, find_light, FLAME_BANDS)


def create_wick(height: float, y: float) -> Piece:
    """Creates a burned wick; its height and the y of its foot in millimeters."""
    bent = [(0, y - 2, 0), (0, y + height * 0.6, 0), (height * 0.12, y + height, 0)]
    return Piece(create_tube(bent, radius=0.9, sides=8), create_matte_material(WICK))


def create_wax(radius: float, height: float, color: RGB, reach: float) -> list[Piece]:
    """Creates a round block of burning wax on y = 0 with a molten hollow, brightest at its top.

    radius, height: in millimeters.
    color: sRGB.
    reach: millimeters from the top that the flame shines through.
    """
    wax = create_glossy_material(color, roughness=0.4, specular=0.4)
    rim, pool = 0.12 * radius, height - 0.14 * radius
    top = [(radius, height - rim), (radius - 0.3 * rim, height - 0.3 * rim), (radius - rim, height)]
    hollow = [(radius * 0.8, pool + 0.3 * rim), (radius * 0.66, pool), (0, pool)]
    levels = np.linspace(height - reach, height - rim, WAX_BANDS + 1)
    body = [(0, 0), (radius - 1, 0), (radius, 1), (radius, levels[0])]
    pieces = [Piece(turn_profile([*body, (0, levels[0])]), wax)]
    for number in range(WAX_BANDS):
        low, high = levels[number], levels[number + 1]
        is_top = number == WAX_BANDS - 1
        end = [*top, *hollow] if is_top else [(radius, high), (0, high)]
        glow = WAX_BRIGHTNESS * WAX_FADE ** (WAX_BANDS - 1 - number) * np.array(WAX_GLOW)
        pieces.append(Piece(turn_profile([(0, low), (radius, low), *end]), wax, glow))
    return pieces


def build_candle(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a burning pillar candle of wax."""
    radius, height = rng.uniform(30, 34), rng.uniform(78, 92)
    wax = create_wax(radius, height, pick_color(rng, color, WAXES), reach=46)
    pool = height - 0.14 * radius
    return stand_pieces(*wax, create_wick(9, pool), *create_flame(24, pool + 5))


def build_tea_light(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a burning tea light in its tin cup."""
    cup = turn_vessel([(17, 0), (18.5, 1.5), (19, 15)], wall=0.5)
    tin = create_metal_material((206, 206, 208), roughness=0.3)
    wax = create_wax(18.2, 12.5, pick_color(rng, color, WAXES), reach=10)
    return stand_pieces(Piece(cup, tin), *wax, create_wick(7, 10), *create_flame(14, 14))


def build_diya(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a clay oil lamp with a burning wick at its spout."""
    clay = pick_color(rng, color, CLAYS)
    bowl = _pull_spout(
        turn_vessel(smooth_path([(16, 0), (22, 1), (34, 14), (38, 26)]), wall=3, floor=4, steps=64)
    )
    oil = turn_profile([(0, 15), (30, 15), (31, 18), (0, 18)])
    flame = [
        Piece(part.mesh.translate(z=44), part.material, part.glow)
        for part in (*create_flame(26, 31), create_wick(8, 26))
    ]
    gold = create_glossy_material((214, 150, 60), roughness=0.08, specular=0.6)
    glow = np.array([0.5, 0.22, 0.05])
    lamp = [
        Piece(bowl, create_rubber(clay)),
        Piece(_create_painted_dots(), create_ceramic((240, 222, 180))),
        Piece(oil, gold, glow),
        *flame,
    ]
    return stand_pieces(*move_pieces(lamp, turn=rng.uniform(30, 70) * rng.choice((-1, 1))))


def _pull_spout(bowl: Mesh) -> Mesh:
    """Returns a bowl, in millimeters, whose rim is pulled out to a spout at +z."""
    x, y, z = bowl.vertices.T
    ahead = np.clip(z / (np.hypot(x, z) + 1e-9), 0, 1) ** 8 * np.clip(y / 26, 0, 1)
    points = np.column_stack([x * (1 - 0.3 * ahead), y + 3 * ahead, z * (1 + 0.34 * ahead)])
    return crease_mesh(replace(bowl, vertices=points))


def _create_painted_dots() -> Mesh:
    """Creates a row of painted dots around a clay lamp, in millimeters."""
    turn = np.linspace(0, 2 * math.pi, 22, endpoint=False)
    # The wall is pulled out toward its spout, where dots would lie inside it.
    turn = turn[np.sin(turn) < 0.72]
    dots = [
        create_ellipsoid(3.4, 3.4, 3.4, steps=8).translate(
            x=34.6 * math.cos(t), y=16, z=34.6 * math.sin(t)
        )
        for t in turn
    ]
    return join_meshes(dots)
