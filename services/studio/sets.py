"""Data of sets: the plan that a family receives, the set that it builds, the family itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from services.imaging.scene import RGB
from services.studio.camera import Camera
from services.studio.lights import Lamp
from services.studio.prompt import PromptReading

NamedShapes = Mapping[str, object]
"""Mitsuba shapes by name."""


@dataclass(frozen=True)
class SetPlan:
    """What a family needs to build a set.

    reading: what the prompt asks for.
    composition: name of the arrangement to build.
    rng: random generator of the request's seed, which varies the details.
    """

    reading: PromptReading
    camera: Camera
    composition: str
    rng: np.random.Generator

    def is_allowed(self, thing: str) -> bool:
        """Returns whether a thing (see lexicon.REMOVABLE_THINGS) may be in the image."""
        return thing not in self.reading.excluded

    def with_gobo(self, gobo: str) -> "SetPlan":
        """Returns the plan with this gobo (an object in the light that casts a shadow pattern).

        gobo: palm, leaves, window or blinds.

        Unchanged when the prompt names another one or excludes shadows.
        """
        if self.reading.light.gobo or not self.is_allowed("shadows"):
            return self
        light = replace(self.reading.light, gobo=gobo)
        return replace(self, reading=replace(self.reading, light=light))

    def side_x(self, z: float, y: float = 0.0, half_width_share: float = 0.86) -> float:
        """Returns the x, in units, of a prop near the image's right edge, clear of the product.

        z, y: position of the prop. Negate the result for the left side.
        half_width_share: distance from the middle as a share of half the view's width there.
        Larger: closer to the edge; 1 is at it.
        """
        return half_width_share * self.camera.half_width_at_depth(z=z, y=y)


@dataclass(frozen=True)
class StudioSet:
    """A set, ready to be rendered.

    key: the key light, which casts the shadows; lamps: the other lamps.
    dome: light from all directions, float32 linear RGB (h, w, 3), a map of the sphere.
    gloss: how mirror-like the ground is, 0 to 1.
    aperture: radius of the lens in units. Larger: more of the set is out of focus.
    exposure: factor on the light when the image is developed.
    """

    shapes: NamedShapes
    key: Lamp
    dome: np.ndarray
    gloss: float
    aperture: float = 0.0
    lamps: tuple[Lamp, ...] = ()
    exposure: float = 1.0


@dataclass(frozen=True)
class Composition:
    """One arrangement of a family, and the prompt words that select it."""

    name: str
    words: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SceneFamily:
    """A kind of scene, such as a marble table, in several compositions.

    words: prompt words that select the family, with their weights.
    camera_pitch: degrees that the camera looks down unless the request says otherwise.
    view_angle: degrees along the image's shorter side. Larger: more of the set, smaller far away.
    ground_line: row where the product stands, as a share of the height.
    build_set: builds the set of a plan.
    flat_lay_material, flat_lay_colors: surface of its flat lay unless the prompt says otherwise.
    upright_family: name of the family to build instead when the camera does not look down.
    """

    name: str
    words: Mapping[str, int]
    camera_pitch: float
    view_angle: float
    ground_line: float
    compositions: tuple[Composition, ...]
    build_set: Callable[[SetPlan], StudioSet]
    flat_lay_material: str = "paper"
    flat_lay_colors: Mapping[str, RGB] = field(default_factory=dict)
    upright_family: str | None = None

    @property
    def vocabulary(self) -> Mapping[str, int]:
        """Weights, in the choice of the family, of all words that mean something to it, by word.

        Words that only select a composition weigh 0.
        """
        words = {word: 0 for composition in self.compositions for word in composition.words}
        return words | dict(self.words)
