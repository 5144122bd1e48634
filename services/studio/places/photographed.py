"""Photographed places: a panorama lights the set and is, out of focus, behind it."""

from dataclasses import replace

from services.studio.lighting import DOME_FACTORS, create_key_light
from services.studio.lights import Lamp
from services.studio.panoramas.library import Panorama
from services.studio.panoramas.light import PanoramaLight, light_set
from services.studio.panoramas.painting import paint_panorama
from services.studio.patterns import create_shadow_pattern
from services.studio.places.lit import create_extra_lamps
from services.studio.places.place import Lighting, Scenery
from services.studio.sets import SetPlan
from services.studio.tables import hang_backdrop

# Brightness of white cards at the product, by mood; 1 is paper white.
LEVELS = {"dark": 0.42, None: 0.66, "bright": 0.78}
# Radius in units of the disc that a point far away becomes. Larger: softer backgrounds.
DEFOCUS = 0.045
# How often light is sampled from the panorama, relative to a lamp of strength 1. Larger: less noise
# in the light of windows and sky, more in the key light's.
DOME_WEIGHT = 0.5
# Least strength of a key light that the brief asks for, as a share of the level.
KEY_SHARE = 0.75
# Exposure of photographed places.
EXPOSURE = 1.1


def build_photographed(plan: SetPlan, photograph: Panorama, edge_z: float) -> Scenery:
    """Lights a surface with a panorama, and hangs it out of focus behind the surface.

    photograph: of the place.
    edge_z: z of the surface's far edge in units.

    Raises UnusablePanorama for a file that cannot be read anymore.
    """
    options = plan.brief.light
    light = light_set(
        photograph.read(),
        plan.camera,
        photograph.card.indoors,
        options.azimuth,
        plan.rng,
        LEVELS[options.mood],
    )
    key = _choose_key(plan, light)
    # Lamps that the brief adds need darker surroundings to be seen.
    lamps = create_extra_lamps(plan)
    dome = light.dome * (DOME_FACTORS["dark"] if lamps else 1.0)
    return Scenery(
        shapes={
            **hang_backdrop(
                plan.camera,
                edge_z,
                lambda size, level: paint_panorama(light, plan.camera, size, DEFOCUS),
            ),
            **create_shadow_pattern(plan, key),
        },
        edge_z=edge_z,
        lighting=Lighting(key, dome, lamps, DOME_WEIGHT),
        exposure=EXPOSURE,
        shown=frozenset({"trees", "sky", "window"} & photograph.card.words),
        photograph=photograph.origin,
    )


def _choose_key(plan: SetPlan, light: PanoramaLight) -> Lamp:
    """Chooses the key light: the panorama's, changed where the brief asks for another."""
    options, own = plan.brief.light, light.key
    is_open = not (options.gobo or options.hard or options.kelvin or options.low)
    if is_open and options.elevation is None:
        return own
    wanted = create_key_light(
        plan,
        own.azimuth,
        elevation=max(own.elevation, 28.0),
        angle=own.angular_size,
        strength=max(own.strength, KEY_SHARE * LEVELS[options.mood]),
        kelvin=own.kelvin,
    )
    return replace(wanted, target=own.target)
