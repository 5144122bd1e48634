"""Shadows that tie a product to its ground; each is a float32 (H, W) map of darkness, 0 to 1."""

import math

import cv2
import numpy as np

from services.inpainting.contour import Contour
from services.runtime.scene import Light

CONTACT_SCALES = ((0.004, 0.55), (0.014, 0.4), (0.045, 0.3))
CAST_DARKNESS, LYING_DARKNESS = 0.42, 0.5
LYING_THICKNESS = 0.035
LONGEST_CAST = 0.9


def contact_shadow(contour: Contour, height: int, size: float, pitch: float) -> np.ndarray:
    """Ambient occlusion along the line of contact, sharpest and darkest at the line itself.

    size: the product's extent in pixels. Occlusion falls off over several scales at once, as it
    does under real objects; the scales are blurred separately and combined as independent
    coverings, 1 - (1 - a)(1 - b).
    """
    line = _contact_line(contour, height, size * 0.008)
    footprint = _footprint(contour, height, pitch)
    light = np.ones((height, len(contour.lowest)), np.float32)
    for scale, darkness in CONTACT_SCALES:
        source = line if scale < 0.01 else np.maximum(line, footprint)
        light *= 1 - darkness * _spread(source, scale * size)
    return 1 - light


def cast_shadow(
    mask: np.ndarray, contour: Contour, light: Light, pitch: float, size: float
) -> np.ndarray:
    """The silhouette laid onto the ground away from the light, blurring and fading with distance.

    mask: uint8 alpha (H, W). A point z above the ground throws its shadow z / tan(elevation)
    along the ground, which a camera looking down `pitch` degrees foreshortens by sin(pitch).
    """
    reach = min(LONGEST_CAST, 1 / math.tan(math.radians(max(light.elevation, 20))))
    angle = math.radians(light.azimuth)
    right = -math.sin(angle) * reach
    down = -math.cos(angle) * reach * math.sin(math.radians(max(pitch, 8)))
    base = contour.base
    lay = np.float32([[1, -right, right * base], [0, -down, base + down * base]])
    laid = cv2.warpAffine(mask, lay, mask.shape[::-1]).astype(np.float32) / 255
    return CAST_DARKNESS * _faded(laid, base, abs(down) * size, light.softness, size)


def lying_shadow(mask: np.ndarray, light: Light | None, size: float) -> np.ndarray:
    """The shadow of a flat product on the surface that it lies on: a tight rim and a soft cast.

    mask: uint8 alpha (H, W). The product counts as a few percent of its extent thick.
    """
    silhouette = mask.astype(np.float32) / 255
    right, down = 0.0, 0.25
    softness = 0.6
    if light:
        angle, softness = math.radians(light.azimuth), light.softness
        length = LYING_THICKNESS / math.tan(math.radians(max(light.elevation, 25)))
        right, down = -math.sin(angle) * length, -math.cos(angle) * length
    else:
        right, down = 0.0, LYING_THICKNESS / 2
    rim = _spread(silhouette, 0.006 * size)
    cast = _moved(silhouette, right * size, down * size)
    cast = _spread(cast, (0.006 + 0.02 * softness) * size)
    return 1 - (1 - 0.35 * rim) * (1 - LYING_DARKNESS * cast)


def _contact_line(contour: Contour, height: int, thickness: float) -> np.ndarray:
    rows = np.arange(height, dtype=np.float32)[:, None]
    below = rows - contour.lowest[None, :]
    band = np.clip(1 - np.abs(below - 0.5) / max(thickness, 1.0), 0, 1)
    return (band * contour.weight).astype(np.float32)


def _footprint(contour: Contour, height: int, pitch: float) -> np.ndarray:
    columns = np.flatnonzero(contour.weight > 0.5)
    patch = np.zeros((height, len(contour.lowest)), np.float32)
    if columns.size:
        half = (columns[-1] - columns[0] + 1) / 2
        tall = max(1.0, half * math.sin(math.radians(pitch)) * 0.8)
        center = (round(columns[0] + half), round(contour.base - tall * 0.8))
        axes = (round(half), round(tall))
        cv2.ellipse(patch, center, axes, 0, 0, 360, 0.8, -1, cv2.LINE_AA)
    return patch


def _faded(laid: np.ndarray, base: int, length: float, softness: float, size: float) -> np.ndarray:
    rows = np.arange(laid.shape[0], dtype=np.float32)[:, None]
    away = np.clip(np.abs(rows - base) / max(length, 1.0), 0, 1)
    near = _spread(laid, (0.006 + 0.02 * softness) * size)
    far = _spread(laid, (0.03 + 0.09 * softness) * size)
    return (near * (1 - away) + far * away) * (1 - 0.75 * away)


def _moved(picture: np.ndarray, right: float, down: float) -> np.ndarray:
    shift = np.float32([[1, 0, right], [0, 1, down]])
    return cv2.warpAffine(picture, shift, picture.shape[::-1])


def _spread(picture: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur whose wide kernels work on a reduced picture: equal to the eye, and fast."""
    factor = max(1, int(sigma / 3))
    if factor == 1:
        return cv2.GaussianBlur(picture, (0, 0), max(sigma, 0.3), borderType=cv2.BORDER_CONSTANT)
    height, width = picture.shape
    small = (max(1, -(-width // factor)), max(1, -(-height // factor)))
    reduced = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(reduced, (0, 0), sigma / factor, borderType=cv2.BORDER_CONSTANT)
    return cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
