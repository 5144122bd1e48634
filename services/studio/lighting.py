"""Lights a set: the key light that the prompt asks for, and the dome of light around it."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.studio.camera import Camera
from services.studio.color import lamp_color
from services.studio.lights import Lamp
from services.studio.prompt import Wishes
from services.studio.scenery import Shoot

NEAR, FAR = 4.5, 20.0
SMALL = 5.0
SUN_ANGLE = 0.9
GOBO_ANGLE = 1.1
LOW = 30.0


def key_light(
    shoot: Shoot,
    azimuth: float,
    elevation: float,
    angle: float,
    strength: float,
    kelvin: float = 6100.0,
    glossy: bool = False,
) -> Lamp:
    """The main light: the family's own, changed as far as the prompt asks for it.

    angle: how large the lamp looks from the product, in degrees; glossy: the ground would mirror
    the lamp, so it moves aside.
    """
    wishes = shoot.direction.light
    angle = _lamp_angle(wishes, angle) * (1 if shoot.wants("shadows") else 2)
    distance = NEAR if angle > SMALL else FAR
    side = 2 * distance * math.tan(math.radians(angle) / 2)
    lamp = Lamp(
        azimuth=azimuth if wishes.azimuth is None else wishes.azimuth,
        elevation=min(elevation, LOW) if wishes.low else elevation,
        distance=distance,
        width=side,
        height=side,
        strength=strength * {"dark": 0.85, "bright": 1.05, None: 1.0}[wishes.mood],
        kelvin=wishes.kelvin or kelvin,
    )
    lamp = out_of_sight(lamp, shoot.camera)
    return out_of_mirror(lamp, shoot.camera) if glossy else lamp


def _lamp_angle(wishes: Wishes, angle: float) -> float:
    """How large the lamp looks: small for hard light, and for patterns, which it would wash out."""
    if wishes.gobo:
        return SUN_ANGLE if wishes.hard else GOBO_ANGLE
    if wishes.hard:
        return min(angle, SUN_ANGLE)
    return angle * 1.3 if wishes.hard is False else angle


def out_of_sight(lamp: Lamp, camera: Camera) -> Lamp:
    """The lamp, raised until no part of it is in the picture."""
    reach = max(lamp.width, lamp.height) / 2
    while lamp.elevation < 84:
        x, y = camera.project(tuple(lamp.position - [0, reach, 0]))
        ahead = (lamp.position - camera.position) @ camera.forward > 0
        if not ahead or y < -0.03 or not -0.5 < x < 1.5:
            break
        lamp = replace(lamp, elevation=lamp.elevation + 3)
    return lamp


def out_of_mirror(lamp: Lamp, camera: Camera) -> Lamp:
    """The lamp, walked around the set until a glossy ground does not show it in the picture."""
    step = -8 if lamp.azimuth % 360 <= 180 else 8
    reach = max(lamp.width, lamp.height) / 2
    for _ in range(12):
        x, y, z = lamp.position
        ahead = (np.array([x, -y, z]) - camera.position) @ camera.forward > 0
        across, down = camera.project((x, -y, z))
        margin = 0.15 + reach / (2 * camera.half_width_at(z, -y)) if ahead else 0
        if not ahead or abs(across - 0.5) > 0.5 + margin or not -margin < down < 1 + margin:
            break
        lamp = replace(lamp, azimuth=lamp.azimuth + step)
    return lamp


def dome(
    level: float,
    mood: str | None,
    boxes: Sequence[tuple[float, float, float, float]] = (),
    kelvin: float = 6600.0,
    ground: float = 0.5,
) -> np.ndarray:
    """Light from everywhere, float32 RGB (32, 64, 3), as a map of the sphere for Mitsuba.

    level: what it gives to a white card; mood: "dark", "bright" or None; boxes: soft bright places
    as (azimuth, elevation, spread in degrees, brightness), mirrored by shiny things; ground: the
    lower half, as a share.
    """
    down, across = np.meshgrid(
        (np.arange(32) + 0.5) / 32, (np.arange(64) + 0.5) / 64, indexing="ij"
    )
    polar, around = down * math.pi, across * 2 * math.pi
    y = np.cos(polar)
    x, z = np.sin(polar) * np.sin(around), -np.sin(polar) * np.cos(around)
    light = np.where(y > 0, 0.8 + 0.3 * y, 0.8 - (0.8 - ground) * np.clip(-4 * y, 0, 1))
    for azimuth, elevation, spread, brightness in boxes:
        lamp = Lamp(azimuth, elevation, 1, 1, 1, 1).towards
        apart = 1 - (x * lamp[0] + y * lamp[1] + z * lamp[2])
        light = light + brightness * np.exp(-apart / (1 - math.cos(math.radians(spread))))
    shade = {"dark": 0.5, "bright": 1.25, None: 1.0}[mood]
    return (level * shade * light[..., None] * lamp_color(kelvin)).astype(np.float32)
