"""Copies of things: built once in a few variants, which later copies and sets share."""

import mitsuba as mi
import numpy as np

from services.imaging.scene import RGB
from services.studio.detail import are_textures_halved
from services.studio.memory import ByteCache
from services.studio.things import THINGS
from services.studio.things.thing import Piece

# Variants of each thing in each color. More: copies that look less alike, and slower first sets.
VARIANT_COUNT = 4
# Bytes of all pieces that a process keeps. Larger: fewer are built again, which takes up to a
# tenth of a second each.
MAX_CACHED_BYTES = 64 * 2**20

PIECES = ByteCache(MAX_CACHED_BYTES)


def build_copy(name: str, color: RGB | None, rng: np.random.Generator) -> tuple[Piece, ...]:
    """Builds one of the variants of a thing, which callers must not change.

    name: of an entry of THINGS.
    color: sRGB; None: the usual one.
    rng: picks the variant.
    """
    variant = int(rng.integers(VARIANT_COUNT))
    # Materials hold objects of Mitsuba, which belong to its variant, and textures.
    key = mi.variant(), are_textures_halved(), name, color, variant
    found = PIECES.find(key)
    if isinstance(found, tuple):
        return found
    pieces = THINGS[name].build(np.random.default_rng([variant, *name.encode()]), color)
    PIECES.store(key, pieces, size=sum(map(_measure_piece, pieces)))
    return pieces


def _measure_piece(piece: Piece) -> int:
    """Returns the bytes of a piece's mesh and of its material's pictures."""
    mesh = piece.mesh
    arrays = mesh.vertices, mesh.normals, mesh.uv, mesh.faces
    return sum(array.nbytes for array in arrays) + _measure_pictures(piece.material.bsdf)


def _measure_pictures(described: object) -> int:
    """Returns the bytes of the pictures in a description of a Mitsuba object."""
    if isinstance(described, mi.Bitmap):
        return int(described.buffer_size())
    if isinstance(described, dict):
        return sum(map(_measure_pictures, described.values()))
    return 0
