"""Places: what is behind a set, and the light that falls in from there."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.imaging.scene import RGB
from services.studio.lights import Lamp
from services.studio.sets import NamedShapes, SetPlan


@dataclass(frozen=True)
class PlaceLight:
    """The light of a place where the brief asks for none.

    azimuths: degrees from the camera to the key light, smallest and largest, on either side.
    elevation, angle: of the key light in degrees. A larger angle: softer shadows.
    strength: brightness that it gives to a white card, 1 is paper white; kelvin: its color.
    dome, dome_kelvin: brightness and color of the light from all around.
    """

    azimuths: tuple[float, float] = (48.0, 68.0)
    elevation: float = 38.0
    angle: float = 12.0
    strength: float = 0.95
    kelvin: float = 5600.0
    dome: float = 0.25
    dome_kelvin: float = 6400.0


@dataclass(frozen=True)
class Lighting:
    """The lamps of a set.

    key: the key light; lamps: the others.
    dome: light from all directions, float32 linear RGB (h, w, 3), a map of the sphere.
    dome_weight: as in StudioSet.
    """

    key: Lamp
    dome: np.ndarray
    lamps: tuple[Lamp, ...] = ()
    dome_weight: float = 0.0


@dataclass(frozen=True)
class Scenery:
    """What a place puts into the set.

    shapes: Mitsuba shapes by name.
    edge_z: z of the ground's far edge in units, where the surface is still missing; None: the
    place brings its own ground.
    lighting: of the set.
    floor: y of the ground in units; below 0 where the product is on a stand.
    gloss: how mirror-like the ground is, 0 to 1, where the place brings it.
    exposure: factor on the light when the image is developed.
    aperture: radius of the lens in units.
    shown: parts that can be seen, as in StudioSet; photograph: as in StudioSet.
    """

    shapes: NamedShapes
    edge_z: float | None
    lighting: Lighting
    floor: float = 0.0
    gloss: float = 0.05
    exposure: float = 1.2
    aperture: float = 0.02
    shown: frozenset[str] = frozenset()
    photograph: str = ""


@dataclass(frozen=True)
class Place:
    """A kind of place.

    build: puts up what is behind the product.
    surfaces: what the product stands on where the brief leaves it open, as (surface, kind, color)
    of grounds.GROUNDS; the seed picks one.
    dressing: sets of things for briefs that name none; the seed picks one.
    pitch: degrees that the camera looks down; view_angle: degrees along the shorter side.
    ground_line: row where the product stands, as a share of the height.
    light: where the brief asks for none.
    pattern: gobo whose shadows fill steep views, as in LightOptions; empty: none.
    is_seamless: whether build brings a ground of its own, which is seen from above, too.
    """

    build: Callable[["SetPlan", "Place"], Scenery]
    surfaces: tuple[tuple[str, str, RGB | None], ...] = (("wood", "", None),)
    dressing: tuple[tuple[str, ...], ...] = ((),)
    pitch: float = 11.0
    view_angle: float = 28.0
    ground_line: float = 0.81
    light: PlaceLight = PlaceLight()
    pattern: str = ""
    is_seamless: bool = False
