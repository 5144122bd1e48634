"""Takes a panorama's main light out of it, so that a lamp of the same energy can replace it.

A lamp casts the shadows that a panorama's few brightest pixels would cast, without their noise.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.color import LUMINANCE
from services.studio.panoramas.sphere import list_pixel_directions, solid_angles

# Times the median luminance from which pixels are burned out, and the share of their strongest
# channel below which a channel is lost. Larger shares: colored lights turn white.
BURNED_OUT_FACTOR, LOST_CHANNEL_SHARE = 40.0, 0.1
# Percentiles of luminance between which the bright sky's color is measured.
BRIGHT_SKY_PERCENTILES = 90.0, 98.5
# Degrees around its brightest point in which a sun or spotlight is looked for.
SUN_RADIUS = 5.0
# Share of all light of the panorama that a small source must give to be a sun. Smaller: small
# lamps among many cast the only shadows.
MIN_SUN_SHARE = 0.1
# Least and largest degrees that its lamp spans: a clear sun's 0.53, widened as air and clouds do,
# to a studio's umbrella. Larger: softer edges of shadows.
CLEAR_SUN_ANGLE, WIDEST_SUN_ANGLE = 1.2, 8.0
# Degrees around its middle that a broad source, such as a window, may reach.
BROAD_RADIUS = 24.0
# Degrees: least and largest span of a broad source's lamp.
MIN_BROAD_ANGLE, MAX_BROAD_ANGLE = 12.0, 32.0
# Pixels of the coarse map on which the strongest direction is looked for, and the degrees by which
# its pixels may be off. Larger: slower, hardly more exact.
SEARCH_SIZE, SEARCH_MARGIN = (24, 48), 4.0
# Steps by which the direction then settles. Fewer: lamps that miss their light.
MEAN_SHIFT_ROUNDS = 4
# Degrees above level from which a key light may come; what is lower makes no shadows on a table.
MIN_KEY_ELEVATION = 4.0


@dataclass(frozen=True)
class KeySource:
    """The main light that was taken out of a panorama.

    direction: unit vector to it, float (3,): x right, y up, z to the camera.
    energy: linear RGB, float (3,), that a white card facing it shows.
    angle: degrees that it spans.
    """

    direction: np.ndarray
    energy: np.ndarray
    angle: float

    @property
    def azimuth(self) -> float:
        """Degrees, as in the contract's Light."""
        return float(np.degrees(np.arctan2(self.direction[0], self.direction[2])) % 360)

    @property
    def elevation(self) -> float:
        """Degrees above level."""
        return float(np.degrees(np.arcsin(np.clip(self.direction[1], -1, 1))))


def whiten_burned_pixels(panorama: np.ndarray) -> np.ndarray:
    """Colors burned-out pixels like the bright sky: float32 linear RGB (h, w, 3).

    panorama: of the same type and shape.

    Where a camera or a file format clips, the sun keeps one channel and loses the others: one blue
    pixel dyes a whole table. The strongest channel of such pixels is kept as the light's strength.
    """
    luminance = panorama @ LUMINANCE.astype(np.float32)
    strongest = panorama.max(axis=2)
    burned = strongest > BURNED_OUT_FACTOR * max(float(np.median(luminance)), 1e-6)
    burned &= panorama.min(axis=2) < LOST_CHANNEL_SHARE * strongest
    low, high = np.percentile(luminance, BRIGHT_SKY_PERCENTILES)
    bright = panorama[(luminance >= low) & (luminance <= high) & ~burned]
    tint = bright.mean(axis=0) if len(bright) else np.ones(3, np.float32)
    whitened = strongest[..., None] * tint / max(float(tint.max()), 1e-6)
    return np.where(burned[..., None], whitened, panorama).astype(np.float32)


def extract_key(panorama: np.ndarray) -> tuple[np.ndarray, KeySource]:
    """Takes the main light out of a panorama: a small sun, else the brightest broad region.

    panorama: linear RGB, float32 (h, w, 3).

    Returns the panorama without what exceeds the light's surroundings, same shape, and the light.
    Together they light a set as the panorama did.
    """
    weights = solid_angles(*panorama.shape[:2])
    total = float(((panorama @ LUMINANCE) * weights).sum())
    rest, source = _take_light(panorama, SUN_RADIUS, angles=(CLEAR_SUN_ANGLE, WIDEST_SUN_ANGLE))
    if source.energy @ LUMINANCE * np.pi >= MIN_SUN_SHARE * total:
        return rest, source
    return _take_light(panorama, BROAD_RADIUS, angles=(MIN_BROAD_ANGLE, MAX_BROAD_ANGLE))


def _take_light(
    panorama: np.ndarray, radius: float, angles: tuple[float, float]
) -> tuple[np.ndarray, KeySource]:
    """Takes out what exceeds its surroundings within a cone around the strongest direction.

    panorama: linear RGB, float32 (h, w, 3).
    radius: of the cone in degrees.
    angles: least and largest degrees that the light is said to span.

    Returns the panorama without it, float32 (h, w, 3), and the light.
    """
    height, width = panorama.shape[:2]
    directions, weights = list_pixel_directions(height, width), solid_angles(height, width)
    luminance = (panorama @ LUMINANCE).astype(np.float32)
    nearness = directions @ _find_strongest_direction(luminance, radius)
    inside = nearness > np.cos(np.radians(radius))
    ring = ~inside & (nearness > np.cos(np.radians(1.5 * radius)))
    level = float(np.median(luminance[ring]))
    share = np.clip(1 - level / np.maximum(luminance[inside], 1e-9), 0, 1)[:, None]
    taken = panorama[inside] * share * np.broadcast_to(weights, luminance.shape)[inside][:, None]
    strength = taken @ LUMINANCE
    middle = (directions[inside] * strength[:, None]).sum(axis=0, dtype=np.float64)
    length = np.linalg.norm(middle)
    direction = middle / max(length, 1e-12) if length else np.array([0.0, 1.0, 0.0])
    energy = taken.sum(axis=0, dtype=np.float64) / np.pi
    # An even disc of this span has its mean direction this much shortened.
    spread = np.degrees(np.arccos(np.clip(2 * length / max(strength.sum(), 1e-12) - 1, -1, 1)))
    angle = float(np.clip(2 * spread, *angles))
    rest = np.array(panorama, np.float32)
    rest[inside] *= 1 - share
    return rest, KeySource(direction, energy, angle)


def _find_strongest_direction(luminance: np.ndarray, radius: float) -> np.ndarray:
    """Returns the unit vector, float (3,), around which most light comes from above level.

    luminance: of a panorama, float32 (h, w).
    radius: degrees over which light is added up.

    A search over a coarse map, then mean shift over the fine one.
    """
    flux = luminance * solid_angles(*luminance.shape)
    coarse = cv2.resize(flux, SEARCH_SIZE[::-1], interpolation=cv2.INTER_AREA).ravel()
    directions = list_pixel_directions(*SEARCH_SIZE).reshape(-1, 3)
    sums = (directions @ directions.T > np.cos(np.radians(radius + SEARCH_MARGIN))) @ coarse
    is_above = directions[:, 1] > np.sin(np.radians(MIN_KEY_ELEVATION))
    direction = directions[np.where(is_above, sums, -1).argmax()]
    fine = list_pixel_directions(*luminance.shape)
    for margin in np.linspace(SEARCH_MARGIN, 0, MEAN_SHIFT_ROUNDS):
        near = fine @ direction > np.cos(np.radians(radius + margin))
        middle = flux[near] @ fine[near]
        direction = middle / max(float(np.linalg.norm(middle)), 1e-12)
    return direction
