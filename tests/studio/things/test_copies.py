"""Copies of things share a few variants, which are built once and kept within a bound."""

import mitsuba as mi
import numpy as np

from services.studio.things.copies import PIECES, VARIANT_COUNT, build_copy

RED = (200, 40, 30)


def test_many_copies_are_few_variants_that_count_toward_the_bound():
    mi.set_variant("scalar_rgb")
    PIECES.clear()
    rng = np.random.default_rng(3)
    built = {id(build_copy("books", RED, rng)) for _ in range(40)}
    assert len(built) == VARIANT_COUNT and PIECES.cached_bytes > 1000


def test_dropped_variants_are_built_alike_again():
    mi.set_variant("scalar_rgb")
    first = build_copy("lemon", None, np.random.default_rng(1))
    PIECES.clear()
    again = build_copy("lemon", None, np.random.default_rng(1))
    assert first is not again
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.mesh.vertices, other.mesh.vertices)


def test_pictures_of_materials_count_toward_the_bound():
    mi.set_variant("scalar_rgb")
    PIECES.clear()
    pieces = build_copy("crate", None, np.random.default_rng(1))
    meshes = sum(piece.mesh.vertices.nbytes for piece in pieces)
    # One picture of wood is larger than a crate's few vertices.
    assert PIECES.cached_bytes > meshes + 256 * 256 * 3
