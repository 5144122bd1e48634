"""Things that give light: strings of lights, lanterns, lamps, bulbs, tubes and neon signs."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import linear_from_srgb
from services.studio.lofts import (
    create_cylinder,
    create_ellipsoid,
    create_rounded_box,
    create_tube,
    loft_rings,
    outline_circle,
    outline_heart,
    outline_star,
    smooth_path,
    turn_profile,
)
from services.studio.materials import create_matte_material, create_metal_material
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.candles import create_flame, create_wax, create_wick
from services.studio.things.finishes import (
    BLACK,
    BRASS,
    create_ceramic,
    create_plastic,
)
from services.studio.things.parts import (
    create_glow,
    join_piece,
    move_pieces,
    pick_color,
    stand_pieces,
    turn_glowing_bands,
)
from services.studio.things.thing import Piece

# Linear colors of lamps: candle-like, incandescent, nearly white and through red paper.
AMBER, WARM = np.array([1.0, 0.52, 0.16]), np.array([1.0, 0.62, 0.3])
PALE, RED = np.array([1.0, 0.86, 0.68]), np.array([1.0, 0.085, 0.035])
# sRGB of ceramic feet of lamps, and of neon.
FEET: tuple[RGB, ...] = ((222, 214, 202), (150, 160, 146), (186, 120, 92))
NEONS: tuple[RGB, ...] = ((255, 60, 160), (60, 210, 255), (255, 120, 60))

# Brightness of a lit paper lantern. Larger: it burns out, and no paper is seen.
PAPER_GLOW = 0.5


def _choose_light(color: RGB | None, usual: np.ndarray) -> np.ndarray:
    """Returns the color of a lamp: linear RGB, float (3,), at full brightness.

    color: sRGB; None: its usual linear RGB, float (3,).
    """
    if color is None:
        return usual
    light = linear_from_srgb(color)
    # Not wholly without any channel, so that its middle looks overexposed, as on film.
    return np.maximum(light / max(light.max(), 1e-3), 0.03)


def _droop_between(start: np.ndarray, end: np.ndarray, sag: float, count: int) -> np.ndarray:
    """Returns a hanging line between two points (3,), float (count, 3); sag in millimeters."""
    share = np.linspace(0, 1, count)[:, None]
    return start + (end - start) * share - np.array([0, 4 * sag, 0]) * share * (1 - share)


def build_fairy_lights(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a curtain of tiny warm lights on copper wires, which hangs and lies in loops."""
    wires, beads = [], []
    for level in range(5):
        ends = [np.array([side * 450, 520 - 105 * level, rng.uniform(-50, 50)]) for side in (-1, 1)]
        line = _droop_between(ends[0], ends[1], sag=rng.uniform(50, 95), count=42)
        line += rng.normal(0, 3, line.shape)
        wires.append(create_tube(smooth_path(line, 1), radius=1.2, sides=4))
        beads += [
            create_ellipsoid(11, 13, 11, steps=8).translate(*spot) for spot in line[1::3].tolist()
        ]
    copper = create_metal_material((190, 130, 90), roughness=0.3)
    glow = create_glow(join_meshes(beads), 9.0 * _choose_light(color, AMBER))
    return stand_pieces(join_piece(wires, copper), glow)


def build_string_lights(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds two rows of hanging bulbs on black cables, as over a terrace."""
    cables, bulbs, sockets = [], [], []
    for row in range(2):
        height, z = 480 - 170 * row, -160 * row
        for half in (-1, 1):
            ends = [np.array([half * 500.0, height + 70, z]), np.array([0.0, height, z])]
            line = _droop_between(ends[0], ends[1], sag=rng.uniform(60, 80), count=25)
            cables.append(create_tube(line, radius=3, sides=5))
            for x, y, spot_z in line[2:-1:5].tolist():
                sockets.append(create_cylinder(9, 26, steps=10).translate(x, y - 28, spot_z))
                bulbs.append(create_ellipsoid(36, 46, 36, steps=14).translate(x, y - 48, spot_z))
    black = create_plastic(BLACK)
    glow = create_glow(join_meshes(bulbs), 5.0 * _choose_light(color, WARM))
    return stand_pieces(join_piece([*cables, *sockets], black), glow)


def build_lantern(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a metal lantern with glass sides, a ring on top and a burning candle inside."""
    metal = create_metal_material(color, 0.35) if color else create_plastic((44, 42, 42))
    half, height = 58.0, 190.0
    floor = create_rounded_box(2 * half + 16, 10, 2 * half + 16, fillet=2)
    posts = [
        create_rounded_box(8, height, 8, fillet=1).translate(x=x * half, y=8, z=z * half)
        for x in (-1, 1)
        for z in (-1, 1)
    ]
    lid = _create_square_frustum(half + 12, half * 0.34, 52).translate(y=height + 6)
    cap = create_rounded_box(34, 16, 34, fillet=4).translate(y=height + 56)
    ring = outline_circle(24, 28)
    loop = create_tube(
        np.column_stack([ring[:, 0], ring[:, 1] + height + 94, 0 * ring[:, 0]]), 2.6, closed=True
    )
    rails = [
        create_rounded_box(2 * half, 5, 5, fillet=1).rotate(turn).translate(y=y, x=x, z=z)
        for y in (10, height)
        for turn, x, z in ((0, 0, half), (0, 0, -half), (90, half, 0), (90, -half, 0))
    ]
    candle = [*create_wax(32, 82, (240, 228, 206), reach=56), create_wick(8, 78)]
    candle += create_flame(30, 82)
    turn = rng.uniform(-35, 35)
    body = join_piece([floor, *posts, lid, cap, loop, *rails], metal)
    return stand_pieces(*move_pieces([body, *move_pieces(candle, y=10)], turn=turn))


def _create_square_frustum(low: float, high: float, height: float) -> Mesh:
    """Creates a hipped roof on y = 0; half widths below and above, and height, in millimeters."""
    square = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], float)
    levels = ((low * 0.98, 0), (low, 4), (high, height))
    rings = [np.column_stack([s * square[:, 0], [y] * 4, s * square[:, 1]]) for s, y in levels]
    return loft_rings(np.array(rings))


