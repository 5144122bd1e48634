"""The light of a place: its key light, and the lamps that the brief adds to it."""

import math
from collections.abc import Sequence

from services.imaging.scene import RGB
from services.studio.lighting import create_dome_light, create_key_light, raise_lamp_out_of_view
from services.studio.lights import Lamp
from services.studio.places.place import Lighting, PlaceLight
from services.studio.sets import SetPlan

# sRGB of neon lamps where the brief names no color: magenta and cyan, as in most night scenes.
NEON: tuple[RGB, RGB] = (255, 60, 170), (40, 190, 255)
# Factors on key light and dome where colored lamps light the set. Smaller: purer colors.
NEON_KEY, NEON_DOME = 0.25, 0.5
# How much stronger colored lamps are from above, where they are all that lights the picture.
# Larger: brighter ground.
STEEP_NEON = 2.5
# Factors on them under a spotlight. Smaller: a darker set around the pool of light.
SPOT_KEY, SPOT_DOME = 0.35, 0.45
# Strength of a spotlight, 1 is paper white, and degrees of its cone: a pool of light as wide as the
# product.
SPOT_STRENGTH, SPOT_CONE = 1.0, 17.0
# Of the lamp that stands for candles out of view. Smaller: redder light.
CANDLE_KELVIN = 2400.0
# Factor on the dome under an overcast sky, and on the key light. The key becomes a faint one.
OVERCAST_DOME, OVERCAST_KEY = 2.2, 0.45


def light_place(
    plan: SetPlan,
    light: PlaceLight,
    glossy: bool = False,
    boxes: Sequence[tuple[float, float, float, float]] = (),
) -> Lighting:
    """Creates the lamps of a set: the place's, changed and joined as the brief asks for it.

    plan: camera, brief, side of the key light, random generator.
    light: of the place.
    glossy: whether the ground would mirror the key light.
    boxes: soft bright spots that glossy things mirror: azimuth, elevation, spread, brightness.
    """
    names = plan.brief.light.names
    key_factor, dome_factor = _find_factors(names)
    azimuth = (plan.light_side * plan.rng.uniform(*light.azimuths)) % 360
    key = create_key_light(
        plan,
        azimuth,
        elevation=light.elevation,
        angle=light.angle,
        strength=light.strength * key_factor,
        kelvin=light.kelvin,
        glossy=glossy,
    )
    boxes = (*boxes, (key.azimuth, 40, 26, 1.4), (key.azimuth + 150, 30, 24, 0.8))
    dome = create_dome_light(
        level=light.dome * dome_factor,
        mood=plan.brief.light.mood,
        boxes=boxes,
        kelvin=_blend_kelvin(light.dome_kelvin, plan.brief.light.kelvin),
    )
    return Lighting(key=key, dome=dome, lamps=create_extra_lamps(plan))


def create_extra_lamps(plan: SetPlan) -> tuple[Lamp, ...]:
    """Creates the lamps that the brief names besides the key light: colored ones, rims, spots."""
    light, lamps = plan.brief.light, []
    names = light.names
    if names & {"neon", "colored"} or light.colors:
        lamps += _create_colored_lamps(plan)
    if names & {"rim", "backlit"}:
        lamps.append(_create_lamp(plan, azimuth=-plan.light_side * 150, elevation=36, strength=0.7))
        # Fills the front, which would be black against the light.
        lamps.append(_create_lamp(plan, azimuth=plan.light_side * 30, elevation=30, strength=0.35))
    if "spotlight" in names:
        lamps.append(
            Lamp(
                azimuth=-20 * plan.light_side,
                elevation=66,
                distance=4.0,
                width=0,
                height=0,
                strength=SPOT_STRENGTH,
                cone=SPOT_CONE,
            )
        )
    if "candle" in names:
        lamps.append(
            _create_lamp(
                plan,
                azimuth=-plan.light_side * 70,
                elevation=12,
                strength=0.4,
                kelvin=CANDLE_KELVIN,
            )
        )
    return tuple(lamps)


def _create_colored_lamps(plan: SetPlan) -> list[Lamp]:
    """Creates one colored lamp on each side, in the brief's colors of light or in neon's."""
    colors = plan.brief.light.colors or plan.brief.palette or NEON
    one, other = colors[0], colors[1 % len(colors)]
    strength = 0.55 * (1 + STEEP_NEON * math.sin(math.radians(plan.camera.pitch)))
    return [
        _create_lamp(plan, azimuth=-72, elevation=24, strength=strength, color=one),
        _create_lamp(plan, azimuth=72, elevation=24, strength=strength, color=other),
    ]


def _create_lamp(
    plan: SetPlan,
    azimuth: float,
    elevation: float,
    strength: float,
    kelvin: float = 5600.0,
    color: RGB | None = None,
) -> Lamp:
    """Creates a soft lamp out of view; arguments as in Lamp."""
    lamp = Lamp(
        azimuth=azimuth % 360,
        elevation=elevation,
        distance=4.0,
        width=1.1,
        height=1.6,
        strength=strength,
        kelvin=kelvin,
        color=color,
    )
    return raise_lamp_out_of_view(lamp, plan.camera)


def _find_factors(names: frozenset[str]) -> tuple[float, float]:
    """Returns the factors on the key light and on the dome that kinds of light ask for."""
    if "neon" in names or "colored" in names:
        return NEON_KEY, NEON_DOME
    if "spotlight" in names:
        return SPOT_KEY, SPOT_DOME
    if "overcast" in names:
        return OVERCAST_KEY, OVERCAST_DOME
    return 1.0, 1.0


def _blend_kelvin(usual: float, wanted: float | None) -> float:
    """Returns the dome's color temperature: a third of the way to what the brief wants."""
    return usual if wanted is None else usual + (wanted - usual) / 3
