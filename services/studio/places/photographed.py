"""Photographed places: a panorama lights the set and is, out of focus, behind it."""

from dataclasses import replace

from services.studio.lighting import DOME_FACTORS, create_key_light, raise_lamp_out_of_view
from services.studio.lights import Lamp
from services.studio.panoramas.library import Panorama
from services.studio.panoramas.light import PanoramaLight, light_set
from services.studio.panoramas.outlook import look_out
from services.studio.panoramas.painting import paint_panorama
from services.studio.patterns import create_shadow_pattern
from services.studio.places.lit import create_extra_lamps
from services.studio.places.place import Lighting, Scenery
from services.studio.sets import SetPlan
from services.studio.tables import hang_backdrop

# Brightness of white cards at the product, by mood; 1 is paper white.
LEVELS = {"dark": 0.45, None: 0.74, "bright": 0.84}
# Surfaces that are white, and the factor on the level before which they would be blown out.
PALE_SURFACES = frozenset({"marble", "plain", "acrylic", "snow", "salt_flat", "linen", "paper"})
PALE_FACTOR = 0.85
# Radius in units of the disc that a point far away becomes. Larger: softer backgrounds.
DEFOCUS = 0.026
# Least strength of a key light that the brief asks for, as a share of the level.
KEY_SHARE = 0.75
# For each part of a place that a brief may name, words of cards of panoramas that show it.
PART_WORDS: dict[str, frozenset[str]] = {
    "mountains": frozenset({"hills", "mountains", "mountain"}),
    "ocean": frozenset({"sea", "ocean"}),
    "waves": frozenset({"waves"}),
    "sky": frozenset({"sky", "clouds", "meadow", "sea", "hills", "city"}),
    "clouds": frozenset({"clouds"}),
    "trees": frozenset({"trees", "forest", "park", "garden"}),
    "palm_trees": frozenset({"palm", "palms"}),
    "pine_trees": frozenset({"pine"}),
    "street": frozenset({"street", "city"}),
    "skyline": frozenset({"skyline"}),
    "window": frozenset({"window"}),
    "curtain": frozenset({"curtain"}),
}
# Exposure of photographed places.
EXPOSURE = 1.1


def build_photographed(plan: SetPlan, photograph: Panorama, edge_z: float) -> Scenery:
    """Lights a surface with a panorama, and hangs it out of focus behind the surface.

    photograph: of the place.
    edge_z: z of the surface's far edge in units.

    Raises UnusablePanorama for a file that cannot be read anymore.
    """
    options, outlook = plan.brief.light, look_out(plan.camera, edge_z)
    light = light_set(
        photograph.read(),
        outlook,
        photograph.card.indoors,
        options.azimuth,
        plan.rng,
        LEVELS[options.mood] * (PALE_FACTOR if plan.surface.name in PALE_SURFACES else 1.0),
    )
    key = raise_lamp_out_of_view(_choose_key(plan, light), plan.camera)
    # Lamps that the brief adds need darker surroundings to be seen.
    lamps = create_extra_lamps(plan)
    dome = light.dome * (DOME_FACTORS["dark"] if lamps else 1.0)
    return Scenery(
        shapes={
            **hang_backdrop(
                plan.camera,
                edge_z,
                lambda size, _: paint_panorama(light, outlook, size, DEFOCUS),
            ),
            **create_shadow_pattern(plan, key),
        },
        edge_z=edge_z,
        lighting=Lighting(key, dome, lamps, light.dome_weight),
        exposure=EXPOSURE,
        shown=find_shown_parts(photograph),
        photograph=photograph.origin,
    )


def find_shown_parts(photograph: Panorama) -> frozenset[str]:
    """Returns the names of the parts of a place that a panorama shows, by the words of its card."""
    return frozenset(part for part, words in PART_WORDS.items() if words & photograph.card.words)


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