def build_paper_lantern(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a round paper lantern with ribs, lit from inside, with a tassel below."""
    light = _choose_light(color, RED)
    turn = np.linspace(-math.pi / 2 * 0.86, math.pi / 2 * 0.86, 45)
    # Paper bulges out between wires.
    radius = 130 * np.cos(turn) * (1 + 0.018 * np.abs(np.sin(11 * turn)))
    y = 108 * np.sin(turn)
    line = np.column_stack([radius, y])
    # The lamp inside lights the paper's middle most.
    bands = turn_glowing_bands(
        line, lambda share: PAPER_GLOW * (1.15 - 2.6 * (share - 0.45) ** 2) * light, 22
    )
    collars = [create_cylinder(36, 16, 2).translate(y=level) for level in (-112, 96)]
    tassel = [
        create_tube(
            [(0, -110, 0), (x * 4, -130, z * 4), (x * 7, -205 + rng.uniform(-6, 6), z * 7)], 1.6, 5
        )
        for x, z in outline_circle(1, 14)
    ]
    hook = create_tube([(0, 108, 0), (0, 150, 0)], 1.5, 6)
    gold, silk = create_plastic((206, 158, 62)), create_matte_material((176, 40, 34))
    return stand_pieces(*bands, join_piece([*collars, hook], gold), join_piece(tassel, silk))


def build_lamp(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a table lamp with a ceramic foot and a glowing linen shade."""
    foot = smooth_path(
        [(0, 0), (62, 0), (66, 8), (84, 60), (80, 120), (40, 165), (16, 185), (14, 205), (0, 205)]
    )
    line = np.array([(118, 215), (88, 365)], float)
    shade = turn_glowing_bands(line, lambda share: (1.35 - 1.5 * (share - 0.4) ** 2) * WARM, 12)
    bands = [
        turn_profile([(r - 3, y), (r, y), (r, y + 4), (r - 3, y + 4), (r - 3, y)]).translate(y=215)
        for r, y in ((119, -2), (89, 148))
    ]
    ceramic = create_ceramic(pick_color(rng, color, FEET))
    neck = create_cylinder(7, 40).translate(y=195)
    return stand_pieces(
        Piece(turn_profile(foot), ceramic),
        Piece(neck, create_metal_material(BRASS, roughness=0.25)),
        join_piece(bands, create_matte_material((226, 206, 176))),
        *shade,
    )


def build_bulb(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a glowing light bulb that stands on its brass cap."""
    globe = smooth_path(
        [(0, 28), (13, 28), (15, 40), (28, 62), (32, 82), (26, 104), (12, 114), (0, 115)]
    )
    thread: list[tuple[float, float]] = [(0, 0), (6, 0), (8, 4)]
    for turn in range(5):
        thread += [(13.4, 6 + 4.4 * turn), (12, 8.2 + 4.4 * turn)]
    cap = turn_profile([*thread, (13.5, 29), (0, 29)])
    light, strength = _choose_light(color, AMBER + 0.1), rng.uniform(0.9, 1.1)
    # Brightest around the filament in its middle.
    glow = turn_glowing_bands(
        globe,
        lambda share: strength * (0.35 + 3 * math.exp(-(((share - 0.5) / 0.2) ** 2))) * light,
        16,
    )
    return stand_pieces(Piece(cap, create_metal_material(BRASS, roughness=0.28)), *glow)


def build_tube_light(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an upright LED tube with black ends on a small foot."""
    light = _choose_light(color, PALE)
    tube = create_glow(create_cylinder(19, 1060, steps=20).translate(y=60), 4.0 * light)
    ends = [create_cylinder(21, 34, 3, steps=20).translate(y=y) for y in (28, 1118)]
    foot = create_cylinder(90, 28, 6)
    return stand_pieces(tube, join_piece([*ends, foot], create_plastic(BLACK)))


def build_neon_sign(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a glass tube bent to a heart, a star, a circle or a bolt, which glows."""
    bolt = [(20, 200), (-90, -20), (0, -10), (-30, -210), (100, 40), (10, 30)]
    outlines = (
        outline_heart(360),
        outline_star(5, 200, 96),
        outline_circle(180),
        np.array(bolt, float),
    )
    outline = smooth_path(outlines[int(rng.integers(len(outlines)))], rounds=2, closed=True)
    path = np.column_stack([outline, np.zeros(len(outline))])
    light = _choose_light(pick_color(rng, color, NEONS), WARM)
    tube = create_glow(create_tube(path, radius=7, closed=True), 4.5 * light)
    posts = [
        create_tube([(*spot, -34), (*spot, -6)], radius=4, sides=8)
        for spot in outline[:: max(1, len(outline) // 6)].tolist()
    ]
    return stand_pieces(tube, join_piece(posts, create_plastic(BLACK)))
