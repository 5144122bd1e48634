"""A bunch of flowers in a vase, and branches in one."""

import math
from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio.bodies import create_blade
from services.studio.lofts import create_tube, smooth_path, turn_vessel
from services.studio.materials import create_matte_material
from services.studio.shapes import Mesh, join_meshes
from services.studio.things.containers import VASES
from services.studio.things.finishes import create_stoneware
from services.studio.things.flowers import (
    PEONY_PETAL,
    Whorl,
    create_petal_material,
    create_whorl,
)
from services.studio.things.foliage import (
    GOLDEN_ANGLE,
    GREEN,
    OVAL,
    STEM_GREEN,
    create_leaf_material,
    place_blade,
)
from services.studio.things.parts import join_piece, pick_color, stand_pieces
from services.studio.things.thing import Builder, Piece

# Outline of the vase from its foot to its rim: radius and height in millimeters.
VASE = ((42.0, 0.0), (50.0, 6.0), (76.0, 70.0), (70.0, 104.0), (40.0, 148.0), (42.0, 180.0))
# In millimeters: height of the vase, radius of a head, radius of the dome of heads, and how far its
# middle is above the rim.
VASE_HEIGHT, HEAD_RADIUS, DOME_RADIUS, DOME_RISE = VASE[-1][1], 62.0, 90.0, 52.0
# Heads per ring of the dome from the top down, and the degrees that each ring leans outward.
RINGS = ((1, 0.0), (5, 46.0), (6, 86.0))
LEAVES, LEAF_LENGTH = 7, 110.0
# Branches in a vase, degrees by which they are raised from how they lie, and by which they lean
# outward; and the share of the vase's height that they reach down to.
BRANCHES, BRANCH_RAISE, BRANCH_LEAN, BRANCH_FOOT = 4, -88.0, 13.0, 0.35
# Petals of a head, from the inside out.
PETALS = (
    Whorl(3, 0.55, PEONY_PETAL, (84, 60), (28, 20), 0.28, 0.14, 0.08, GOLDEN_ANGLE),
    Whorl(5, 0.86, PEONY_PETAL, (46, 14), (42, 24), 0.26, 0.15, 0.0, GOLDEN_ANGLE),
)


def build_bouquet(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
    """Builds a stoneware vase full of peonies with leaves.

    color: sRGB of the flowers; None for white.
    """
    middle = np.array([0.0, VASE_HEIGHT + DOME_RISE, 0.0])
    heads, stems = [], []
    for count, lean in RINGS:
        for number in range(count):
            turn = 360 * (number + rng.uniform(-0.15, 0.15)) / count + 20 * lean
            place = middle + DOME_RADIUS * rng.uniform(0.92, 1.08) * _point(lean, turn)
            heads.append(_create_head(rng, color or (246, 238, 230), lean, turn, place))
            line = np.array([[0, VASE_HEIGHT * 0.6, 0], [0, VASE_HEIGHT, 0], place])
            stems.append(create_tube(smooth_path(line, rounds=2), 2.4, sides=5))
    blades = [_place_leaf(rng, 360 * number / LEAVES) for number in range(LEAVES)]
    vase = turn_vessel(np.array(VASE), wall=4.0, floor=6.0)
    return stand_pieces(
        Piece(vase, create_stoneware(pick_color(rng, None, VASES))),
        *heads,
        Piece(join_meshes(blades), create_leaf_material(rng, GREEN, veins=5)),
        join_piece(stems, create_matte_material(STEM_GREEN)),
    )


def create_branch_vase_builder(build: Builder) -> Builder:
    """Returns the builder of a stoneware vase with branches; build: of one, which lies, in mm."""

    def build_branch_vase(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
        """Builds a vase with branches of a color, sRGB, or of their usual one."""
        vase = turn_vessel(np.array(VASE), wall=4.0, floor=6.0)
        pieces = [Piece(vase, create_stoneware(pick_color(rng, None, VASES)))]
        for number in range(BRANCHES):
            turn = 360 * (number + rng.uniform(-0.2, 0.2)) / BRANCHES
            pieces += [
                replace(piece, mesh=_raise_branch(piece.mesh, turn, rng))
                for piece in stand_pieces(*build(rng, color))
            ]
        return stand_pieces(*pieces)

    return build_branch_vase


def _raise_branch(mesh: Mesh, turn: float, rng: np.random.Generator) -> Mesh:
    """Returns a branch that lies as it stands in the vase; turn: where it leans, degrees."""
    if np.ptp(mesh.vertices[:, 0]) > np.ptp(mesh.vertices[:, 2]):
        mesh = mesh.rotate(90)
    length = float(np.ptp(mesh.vertices[:, 2]))
    raised = mesh.translate(z=length / 2).rotate(BRANCH_RAISE, axis="x")
    leaned = raised.rotate(BRANCH_LEAN * rng.uniform(0.6, 1.2), axis="x").rotate(turn)
    return leaned.translate(y=BRANCH_FOOT * VASE_HEIGHT)


def _point(lean: float, turn: float) -> np.ndarray:
    """Returns the direction, float (3,), that leans from upright and is turned; in degrees."""
    out, around = math.radians(lean), math.radians(turn)
    return np.array(
        [math.sin(out) * math.sin(around), math.cos(out), math.sin(out) * math.cos(around)]
    )


def _create_head(
    rng: np.random.Generator, color: RGB, lean: float, turn: float, place: np.ndarray
) -> Piece:
    """Creates a flower that looks outward from the dome; lean, turn: in degrees."""
    mesh = join_meshes([create_whorl(rng, whorl) for whorl in PETALS])
    scale = HEAD_RADIUS / float(np.abs(mesh.vertices[:, [0, 2]]).max())
    scaled = Mesh(mesh.vertices * scale, mesh.normals, mesh.uv, mesh.faces)
    turned = scaled.rotate(0.8 * lean, axis="x").rotate(turn)
    return Piece(
        turned.translate(*(float(value) for value in place)), create_petal_material(rng, color)
    )


def _place_leaf(rng: np.random.Generator, turn: float) -> Mesh:
    """Creates a leaf that hangs over the rim of the vase; turn: in degrees."""
    blade = create_blade(LEAF_LENGTH * rng.uniform(0.8, 1.15), OVAL, curl=-50, cup=0.08)
    return place_blade(
        blade, turn + rng.uniform(-15, 15), rng.uniform(5, 40), (0.0, VASE_HEIGHT, 0.0)
    )
