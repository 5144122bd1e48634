"""Shadows that a light casts onto the ground: where they fall and how they soften.

A point z above the ground throws its shadow z / tan(elevation) along the ground, away from the
light; a camera that looks down by a pitch sees lengths away from it foreshortened by sin(pitch).
"""

import math

import cv2
import numpy as np

from services.imaging.blur import Reduction, gaussian_blur
from services.imaging.scene import Light

# In heights of the product: longer ones leave the picture, thinner ones vanish edge-on, though
# products are not as flat as their silhouettes.
LONGEST, THINNEST = 0.9, 0.1
LOWEST_LIGHT = 20


def away_from(azimuth: float) -> tuple[float, float]:
    """How far right and towards the camera a step of length 1 away from a light leads."""
    angle = math.radians(azimuth)
    return -math.sin(angle), -math.cos(angle)


def shadow_length(height: float, light: Light, lowest: float) -> float:
    """How far along the ground a light throws the shadow of a point that is so high.

    lowest: the elevation, in degrees, as which lower ones count.
    """
    return height / math.tan(math.radians(max(light.elevation, lowest)))


def fall_of(light: Light, pitch: float) -> tuple[float, float]:
    """How many pixels right and down the shadow of a point falls per pixel of its height."""
    reach = min(LONGEST, shadow_length(1, light, LOWEST_LIGHT))
    right, down = away_from(light.azimuth)
    down = down * reach * math.sin(math.radians(pitch))
    if abs(down) < THINNEST:
        down = THINNEST if down > THINNEST / 2 else -THINNEST
    return right * reach, down


def lay_on_ground(
    alpha: np.ndarray,
    fall: tuple[float, float],
    base: float,
    shift: tuple[float, float],
    size: tuple[int, int],
) -> np.ndarray:
    """Shears uint8 alpha (h, w) about its row `base` and moves it; returns uint8 of `size`.

    A pixel in column x, z rows above the base, comes to column x + fall[0] * z + shift[0] and to
    row fall[1] * z + shift[1]. size: height and width.
    """
    right, down = fall
    shear = np.float32([[1, -right, right * base + shift[0]], [0, -down, down * base + shift[1]]])
    return cv2.warpAffine(alpha, shear, size[::-1])


def blur_shares(light: Light) -> tuple[float, float]:
    """Sigmas of a shadow where it begins and where it ends, in shares of the product's extent."""
    return 0.006 + 0.02 * light.softness, 0.03 + 0.09 * light.softness


def soften_cast(
    laid: np.ndarray,
    base: float,
    length: float,
    sigmas: tuple[float, float],
    fading: float,
    reduction: Reduction,
) -> np.ndarray:
    """Blurs a laid silhouette the more, the farther from its base; returns float32 (h, w).

    laid: uint8 or float32 (h, w). base: the row where it begins; length: rows from there to its
    end; sigmas: of the blur at both, in pixels. fading: the share of its darkness that it loses
    towards the end.
    """
    near, far = (gaussian_blur(laid, sigma, reduction) for sigma in sigmas)
    rows = np.arange(laid.shape[0], dtype=np.float32)[:, None]
    away = np.clip(np.abs(rows - base) / max(length, 1.0), 0, 1)
    return (near * (1 - away) + far * away) * (1 - fading * away)
