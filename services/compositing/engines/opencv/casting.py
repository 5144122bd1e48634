"""Shadows on the ground that a product stands on: the one it casts, and the line of contact."""

import math

import cv2
import numpy as np

from services.compositing.engines.opencv.shadow import blurred
from services.compositing.layers import Shadow
from services.imaging.scene import Light

LONGEST, THINNEST = 0.9, 0.1
SOFTEST_LIGHT = Light(0, 60, 0.8)
# Blur where the shadow starts and where it ends, in shares of the product's extent, for a point
# of a light and for an overcast sky.
NEAR, FAR = (0.006, 0.026), (0.03, 0.12)
FADED = 0.7
# The lowest part of the product is what touches; how much of its height it keeps as a shadow of
# contact, and the blur of that.
FOOT, FLAT, CREASE = 0.12, 0.2, 0.03
WORKED_AT = 320


def cast_shadow(
    alpha: np.ndarray,
    at: tuple[int, int],
    light: Light | None,
    pitch: float,
) -> Shadow:
    """Lays uint8 alpha (h, w) onto the ground away from the light, blurring with distance.

    at: the alpha's top left on the canvas. A point z above the ground throws its shadow
    z / tan(elevation) along the ground, which a camera looking down `pitch` degrees foreshortens
    by sin(pitch).
    """
    light = light or SOFTEST_LIGHT
    reach = min(LONGEST, 1 / math.tan(math.radians(max(light.elevation, 20))))
    angle = math.radians(light.azimuth)
    right = -math.sin(angle) * reach
    down = _at_least(-math.cos(angle) * reach * math.sin(math.radians(pitch)))
    near, far = (low + (high - low) * light.softness for low, high in (NEAR, FAR))
    return _laid(alpha, at, (right, down), (near, far))


def contact_shadow(alpha: np.ndarray, at: tuple[int, int]) -> Shadow:
    """A dark line where the product of uint8 alpha (h, w) touches the ground."""
    foot = int(_lowest(alpha) * (1 - FOOT))
    return _laid(alpha[foot:], (at[0], at[1] + foot), (0.0, -FLAT), (CREASE, CREASE))


def _laid(alpha: np.ndarray, at, fall, softness) -> Shadow:
    """Shears the alpha about its lowest row: a pixel z above it goes by `fall` z right and down."""
    height, width = alpha.shape
    size = math.sqrt(height * width)
    factor = max(1, int(size / WORKED_AT))
    small = cv2.resize(
        alpha, (-(-width // factor), -(-height // factor)), interpolation=cv2.INTER_AREA
    )
    base = _lowest(small)
    margin = math.ceil(3 * softness[1] * size / factor) + 2
    right, down = fall
    left, top = min(0.0, right * base), min(0.0, down * base)
    room = (
        math.ceil(small.shape[1] + abs(right) * base) + 2 * margin,
        math.ceil(abs(down) * base) + 2 * margin,
    )
    lay = np.float32(
        [[1, -right, right * base - left + margin], [0, -down, down * base - top + margin]]
    )
    laid = cv2.warpAffine(small, lay, room, flags=cv2.INTER_AREA)
    depth = _softened(laid, margin - top, abs(down) * base, [s * size / factor for s in softness])
    large = cv2.resize(depth, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    x = at[0] + round((left - margin) * factor)
    return Shadow(large, x, at[1] + round((base + top - margin) * factor))


def _softened(laid: np.ndarray, base: float, length: float, sigmas) -> np.ndarray:
    near, far = (blurred(laid, max(0.5, sigma), 0) for sigma in sigmas)
    if sigmas[0] == sigmas[1]:
        return near
    rows = np.arange(laid.shape[0], dtype=np.float32)[:, None]
    away = np.clip(np.abs(rows - base) / max(length, 1.0), 0, 1)
    mixed = (near * (1 - away) + far * away) * (1 - FADED * away)
    return np.rint(mixed).astype(np.uint8)


def _lowest(alpha: np.ndarray) -> int:
    """The row below the lowest that is more opaque than not."""
    rows = np.flatnonzero(alpha.max(axis=1) >= 128)
    return int(rows[-1]) + 1 if len(rows) else alpha.shape[0]


def _at_least(down: float) -> float:
    """Keeps a shadow from vanishing edge-on: products are not as flat as their silhouettes."""
    if abs(down) >= THINNEST:
        return down
    return THINNEST if down > THINNEST / 2 else -THINNEST
