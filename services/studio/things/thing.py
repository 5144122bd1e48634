"""Things on a set: what their builders return and how they are laid out."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from services.imaging.scene import RGB
from services.studio.materials import Material
from services.studio.shapes import Mesh


class Layout(Enum):
    """How a thing is laid out around the product."""

    # One to three together at one side, in front of or behind the product's line.
    GROUP = "group"
    # Many small ones over the surface, sparse near the product.
    SCATTER = "scatter"
    # One large thing behind the product, out of focus, off center.
    BEHIND = "behind"
    # In the air around the product.
    AIR = "air"
    # On the wall, or hanging before it.
    WALL = "wall"
    # Under the product, which is on its top.
    STAND = "stand"


@dataclass(frozen=True)
class Piece:
    """A mesh of one material, in millimeters: y up, on y = 0, around x = z = 0."""

    mesh: Mesh
    material: Material
    # Radiance of a thing that glows, linear RGB float (3,), 1 is paper white; None: it does not.
    glow: np.ndarray | None = None


Builder = Callable[[np.random.Generator, RGB | None], tuple[Piece, ...]]
"""Builds one copy of a thing, a little different each time, in a color or its usual one."""


@dataclass(frozen=True)
class Thing:
    """A kind of thing.

    build: returns the pieces of one copy.
    layout: how copies are laid out.
    size: millimeters of its largest extent.
    count: fewest and most copies on a set.
    lies_flat: whether it suits a picture from above as it stands.
    """

    build: Builder
    layout: Layout
    size: float
    count: tuple[int, int] = (1, 1)
    lies_flat: bool = True
