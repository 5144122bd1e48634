"""Shadows on the ground that a product stands on: the one it casts, and the one under its foot."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from services.compositing.layers import Shadow
from services.imaging.blur import ACCURATE_BLUR, gaussian_blur
from services.imaging.mask import find_foot_row
from services.imaging.scene import Light
from services.imaging.shadows import (
    compute_shadow_blur,
    compute_shadow_fall,
    project_onto_ground,
    soften_shadow,
)

SOFTEST_LIGHT = Light(0, 60, 0.8)
FADING = 0.7
# The lowest part of the product is what touches; how much of its height it keeps as a shadow, and
# the blur of that in shares of the product's extent.
FOOT, FLAT, CREASE = 0.12, 0.2, 0.03
LEAST_SIGMA = 0.5
WORKED_AT = 320


def cast_shadow(
    alpha: np.ndarray, at: tuple[int, int], light: Light | None, pitch: float
) -> Shadow:
    """Lays uint8 alpha (h, w) onto the ground away from the light, blurring with distance.

    at: the alpha's top left on the canvas; pitch: how far the camera looks down, in degrees.
    """
    light = light or SOFTEST_LIGHT
    return _lay(alpha, at, compute_shadow_fall(light, pitch), compute_shadow_blur(light))


def foot_shadow(alpha: np.ndarray, at: tuple[int, int]) -> Shadow:
    """Presses the foot of a product, uint8 alpha (h, w), flat where it touches the ground.

    at: the alpha's top left on the canvas.
    """
    top = int(find_foot_row(alpha) * (1 - FOOT))
    return _lay(alpha[top:], (at[0], at[1] + top), (0.0, -FLAT), (CREASE, CREASE))


def _lay(
    alpha: np.ndarray,
    at: tuple[int, int],
    fall: tuple[float, float],
    blurs: tuple[float, float],
) -> Shadow:
    """Lays the alpha about its foot; blurs: sigmas there and at the end, shares of its extent."""
    height, width = alpha.shape
    extent = math.sqrt(height * width)
    factor = max(1, int(extent / WORKED_AT))
    size = -(-width // factor), -(-height // factor)
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    base = find_foot_row(small)
    margin = math.ceil(3 * blurs[1] * extent / factor) + 2
    right, down = (base * each for each in fall)
    left, top = min(0.0, right), min(0.0, down)
    room = (
        math.ceil(abs(down)) + 2 * margin,
        math.ceil(small.shape[1] + abs(right)) + 2 * margin,
    )
    laid = project_onto_ground(small, fall, base, (margin - left, margin - top), room)
    sigmas = [share * extent / factor for share in blurs]
    depth = _soften(laid, margin - top, abs(down), sigmas)
    large = cv2.resize(depth, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    x = at[0] + round((left - margin) * factor)
    return Shadow(large, x, at[1] + round((base + top - margin) * factor))


def _soften(laid: np.ndarray, base: float, length: float, sigmas: Sequence[float]) -> np.ndarray:
    near, far = (max(LEAST_SIGMA, sigma) for sigma in sigmas)
    if sigmas[0] == sigmas[1]:
        return gaussian_blur(laid, near, ACCURATE_BLUR)
    soft = soften_shadow(laid, base, length, (near, far), FADING, ACCURATE_BLUR)
    return np.rint(soft).astype(np.uint8)
