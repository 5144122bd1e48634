"""Settles the pieces of a thing: its largest extent as wanted, on y = 0, around x = z = 0."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.imaging.scene import RGB
from services.studio.things.thing import Builder, Layout, Piece, Thing

# Smallest and largest share of its kind's size that a copy has. Wider: more unequal copies.
SMALLEST_SHARE, LARGEST_SHARE = 0.88, 1.04


def create_grown_thing(
    build: Builder,
    layout: Layout,
    size: float,
    count: tuple[int, int] = (1, 1),
    lies_flat: bool = True,
) -> Thing:
    """Creates a thing whose copies differ a little in size.

    build: returns pieces in any measure and place. The other parameters are those of Thing.
    """

    def build_settled(rng: np.random.Generator, color: RGB | None) -> tuple[Piece, ...]:
        """Builds one copy, scaled and settled."""
        return settle_pieces(build(rng, color), size * rng.uniform(SMALLEST_SHARE, LARGEST_SHARE))

    return Thing(build_settled, layout, size, count, lies_flat)


def settle_pieces(pieces: Sequence[Piece], size: float) -> tuple[Piece, ...]:
    """Returns the pieces scaled as one, on y = 0 and around x = z = 0.

    size: their largest extent afterwards.
    """
    points = np.concatenate([piece.mesh.vertices for piece in pieces])
    low, high = points.min(axis=0), points.max(axis=0)
    base = np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
    scale = size / (high - low).max()
    return tuple(
        replace(piece, mesh=replace(piece.mesh, vertices=(piece.mesh.vertices - base) * scale))
        for piece in pieces
    )
