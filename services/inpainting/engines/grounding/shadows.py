"""Shadows that tie a product to its ground; each is a float32 (H, W) map of darkness, 0 to 1."""

import cv2
import numpy as np

from services.imaging.blur import FAST_BLUR, gaussian_blur
from services.imaging.mask import SOLID_ALPHA
from services.imaging.scene import Light
from services.imaging.shadows import (
    compute_shadow_blur,
    compute_shadow_fall,
    compute_shadow_length,
    project_onto_ground,
    shadow_direction,
    soften_shadow,
)
from services.inpainting.engines.grounding.contour import Contour

# How dark, and how far in shares of the product's extent: a crease, a core and a soft outskirt.
CONTACT = ((0.72, 0.016), (0.5, 0.04), (0.18, 0.09))
SURE_CONTACT, FAINT_CONTACT = 0.5, 0.6
CAST_DARKNESS, LYING_DARKNESS, LYING_CREASE = 0.36, 0.42, 0.62
LYING_THICKNESS, LYING_UNDERCUT, LYING_REACH = 0.035, 0.45, 0.01
FADING = 0.75
# In degrees. Lower lights would draw the shadow of a flat product out from under its rounded edge.
LOWEST_LIGHT = 25


def contact_occlusion(contour: Contour, height: int, size: float) -> np.ndarray:
    """Ambient occlusion that falls off from the line of contact, darkest at the line itself.

    height: rows of the map; size: the product's extent in pixels. Several exponential falloffs
    act as independent coverings, 1 - (1 - a)(1 - b); along the ground they reach twice as far
    sideways as up and down the picture, as a camera sees them that looks down by 30 degrees.
    """
    sure, faint = (contour.weight > least for least in (SURE_CONTACT, 0))
    return np.maximum(
        _occlusion(contour.lowest, sure, height, size),
        FAINT_CONTACT * _occlusion(contour.lowest, faint, height, size),
    )


def _occlusion(lowest: np.ndarray, touching: np.ndarray, height: int, size: float) -> np.ndarray:
    line = np.full((height, len(lowest)), 255, np.uint8)
    columns = np.flatnonzero(touching)
    line[lowest[columns], columns] = 0
    # Every second column: distances across the picture count half.
    narrow = cv2.erode(line, np.ones((1, 3), np.uint8))[:, ::2]
    distance = cv2.distanceTransform(narrow, cv2.DIST_L2, 5)
    light = np.ones_like(distance)
    for darkness, reach in CONTACT:
        light *= 1 - darkness * np.exp(-distance / (reach * size))
    return 1 - cv2.resize(light, line.shape[::-1], interpolation=cv2.INTER_LINEAR)


def cast_shadow(
    mask: np.ndarray, contour: Contour, light: Light, pitch: float, size: float
) -> np.ndarray:
    """The silhouette laid onto the ground away from the light, blurring and fading with distance.

    mask: uint8 alpha (H, W); pitch: how far the camera looks down, in degrees; size: the product's
    extent in pixels.
    """
    fall, base = compute_shadow_fall(light, pitch), contour.base
    laid = project_onto_ground(mask, fall, base, (0, base), mask.shape).astype(np.float32) / 255
    sigmas = [share * size for share in compute_shadow_blur(light)]
    soft = soften_shadow(laid, base, abs(fall[1]) * size, sigmas, FADING, FAST_BLUR)
    return CAST_DARKNESS * soft


def lying_shadow(mask: np.ndarray, light: Light | None, size: float) -> np.ndarray:
    """The shadow of a flat product on the surface that it lies on: a crease and a soft cast.

    mask: uint8 alpha (H, W). The product counts as a few percent of its extent thick, and its
    edges as round: under them, on the side away from the light, no light comes at all.
    """
    right, down, softness = (share * size for share in _lying_fall(light))
    under = _moved(mask, LYING_UNDERCUT * right, LYING_UNDERCUT * down)
    apart = cv2.distanceTransform(cv2.compare(under, SOLID_ALPHA, cv2.CMP_LT), cv2.DIST_L2, 5)
    crease = LYING_CREASE * np.exp(-apart / (LYING_REACH * size))
    cast = gaussian_blur(
        _moved(mask, right, down).astype(np.float32) / 255, 0.006 * size + 0.02 * softness
    )
    return 1 - (1 - crease) * (1 - LYING_DARKNESS * cast)


def _lying_fall(light: Light | None) -> tuple[float, float, float]:
    """How far right and down a flat product's shadow falls, in its extents, and its softness."""
    if light is None:
        return 0.0, LYING_THICKNESS / 2, 0.6
    length = compute_shadow_length(LYING_THICKNESS, light, LOWEST_LIGHT)
    right, down = shadow_direction(light.azimuth)
    return right * length, down * length, light.softness


def _moved(picture: np.ndarray, right: float, down: float) -> np.ndarray:
    shift = np.float32([[1, 0, right], [0, 1, down]])
    return cv2.warpAffine(picture, shift, picture.shape[::-1])
