"""Lamps of a set: softboxes and suns, how strong they are, and what later stages hear of them."""

import math
from dataclasses import dataclass

import numpy as np

from services.imaging.scene import RGB, Light
from services.studio.color import LUMINANCE, encode_srgb, lamp_color, linear

OVERCAST_SIZE = 60.0


@dataclass(frozen=True)
class Lamp:
    """A rectangle of light that faces the place where the product will stand.

    azimuth, elevation: degrees, as in the contract's Light; distance, width, height: units;
    strength: the brightness that it alone gives to a white card that faces it, 1 = paper white;
    kelvin: its colour temperature; color: of a filter, instead of that; aim: what it faces.
    """

    azimuth: float
    elevation: float
    distance: float
    width: float
    height: float
    strength: float
    kelvin: float = 5600.0
    color: RGB | None = None
    aim: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def towards(self) -> np.ndarray:
        """The unit vector from what it lights to the lamp."""
        azimuth, elevation = math.radians(self.azimuth), math.radians(self.elevation)
        level = math.cos(elevation)
        return np.array([math.sin(azimuth) * level, math.sin(elevation), math.cos(azimuth) * level])

    @property
    def position(self) -> np.ndarray:
        """The lamp's middle."""
        return np.asarray(self.aim) + self.distance * self.towards

    @property
    def radiance(self) -> np.ndarray:
        """Linear RGB that gives the strength: a small lamp lights a card by L * area / distance^2.

        A Lambertian white card returns 1 / pi of what it receives.
        """
        area = self.width * self.height
        return self.strength * math.pi * self.distance**2 / area * self.tint

    @property
    def tint(self) -> np.ndarray:
        """Linear RGB of luminance 1."""
        if self.color is None:
            return lamp_color(self.kelvin)
        filtered = linear(self.color)
        return filtered / (filtered @ LUMINANCE)

    @property
    def size(self) -> float:
        """The angle that the lamp spans as seen from the product, in degrees."""
        across = math.sqrt(self.width * self.height)
        return math.degrees(2 * math.atan(across / 2 / self.distance))


def light_of(key: Lamp) -> Light:
    """What the later stages hear of the key light."""
    color = tuple(int(v) for v in np.rint(encode_srgb(key.tint / key.tint.max()) * 255))
    softness = min(1.0, key.size / OVERCAST_SIZE)
    return Light(float(key.azimuth) % 360, float(key.elevation), round(softness, 3), color)


def across_beam(lamp: Lamp) -> tuple[np.ndarray, np.ndarray]:
    """Two unit vectors across the beam of a lamp: level, and upwards."""
    across = np.cross([0.0, 1.0, 0.0], lamp.towards)
    across /= np.linalg.norm(across)
    return across, np.cross(lamp.towards, across)
