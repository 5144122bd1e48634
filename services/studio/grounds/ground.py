"""Grounds of a set: what a ground's builder receives, and how it is described."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from services.imaging.scene import RGB
from services.studio.camera import Camera
from services.studio.sets import NamedShapes
from services.studio.stands import ProductBase

# z in units of the far end of ground that fills the view: far behind every wall and backdrop.
HORIZON_Z = -60.0


class GroundShape(Enum):
    """How a ground ends, and what may lie on it."""

    # A flat plate with a straight far edge, as of a table.
    SLAB = "slab"
    # Uneven natural ground whose border is soft and irregular.
    LAND = "land"
    # Cloth in folds, flat under the product.
    CLOTH = "cloth"
    # A liquid surface, which the product stands in or is mirrored by.
    LIQUID = "liquid"
    # An object whose top is under the product; the place goes on around it.
    STAND = "stand"


@dataclass(frozen=True)
class GroundRequest:
    """What a ground's builder needs.

    edge_z: z of the far edge in units; -inf or None: the ground fills the view.
    color: sRGB; None: the ground's usual color.
    kind: finer kind, such as "walnut" or "carrara"; unknown ones are the ground's usual kind.
    rng: random generator, which varies the ground.
    front_z: z of the front edge of a plate in units; None: it is behind the camera.
    base: what a product covers of it; None: it is not known.
    """

    camera: Camera
    edge_z: float | None
    color: RGB | None
    kind: str
    rng: np.random.Generator
    front_z: float | None = None
    base: ProductBase | None = None

    @property
    def far_z(self) -> float:
        """z of the far end in units, HORIZON_Z where the ground fills the view."""
        return HORIZON_Z if self.is_endless else float(self.edge_z or 0.0)

    @property
    def is_endless(self) -> bool:
        """Whether the ground fills the view instead of ending at an edge."""
        return self.edge_z is None or math.isinf(self.edge_z) or self.camera.is_overhead


@dataclass(frozen=True)
class Ground:
    """A kind of ground.

    create: builds its Mitsuba shapes by name, the product's place at the origin free and level.
    gloss: how mirror-like it is, 0 to 1.
    """

    create: Callable[[GroundRequest], NamedShapes]
    gloss: float
    shape: GroundShape
