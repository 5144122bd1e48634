"""Data of sets: the plan that their parts receive, and the set that they make up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from services.imaging.scene import RGB
from services.studio.briefs.brief import Brief
from services.studio.camera import Camera
from services.studio.lights import Lamp
from services.studio.panoramas.library import Panorama
from services.studio.seeing import PictureBox, cover_product
from services.studio.stands import ProductBase, measure_product_base

NamedShapes = Mapping[str, object]
"""Mitsuba shapes by name."""


@dataclass(frozen=True)
class Surface:
    """What the product is on.

    name: of an entry of grounds.GROUNDS; kind: finer kind; color: sRGB, or None: its usual color.
    is_stand: whether it is an object on the ground, such as a rock, not the ground itself.
    """

    name: str
    kind: str = ""
    color: RGB | None = None
    is_stand: bool = False


@dataclass(frozen=True)
class SetPlan:
    """What the parts of a set need to build themselves.

    brief: what the set is to show.
    surface: what the product is on.
    light_side: side of the key light, -1 left or 1 right.
    millimeters_per_unit: size of the world. Larger: smaller things.
    photograph: panorama of the place; None: there is none that fits.
    variation: number that picks among alternatives.
    rng: random generator of the request's seed, which varies the details.
    aspect: width of the product divided by its height; None: not known.
    product: what it is, in words; empty: not known.
    """

    brief: Brief
    surface: Surface
    camera: Camera
    light_side: int
    millimeters_per_unit: float
    variation: int
    rng: np.random.Generator
    photograph: Panorama | None = None
    aspect: float | None = None
    product: str = ""

    @cached_property
    def product_box(self) -> PictureBox:
        """The box in the picture that the product will cover."""
        is_raised = self.brief.pose in ("floating", "hanging")
        return cover_product(self.camera, self.aspect, is_raised)

    @property
    def product_base(self) -> ProductBase | None:
        """The ground that the product will cover; None for an unknown shape, or in the air."""
        if self.aspect is None or self.brief.pose in ("floating", "hanging"):
            return None
        return measure_product_base(self.camera, self.product_box, self.brief.pose == "lying")

    def is_allowed(self, thing: str) -> bool:
        """Returns whether a thing (see Brief.excluded) may be in the image."""
        return thing not in self.brief.excluded

    def seed_choice(self, count: int) -> int:
        """Picks one of this many alternatives, 0 and up, the same each time it is asked."""
        return self.variation % count

    def side_x(self, z: float, y: float = 0.0, half_width_share: float = 0.86) -> float:
        """Returns the x, in units, of a prop near the image's nearer edge, clear of the product.

        z, y: position of the prop. Negate the result for the left side.
        half_width_share: distance from the middle as a share of half the view's width there.
        Larger: closer to the edge; 1 is at it.
        """
        sides = (self.camera.half_width_at_depth(z=z, y=y, side=side) for side in (-1, 1))
        return half_width_share * min(sides)


@dataclass(frozen=True)
class StudioSet:
    """A set, ready to be rendered.

    key: the key light, which casts the shadows; lamps: the other lamps.
    dome: light from all directions, float32 linear RGB (h, w, 3), a map of the sphere.
    dome_weight: how much of the light is sampled from the dome, relative to a lamp of strength 1;
    0: only what paths happen to hit, which is best for even domes.
    gloss: how mirror-like the ground is, 0 to 1.
    aperture: radius of the lens in units. Larger: more of the set is out of focus.
    exposure: factor on the light when the image is developed.
    air: names of what fills the air, and its sRGB or None (see air.AIR).
    shown: names of the things and parts that can be seen.
    photograph: origin of the panorama that lights it, in words for the manifest; empty: none does.
    """

    shapes: NamedShapes
    key: Lamp
    dome: np.ndarray
    gloss: float
    aperture: float = 0.0
    lamps: tuple[Lamp, ...] = ()
    exposure: float = 1.0
    dome_weight: float = 0.0
    air: Mapping[str, tuple[int, int, int] | None] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()
    photograph: str = ""
