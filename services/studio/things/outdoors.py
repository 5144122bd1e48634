"""Things of a day outside: tent, parasol, surfboard and straw hat."""

import math

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import (
    create_cylinder,
    create_tube,
    loft_rings,
    smooth_path,
    thicken_grid,
)
from services.studio.materials import create_glossy_material, create_matte_material
from services.studio.things.finishes import OAK, create_plastic, create_woven_cloth
from services.studio.things.parts import (
    create_glow,
    join_piece,
    move_pieces,
    pick_color,
    stand_pieces,
    tip_pieces,
)
from services.studio.things.thing import Piece

# sRGB of tents, of parasols, of surfboards and of straw.
TENTS: tuple[RGB, ...] = ((196, 132, 66), (118, 128, 96), (206, 186, 148))
PARASOLS: tuple[RGB, ...] = ((206, 90, 70), (64, 122, 138), (232, 186, 96))
BOARDS: tuple[RGB, ...] = ((92, 158, 166), (226, 140, 100), (240, 214, 150))
STRAW: RGB = (222, 190, 134)


def build_tent(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a ridge tent with an open, warmly lit door."""
    canvas = create_woven_cloth(pick_color(rng, color, TENTS), thread=9.0, contrast=0.08)
    half, height, depth = 850.0, 1150.0, 1900.0
    walls = []
    for side in (-1, 1):
        share, along = np.meshgrid(np.linspace(0, 1, 14), np.linspace(-0.5, 0.5, 12))
        # Cloth sags between the ridge and the pegs.
        sag = 70 * np.sin(math.pi * share) * (0.6 + 0.4 * np.cos(math.pi * along))
        x = side * (half * share - sag * 0.6)
        y = height * (1 - share) - sag * 0.7 - 40 * np.cos(math.pi * along) * (1 - share)
        walls.append(thicken_grid(np.stack([x, y + 40, along * depth], axis=-1), 10))
    doors = []
    for side in (-1, 1):
        down, across = np.meshgrid(np.linspace(0, 1, 12), np.linspace(0, 1, 6), indexing="ij")
        # Each half of the door is drawn back to its side.
        x = side * (half * 0.96 * down) * (1 - 0.45 * across * (1 - 0.5 * down))
        z = depth / 2 - 30 * across + 26 * np.sin(9 * across + 4 * down)
        doors.append(thicken_grid(np.stack([x, height * (1 - down) + 20, z], axis=-1), 8))
    back = np.array(
        [(-half, 40, -depth / 2.1), (half, 40, -depth / 2.1), (0, height, -depth / 2.1)]
    )
    inside = loft_rings(np.stack([back * [0.9, 0.9, 1], back * [0.9, 0.9, 0.9]]))
    poles = [
        create_tube([(0, 0, z), (0, height + 90, z)], 16, sides=8) for z in (-depth / 2, depth / 2)
    ]
    ropes = [
        create_tube([(0, height + 40, s * depth / 2), (0, 10, s * depth * 0.82)], 5, sides=5)
        for s in (-1, 1)
    ]
    tent = [
        join_piece([*walls, *doors], canvas),
        create_glow(inside, np.array([1.1, 0.6, 0.24])),
        join_piece([*poles, *ropes], create_matte_material((206, 190, 160))),
    ]
    return stand_pieces(*move_pieces(tent, turn=rng.uniform(-34, 34)))


def build_umbrella(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an open beach parasol with white and colored panels on a wooden pole."""
    ribs, radius = 8, 900.0
    panels: tuple[list, list] = ([], [])
    for number in range(ribs):
        turn, share = np.meshgrid(np.linspace(0, 1, 9), np.linspace(0.015, 1, 14))
        angle = (number + turn) * 2 * math.pi / ribs
        # Between ribs the cloth is drawn in and sags.
        drawn = 1 - 0.1 * np.sin(math.pi * turn) * share
        y = 2080 - 430 * share**1.7 - 40 * np.sin(math.pi * turn) * share**2
        reach = radius * share * drawn
        points = np.stack([reach * np.cos(angle), y, reach * np.sin(angle)], axis=-1)
        panels[number % 2].append(thicken_grid(points, 5))
    pole = create_tube([(0, 0, 0), (0, 2110, 0)], 22, sides=12)
    tip = create_cylinder(14, 70, 10).translate(y=2090)
    umbrella = [
        join_piece(panels[0], create_matte_material(pick_color(rng, color, PARASOLS))),
        join_piece(panels[1], create_matte_material((244, 238, 226))),
        join_piece([pole, tip], create_plastic(OAK)),
    ]
    leaning = tip_pieces(umbrella, rng.uniform(8, 16) * rng.choice((-1, 1)), "z")
    return stand_pieces(*tip_pieces(leaning, 8, "x"))


def build_surfboard(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds an upright surfboard with a painted band."""
    share = np.linspace(0.002, 0.998, 40)
    half = 255 * np.sin(math.pi * share**0.82) ** 0.62
    turn = np.linspace(0, 2 * math.pi, 36, endpoint=False)
    rings = []
    for level, reach in zip(share, half, strict=True):
        bow = 70 * (level - 0.45) ** 2 * 2
        thick = 33 * (reach / 255) ** 0.5
        rings.append(
            np.column_stack(
                [reach * np.cos(turn), np.full(36, 1900 * level), bow + thick * np.sin(turn)]
            )
        )
    body = loft_rings(np.array(rings), angle=70)
    stripe = [ring * [1.012, 1, 1.02] for ring in rings[14:21]]
    band = loft_rings(np.array(stripe), angle=70)
    resin = create_glossy_material((242, 236, 222), roughness=0.2, specular=0.5)
    paint = create_glossy_material(pick_color(rng, color, BOARDS), roughness=0.2, specular=0.5)
    board = [Piece(body, resin), Piece(band, paint)]
    return stand_pieces(
        *move_pieces(tip_pieces(board, rng.uniform(4, 8), "z"), turn=rng.uniform(-16, 16))
    )


def build_hat(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a straw hat with a dented crown, a ribbon and a waving brim."""
    straw = create_woven_cloth(color or STRAW, thread=3.4, contrast=0.26)
    turn = np.linspace(0, 2 * math.pi, 72, endpoint=False)
    phase = rng.uniform(0, 6)
    line = [
        (190, 4),
        (150, 6),
        (108, 8),
        (98, 12),
        (95, 30),
        (90, 74),
        (82, 98),
        (64, 108),
        (34, 106),
        (2, 102),
    ]
    fine = smooth_path(line, 2)
    rings = []
    for reach, level in fine:
        brim = np.clip((reach - 100) / 90, 0, 1)
        wave = 10 * brim * np.sin(2 * turn + phase) + 5 * brim * np.sin(3 * turn)
        dent = 20 * np.exp(-((np.cos(turn) * reach / 22) ** 2)) * np.clip((level - 84) / 20, 0, 1)
        oval = 1 + 0.1 * np.cos(turn) ** 2
        rings.append(
            np.column_stack(
                [reach * np.cos(turn), level + wave + 12 * brim - dent, reach * oval * np.sin(turn)]
            )
        )
    lower = [ring - [0, 3, 0] for ring in rings[::-1]]
    shell = loft_rings(np.array([*lower, *rings]), caps=False, angle=70)
    top = loft_rings(np.array([rings[-1], rings[-1] - [0, 1, 0]]))
    ribbon_line = [(98.5, 12), (97.5, 30), (95.8, 42), (94, 42), (94, 12), (98.5, 12)]
    ribbon_rings = [
        np.column_stack(
            [r * np.cos(turn), np.full(72, y), r * (1 + 0.1 * np.cos(turn) ** 2) * np.sin(turn)]
        )
        for r, y in ribbon_line
    ]
    ribbon = loft_rings(np.array(ribbon_rings), caps=False)
    hat = [join_piece([shell, top], straw), Piece(ribbon, create_matte_material((52, 44, 42)))]
    return stand_pieces(*move_pieces(hat, turn=rng.uniform(0, 360)))
