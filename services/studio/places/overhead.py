"""Sets seen from above: the surface fills the picture, and there is nothing behind it."""

import math
from dataclasses import replace

from services.studio.patterns import create_shadow_pattern
from services.studio.places.lit import light_place
from services.studio.places.place import Place, Scenery
from services.studio.sets import SetPlan

# Degrees of the light from above: from the upper side of the picture, at half height.
OVERHEAD_AZIMUTHS, OVERHEAD_ELEVATION = (122.0, 140.0), 45.0


def build_overhead_scenery(plan: SetPlan, place: Place) -> Scenery:
    """Lights a surface that fills the picture as the place does, from the picture's upper side.

    plan: camera, brief, side of the key light, random generator.
    place: gives strength and color of the light, and the ground where it has one of its own.
    """
    light = replace(place.light, azimuths=OVERHEAD_AZIMUTHS, elevation=OVERHEAD_ELEVATION)
    if place.is_seamless:
        return place.build(plan, replace(place, light=light))
    lighting = light_place(plan, light)
    return Scenery(
        shapes=create_shadow_pattern(plan, lighting.key),
        edge_z=-math.inf,
        lighting=lighting,
        aperture=0.0,
    )
