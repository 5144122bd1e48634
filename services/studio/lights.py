"""Lamps of a set: direction, strength and color, and the light that later stages match."""

import math
from dataclasses import dataclass

import numpy as np

from services.imaging.color import LUMINANCE
from services.imaging.scene import RGB, Light
from services.studio.color import (
    linear_from_srgb,
    rgb_from_kelvin,
    rgb_from_shares,
    srgb_from_linear,
)

# Degrees that a lamp spans when its softness is 1, as under an overcast sky.
SOFTEST_LAMP_ANGLE = 60.0


@dataclass(frozen=True)
class Lamp:
    """A rectangular area light that faces its target.

    azimuth, elevation: degrees, as in the contract's Light.
    distance, width, height: units.
    strength: brightness that it alone gives to a white card facing it; 1 is paper white.
    kelvin: color temperature.
    color: sRGB of a color filter, instead of the temperature.
    target: point that it faces; the origin is where the product stands.
    cone: degrees of the beam of a spotlight, which is a point without width and height; None: an
    area light.
    """

    azimuth: float
    elevation: float
    distance: float
    width: float
    height: float
    strength: float
    kelvin: float = 5600.0
    color: RGB | None = None
    target: tuple[float, float, float] = (0.0, 0.0, 0.0)
    cone: float | None = None

    @property
    def direction_to_lamp(self) -> np.ndarray:
        """Unit vector from the target to the lamp, float (3,)."""
        azimuth, elevation = math.radians(self.azimuth), math.radians(self.elevation)
        level = math.cos(elevation)
        return np.array([math.sin(azimuth) * level, math.sin(elevation), math.cos(azimuth) * level])

    @property
    def position(self) -> np.ndarray:
        """Center of the lamp in units, float (3,)."""
        return np.asarray(self.target) + self.distance * self.direction_to_lamp

    @property
    def radiance(self) -> np.ndarray:
        """Linear RGB, float (3,), to emit so that a card at `distance` shows `strength * tint`.

        A small lamp of radiance L lights a card by L * area / distance^2, and a Lambertian white
        card returns 1 / pi of what it receives.
        """
        area = self.width * self.height
        return self.strength * math.pi * self.distance**2 / area * self.tint

    @property
    def intensity(self) -> np.ndarray:
        """Linear RGB, float (3,), of a spotlight that makes a card show `strength * tint`."""
        return self.strength * math.pi * self.distance**2 * self.tint

    @property
    def tint(self) -> np.ndarray:
        """Linear RGB of the light, float (3,), of luminance 1: by its filter, else its kelvin."""
        if self.color is None:
            return rgb_from_kelvin(self.kelvin)
        filtered = linear_from_srgb(self.color)
        return filtered / (filtered @ LUMINANCE)

    @property
    def angular_size(self) -> float:
        """Angle that the lamp spans as seen from its target, in degrees."""
        side = math.sqrt(self.width * self.height)
        return math.degrees(2 * math.atan(side / 2 / self.distance))


def light_from_lamp(key: Lamp) -> Light:
    """Describes the key light (the main lamp) for later stages: direction, softness and color."""
    color = rgb_from_shares(srgb_from_linear(key.tint / key.tint.max()))
    softness = min(1.0, key.angular_size / SOFTEST_LAMP_ANGLE)
    return Light(float(key.azimuth) % 360, float(key.elevation), round(softness, 3), color)


def find_beam_axes(lamp: Lamp) -> tuple[np.ndarray, np.ndarray]:
    """Returns two unit vectors, float (3,), across a lamp's beam: one level, one upward."""
    level = np.cross([0.0, 1.0, 0.0], lamp.direction_to_lamp)
    level /= np.linalg.norm(level)
    return level, np.cross(lamp.direction_to_lamp, level)
