"""Cast shadows: where a light casts them on the ground, and how they soften.

A point z above the ground casts its shadow z / tan(elevation) along the ground, away from the
light. A camera that looks down by a pitch sees lengths away from it foreshortened by sin(pitch).
"""

import math

import cv2
import numpy as np

from services.imaging.blur import BlurReduction, gaussian_blur
from services.imaging.scene import Light

# In heights of the product. Longer shadows leave the image; thinner ones vanish edge-on, though
# products are not as flat as their silhouettes.
MAX_REACH, MIN_DROP = 0.9, 0.1
# Degrees; keeps the shadows of a light at the horizon finite. Any value up to 48 has the same
# effect, as lights from there down reach MAX_REACH.
MIN_ELEVATION = 20
# Sigmas of a shadow in shares of the product's extent, each for a hard light and what full softness
# adds: at the product's foot, and at the far end. Larger: softer edges.
FOOT_BLUR, FOOT_SOFTNESS = 0.006, 0.02
END_BLUR, END_SOFTNESS = 0.03, 0.09


def shadow_direction(azimuth: float) -> tuple[float, float]:
    """Returns the unit vector on the ground away from a light, as (right, towards the camera).

    azimuth: of the light in degrees, as in the contract's Light.
    """
    angle = math.radians(azimuth)
    return -math.sin(angle), -math.cos(angle)


def compute_shadow_length(height: float, light: Light, lowest: float) -> float:
    """Returns how far along the ground the shadow of a point at this height falls.

    lowest: elevation in degrees that replaces lower ones. The result has the unit of the height.
    """
    return height / math.tan(math.radians(max(light.elevation, lowest)))


def compute_shadow_fall(light: Light, pitch: float) -> tuple[float, float]:
    """Returns how many pixels right and down a shadow falls per pixel of a point's height.

    pitch: degrees that the camera looks down.
    """
    reach = min(MAX_REACH, compute_shadow_length(1, light, MIN_ELEVATION))
    right, down = shadow_direction(light.azimuth)
    down = down * reach * math.sin(math.radians(pitch))
    if abs(down) < MIN_DROP:
        down = MIN_DROP if down > MIN_DROP / 2 else -MIN_DROP
    return right * reach, down


def project_onto_ground(
    alpha: np.ndarray,
    fall: tuple[float, float],
    base: float,
    shift: tuple[float, float],
    size: tuple[int, int],
) -> np.ndarray:
    """Lays a silhouette on the ground: shears it about its row `base` and moves it.

    A pixel in column x, z rows above the base, moves to column x + fall[0] * z + shift[0] and to
    row fall[1] * z + shift[1].

    alpha: uint8 (h, w). fall: see compute_shadow_fall. base, shift: in pixels. size: height and
    width of the result. Returns uint8 (height, width).
    """
    right, down = fall
    shear = [[1, -right, right * base + shift[0]], [0, -down, down * base + shift[1]]]
    return cv2.warpAffine(alpha, np.array(shear, np.float32), size[::-1])


def compute_shadow_blur(light: Light) -> tuple[float, float]:
    """Returns the sigmas of a shadow at the product's foot and at its far end.

    Both are shares of the product's extent.
    """
    return FOOT_BLUR + FOOT_SOFTNESS * light.softness, END_BLUR + END_SOFTNESS * light.softness


def soften_shadow(
    laid: np.ndarray,
    base: float,
    length: float,
    sigmas: tuple[float, float],
    fading: float,
    reduction: BlurReduction,
) -> np.ndarray:
    """Blurs and fades a shadow with the distance from the product's foot.

    laid: uint8 or float32 (h, w), the silhouette on the ground. base: the row of the foot. length:
    rows from there to the far end. sigmas: of the blur at both, in pixels. fading: share of the
    darkness lost at the far end, 0 to 1. Returns float32 (h, w), in the range of `laid`.
    """
    near, far = (gaussian_blur(laid, sigma, reduction) for sigma in sigmas)
    rows = np.arange(laid.shape[0], dtype=np.float32)[:, None]
    distance = np.clip(np.abs(rows - base) / max(length, 1.0), 0, 1)
    return (near * (1 - distance) + far * distance) * (1 - fading * distance)
