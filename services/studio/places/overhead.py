"""Sets seen from above: the surface fills the picture, and there is nothing behind it."""

import math

from services.studio.patterns import create_shadow_pattern
from services.studio.places.lit import light_place
from services.studio.places.place import Place, PlaceLight, Scenery
from services.studio.sets import SetPlan

# The light from above: from the upper side of the picture, soft, at half height.
OVERHEAD_LIGHT = PlaceLight(azimuths=(122.0, 140.0), elevation=45.0, angle=9.0, strength=0.85)


def build_overhead_scenery(plan: SetPlan, place: Place) -> Scenery:
    """Lights a surface that fills the picture.

    plan: camera, brief, side of the key light, random generator.
    place: unused, as nothing of it can be seen.
    """
    lighting = light_place(plan, OVERHEAD_LIGHT)
    return Scenery(
        shapes=create_shadow_pattern(plan, lighting.key),
        edge_z=-math.inf,
        lighting=lighting,
        exposure=1.15,
        aperture=0.0,
    )
