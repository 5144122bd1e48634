"""Lighting of a set: the key light (main lamp) that the prompt asks for, and the dome around it."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.studio.briefs.brief import LightOptions
from services.studio.camera import Camera
from services.studio.color import rgb_from_kelvin
from services.studio.lights import Lamp
from services.studio.sets import SetPlan

# Units from the product to a softbox and to a sun. Larger: more even light across the set.
SOFTBOX_DISTANCE, SUN_DISTANCE = 4.5, 20.0
# Cosine of the azimuth below which a lamp is behind the set, and stands before its backdrop.
BACKLIGHT_COSINE = -0.6
# Degrees up to which a lamp is a sun and stands far away.
MAX_SUN_ANGLE = 5.0
# Degrees that a lamp spans for hard light (the sun spans 0.53), and with a gobo, an object that
# casts a pattern of shadows. Larger: softer shadow edges, until the pattern is washed out.
HARD_LIGHT_ANGLE, GOBO_LIGHT_ANGLE = 0.9, 1.1
# The same for the pattern of a gobo in soft light.
SOFT_GOBO_ANGLE = 2.6
# Factor on a lamp's angle for soft light. Larger: softer shadows.
SOFT_LIGHT_FACTOR = 1.3
# Factor on a lamp's angle where the prompt wants no shadows. Larger: fainter ones.
NO_SHADOWS_FACTOR = 2
# Degrees of elevation of a low sun. Smaller: longer shadows across the table.
LOW_SUN_ELEVATION = 30.0
# Factors on the key light and on the dome, by mood. A dark mood dims the dome more, for contrast.
KEY_FACTORS = {"dark": 0.54, "bright": 1.05, None: 1.0}
DOME_FACTORS = {"dark": 0.42, "bright": 1.25, None: 1.0}
# Degrees: the highest elevation to try when a lamp is in view, and the step.
MAX_ELEVATION, ELEVATION_STEP = 84, 3
# Degrees and count of the steps that move a lamp aside when a glossy ground mirrors it.
AZIMUTH_STEP, MAX_AZIMUTH_STEPS = 8, 12
# Pixels of the dome's sphere map. Larger: sharper edges of its soft bright boxes.
DOME_HEIGHT, DOME_WIDTH = 32, 64


def create_key_light(
    plan: SetPlan,
    azimuth: float,
    elevation: float,
    angle: float,
    strength: float,
    kelvin: float = 6100.0,
    glossy: bool = False,
) -> Lamp:
    """Creates the key light (the main lamp): the place's, changed as the brief asks for it.

    plan: the camera, which must not see the lamp, and the brief, which comes first.
    azimuth, elevation: degrees, as in the contract's Light; azimuth 0 at the camera, 90 right.
    angle: degrees that the lamp spans as seen from the product. Larger: softer shadows.
    strength: brightness of a white card that faces it, 1 is paper white.
    kelvin: color temperature.
    glossy: whether the ground would mirror the lamp, so that it must move aside.
    """
    options = plan.brief.light
    angle = _choose_lamp_angle(options, angle)
    angle *= 1 if plan.is_allowed("shadows") else NO_SHADOWS_FACTOR
    azimuth = azimuth if options.azimuth is None else options.azimuth
    elevation = elevation if options.elevation is None else options.elevation
    is_behind = math.cos(math.radians(azimuth)) < BACKLIGHT_COSINE
    is_near = angle > MAX_SUN_ANGLE or is_behind
    distance = SOFTBOX_DISTANCE if is_near else SUN_DISTANCE
    side = 2 * distance * math.tan(math.radians(angle) / 2)
    lamp = Lamp(
        azimuth=azimuth,
        elevation=min(elevation, LOW_SUN_ELEVATION) if options.low else elevation,
        distance=distance,
        width=side,
        height=side,
        strength=strength * KEY_FACTORS[options.mood],
        kelvin=options.kelvin or kelvin,
    )
    lamp = raise_lamp_out_of_view(lamp, plan.camera)
    return move_lamp_out_of_reflection(lamp, plan.camera) if glossy else lamp


def _choose_lamp_angle(options: LightOptions, angle: float) -> float:
    """Returns the degrees that the key light spans: few for hard light and shadow patterns.

    options: what the prompt asks of the light.
    angle: degrees that it spans where the prompt asks nothing. Larger: softer shadows.
    """
    if options.gobo and options.hard is False:
        return SOFT_GOBO_ANGLE
    if options.gobo:
        return HARD_LIGHT_ANGLE if options.hard else GOBO_LIGHT_ANGLE
    if options.hard:
        return min(angle, HARD_LIGHT_ANGLE)
    return angle * SOFT_LIGHT_FACTOR if options.hard is False else angle


def raise_lamp_out_of_view(lamp: Lamp, camera: Camera) -> Lamp:
    """Returns the lamp, its elevation raised in steps until the camera sees no part of it.

    lamp: of a set; camera: the set's camera.

    A lamp that cannot leave the view stops near MAX_ELEVATION.
    """
    radius = max(lamp.width, lamp.height) / 2
    while lamp.elevation < MAX_ELEVATION:
        # The lamp's lowest point, which comes into view first.
        x, y, z = lamp.position - [0, radius, 0]
        column, row = camera.project_point((x, y, z))
        ahead = (lamp.position - camera.position) @ camera.forward > 0
        if not ahead or row < -0.03 or not -0.5 < column < 1.5:
            break
        lamp = replace(lamp, elevation=lamp.elevation + ELEVATION_STEP)
    return lamp


def move_lamp_out_of_reflection(lamp: Lamp, camera: Camera) -> Lamp:
    """Returns the lamp, moved around the set until no glossy ground at y = 0 mirrors it in view.

    lamp: of a set; camera: the set's camera.
    """
    step = -AZIMUTH_STEP if lamp.azimuth % 360 <= 180 else AZIMUTH_STEP
    radius = max(lamp.width, lamp.height) / 2
    for _ in range(MAX_AZIMUTH_STEPS):
        # A level mirror at y = 0 shows the lamp at (x, -y, z).
        x, y, z = lamp.position
        ahead = (np.array([x, -y, z]) - camera.position) @ camera.forward > 0
        column, row = camera.project_point((x, -y, z))
        margin = 0.15 + radius / (2 * camera.half_width_at_depth(z, y=-y)) if ahead else 0
        if not ahead or abs(column - 0.5) > 0.5 + margin or not -margin < row < 1 + margin:
            break
        lamp = replace(lamp, azimuth=lamp.azimuth + step)
    return lamp


def create_dome_light(
    level: float,
    mood: str | None,
    boxes: Sequence[tuple[float, float, float, float]] = (),
    kelvin: float = 6600.0,
    ground: float = 0.5,
) -> np.ndarray:
    """Creates light from all directions: float32 linear RGB (32, 64, 3), a sphere map for Mitsuba.

    level: brightness that it gives to a white card, 1 is paper white.
    mood: "dark", "bright" or None, as the prompt asks for it; a factor on the level.
    boxes: soft bright spots that glossy objects mirror: azimuth, elevation and spread in degrees,
    and brightness.
    kelvin: color temperature.
    ground: brightness straight below, as a share.
    """
    down, across = np.meshgrid(
        (np.arange(DOME_HEIGHT) + 0.5) / DOME_HEIGHT,
        (np.arange(DOME_WIDTH) + 0.5) / DOME_WIDTH,
        indexing="ij",
    )
    # Direction (x, y, z) of each pixel: y is 1 at the top, z is 1 in the middle of the map.
    polar, around = down * math.pi, across * 2 * math.pi
    y = np.cos(polar)
    x, z = np.sin(polar) * np.sin(around), -np.sin(polar) * np.cos(around)
    light = np.where(y > 0, 0.8 + 0.3 * y, 0.8 - (0.8 - ground) * np.clip(-4 * y, 0, 1))
    for azimuth, elevation, spread, brightness in boxes:
        # Only the direction of this lamp counts.
        box_direction = Lamp(
            azimuth, elevation, distance=1, width=1, height=1, strength=1
        ).direction_to_lamp
        distance = 1 - (x * box_direction[0] + y * box_direction[1] + z * box_direction[2])
        light = light + brightness * np.exp(-distance / (1 - math.cos(math.radians(spread))))
    factor = DOME_FACTORS[mood]
    return (level * factor * light[..., None] * rgb_from_kelvin(kelvin)).astype(np.float32)
