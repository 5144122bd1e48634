"""What a family of scenes is told, and what it puts before the camera."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from services.imaging.scene import RGB
from services.studio.camera import Camera
from services.studio.lights import Lamp
from services.studio.prompt import Direction

Shapes = Mapping[str, object]
"""Mitsuba shapes by name."""


@dataclass(frozen=True)
class Shoot:
    """The order, as a family sees it: what was asked for, the camera, and the dice."""

    direction: Direction
    camera: Camera
    composition: str
    rng: np.random.Generator

    def wants(self, thing: str) -> bool:
        """Whether a thing (see lexicon.THINGS) may be in the picture."""
        return thing not in self.direction.avoid

    def with_pattern(self, gobo: str) -> "Shoot":
        """The same, with this pattern of shadows unless the prompt has a wish of its own."""
        if self.direction.light.gobo or not self.wants("shadows"):
            return self
        light = replace(self.direction.light, gobo=gobo)
        return replace(self, direction=replace(self.direction, light=light))

    def edge(self, depth: float, level: float = 0.0, share: float = 0.86) -> float:
        """The x of a thing at this z that is near the picture's side, clear of its middle."""
        return share * self.camera.half_width_at(depth, level)


@dataclass(frozen=True)
class Scenery:
    """A set, ready to be rendered.

    key: the main light, which casts the shadows; lamps: the others; dome: light from everywhere,
    linear float32 RGB (h, w, 3) as a map of the sphere; gloss: how mirror-like the ground is, 0 to
    1; aperture: radius of the lens in units; exposure: brightness of the print.
    """

    shapes: Shapes
    key: Lamp
    dome: np.ndarray
    gloss: float
    aperture: float = 0.0
    lamps: tuple[Lamp, ...] = ()
    exposure: float = 1.0


@dataclass(frozen=True)
class Composition:
    """One arrangement of a family, and the words that ask for it."""

    name: str
    words: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Family:
    """A kind of scene: one set in several compositions.

    words: what in a prompt speaks for it, and how strongly; pitch: the camera's, in degrees, when
    nothing else is asked for; view: the angle along the picture's shorter side, in degrees;
    ground_line: where the product stands, as a share of the height; build: makes the set;
    lying_surface, lying_colors: what its flat lay is made of unless the prompt says otherwise;
    standing: the family that takes its place when the camera does not look down.
    """

    name: str
    words: Mapping[str, int]
    pitch: float
    view: float
    ground_line: float
    compositions: tuple[Composition, ...]
    build: Callable[[Shoot], Scenery]
    lying_surface: str = "paper"
    lying_colors: Mapping[str, RGB] = field(default_factory=dict)
    standing: str | None = None

    @property
    def vocabulary(self) -> Mapping[str, int]:
        """All words that mean something to the family, with how strongly they speak for it."""
        chosen = {word: 0 for composition in self.compositions for word in composition.words}
        return chosen | dict(self.words)
