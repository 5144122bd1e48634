"""Balls of sports."""

import math
from itertools import product

import numpy as np

from services.imaging.scene import RGB
from services.studio.lofts import create_ellipsoid, create_tube, loft_rings
from services.studio.shapes import Mesh
from services.studio.things.finishes import create_napped_cloth, create_plastic, create_rubber
from services.studio.things.parts import join_piece, pick_color, stand_pieces, tip_pieces
from services.studio.things.thing import Piece

# sRGB of play balls, of leather and of felt.
BALL_COLORS: tuple[RGB, ...] = ((206, 74, 62), (64, 122, 164), (230, 178, 72))
LEATHER: RGB = (198, 104, 54)
FELT: RGB = (206, 222, 74)
GOLDEN_RATIO = (1 + math.sqrt(5)) / 2


def _turn_at_random(rng: np.random.Generator, pieces: list[Piece]) -> tuple[Piece, ...]:
    """Returns the pieces of a ball turned together at random, on the ground."""
    tipped = tip_pieces(pieces, rng.uniform(-35, 35), "x")
    turned = tip_pieces(tip_pieces(tipped, rng.uniform(0, 360), "y"), rng.uniform(-30, 30), "z")
    return stand_pieces(*turned)


def build_ball(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a rubber play ball with two white stripes."""
    radius = 100.0
    stripes = []
    for level in (-0.24, 0.24):
        reach = radius * math.sqrt(1 - level**2)
        turn = np.linspace(0, 2 * math.pi, 64, endpoint=False)
        path = np.column_stack(
            [reach * np.cos(turn), np.full(64, level * radius), reach * np.sin(turn)]
        )
        stripes.append(create_tube(path * 0.962, radius * 0.055, sides=10, closed=True))
    skin = create_plastic(pick_color(rng, color, BALL_COLORS))
    white = create_plastic((242, 238, 230))
    ball = create_ellipsoid(2 * radius, 2 * radius, 2 * radius, steps=48)
    return _turn_at_random(rng, [Piece(ball, skin), join_piece(stripes, white)])


def _list_icosahedron_points() -> np.ndarray:
    """Returns the corners of an icosahedron on the unit sphere, float (12, 3)."""
    near = [(0, a, b * GOLDEN_RATIO) for a, b in product((-1, 1), repeat=2)]
    corners = np.array([np.roll(point, shift) for point in near for shift in range(3)], float)
    return corners / np.linalg.norm(corners, axis=1, keepdims=True)


def _project_patch(
    center: np.ndarray, radius: float, sides: int, spread: float, turn: float
) -> Mesh:
    """Creates a polygonal patch on a sphere as a shallow cap; `center` is a unit vector (3,).

    radius: of the sphere in millimeters; spread: of the patch's corners, in radians.
    sides: of the polygon; turn: radians of its first corner.
    """
    first = np.cross(center, np.eye(3)[np.argmin(np.abs(center))])
    first /= np.linalg.norm(first)
    second = np.cross(center, first)
    steps = 6 * sides
    angle = np.linspace(0, 2 * math.pi, steps, endpoint=False)
    # A polygon's distance from its middle, along each direction.
    inward = math.cos(math.pi / sides) / np.cos(
        (angle - turn) % (2 * math.pi / sides) - math.pi / sides
    )
    rings = []
    for share, lift in ((0.02, 1.006), (0.5, 1.006), (0.93, 1.006), (1.0, 0.99)):
        reach = spread * share * inward
        ahead = first * np.cos(angle)[:, None] + second * np.sin(angle)[:, None]
        rings.append(
            radius * lift * (center * np.cos(reach)[:, None] + ahead * np.sin(reach)[:, None])
        )
    return loft_rings(np.array(rings), angle=50)


def build_football(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a classic football of white hexagons and dark pentagons."""
    radius, corners = 110.0, _list_icosahedron_points()
    pentagons, hexagons = [], []
    for center in corners:
        near = corners[np.argsort(-(corners @ center))[1]]
        pentagons.append(_project_patch(center, radius, 5, 0.342, _find_turn(center, near, 0)))
    faces = [
        corners[list(three)].sum(axis=0)
        for three in product(range(12), repeat=3)
        if three[0] < three[1] < three[2]
        and min(
            corners[i] @ corners[j]
            for i, j in ((three[0], three[1]), (three[1], three[2]), (three[0], three[2]))
        )
        > 0.4
    ]
    for total in faces:
        center = total / np.linalg.norm(total)
        near = corners[np.argsort(-(corners @ center))[0]]
        hexagons.append(
            _project_patch(center, radius, 6, 0.405, _find_turn(center, near, math.pi / 6))
        )
    seams = create_ellipsoid(2 * radius, 2 * radius, 2 * radius, steps=32)
    return _turn_at_random(
        rng,
        [
            join_piece(hexagons, create_plastic((240, 238, 232))),
            join_piece(pentagons, create_plastic(color or (34, 34, 38))),
            Piece(seams, create_rubber((120, 118, 114))),
        ],
    )


def _find_turn(center: np.ndarray, target: np.ndarray, extra: float) -> float:
    """Returns the direction of a target around a center, unit vectors (3,), in radians.

    extra: radians to add.
    """
    first = np.cross(center, np.eye(3)[np.argmin(np.abs(center))])
    first /= np.linalg.norm(first)
    second = np.cross(center, first)
    return math.atan2(target @ second, target @ first) + extra


def build_basketball(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a basketball with black ribs."""
    radius = 120.0
    turn = np.linspace(0, 2 * math.pi, 72, endpoint=False)
    cos, sin = np.cos(turn), np.sin(turn)
    rings = [np.column_stack([cos, sin, 0 * turn]), np.column_stack([0 * turn, cos, sin])]
    # Two bows that bend away from each other, as on a tennis ball.
    for side in (-1, 1):
        x = side * (0.62 + 0.2 * np.cos(2 * turn))
        reach = np.sqrt(1 - x**2)
        rings.append(np.column_stack([x, reach * cos, reach * sin]))
    ribs = [create_tube(ring * radius * 0.994, 2.2, sides=6, closed=True) for ring in rings]
    skin = create_rubber(color or LEATHER)
    ball = create_ellipsoid(2 * radius, 2 * radius, 2 * radius, steps=48)
    return _turn_at_random(rng, [Piece(ball, skin), join_piece(ribs, create_rubber((34, 28, 26)))])


def build_tennis_ball(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a tennis ball of felt with its curved seam."""
    radius, wave = 33.5, 0.44
    turn = np.linspace(0, 2 * math.pi, 96, endpoint=False)
    # A closed curve on the sphere that winds around two caps.
    x = np.cos(turn) + wave * np.cos(3 * turn)
    y = np.sin(turn) - wave * np.sin(3 * turn)
    z = 2 * math.sqrt(wave) * np.sin(2 * turn)
    seam = np.column_stack([x, y, z])
    seam *= radius * 0.985 / np.linalg.norm(seam, axis=1, keepdims=True)
    felt = create_napped_cloth(color or FELT, repeat=34, contrast=0.05)
    ball = create_ellipsoid(2 * radius, 2 * radius, 2 * radius, steps=40)
    seam_piece = Piece(create_tube(seam, 1.3, sides=6, closed=True), create_rubber((240, 240, 226)))
    return _turn_at_random(rng, [Piece(ball, felt), seam_piece])
