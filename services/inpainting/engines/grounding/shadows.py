"""Computes the darkness of the shadows that ground a product: contact, cast and lying shadow."""

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
from services.inpainting.engines.grounding.contour import LowerContour

# Darkness at the line of contact and distance of decay, as a share of the product's extent, of the
# parts of a contact shadow: a crease, a core and a soft outskirt. Larger: darker and wider.
CONTACT_FALLOFFS = ((0.72, 0.016), (0.5, 0.04), (0.18, 0.09))
# Certainty of contact above which a column casts the full contact shadow, and the factor on the
# darkness below the others. Larger: fewer full shadows, darker faint ones.
CERTAIN_CONTACT, FAINT_CONTACT_FACTOR = 0.5, 0.6
# Darkness of a cast shadow of a standing product at its foot. Larger: a darker shadow.
CAST_DARKNESS = 0.36
# Share of that darkness that is lost from the foot to the shadow's end. Larger: fainter ends.
CAST_FADING = 0.75
# Darkness of a lying product's cast shadow and of the crease under its edge. Larger: darker.
LYING_DARKNESS, LYING_CREASE = 0.42, 0.62
# A lying product's thickness, and the distance of the crease's decay, as shares of its extent; how
# far under the rounded edge the crease begins, as a share of the shadow's length. Larger: longer
# and wider shadows.
LYING_THICKNESS, LYING_CREASE_REACH, LYING_UNDERCUT = 0.035, 0.01, 0.45
# Sigma of a lying product's cast shadow as shares of its extent: under a hard light, and what is
# added under the softest per share of the shadow's softness. Larger: softer edges.
LYING_BLUR, LYING_SOFT_BLUR = 0.006, 0.02
# Softness of the light over a lying product in a scene without one. Larger: softer edges.
LYING_DEFAULT_SOFTNESS = 0.6
# Smallest elevation of a light over a lying product, in degrees. Lower lights would draw the shadow
# out from under the product's rounded edge.
MIN_LYING_ELEVATION = 25


def compute_contact_darkness(contour: LowerContour, height: int, extent: float) -> np.ndarray:
    """Returns the darkness of the shadow where a product touches the ground, 0 to 1.

    The result is float32 (height, W): ambient occlusion that is darkest at the line of contact and
    decays exponentially from it. The falloffs act as independent coverings, 1 - (1 - a)(1 - b).
    They reach twice as far sideways as up and down the picture, as a camera with a pitch of 30
    degrees sees them on the ground.

    contour: the product's lower outline in a picture of W columns, and where it touches the ground.
    height: of the picture, in rows.
    extent: the geometric mean of the product's sides, in pixels.
    """
    certain, possible = contour.weight > CERTAIN_CONTACT, contour.weight > 0
    return np.maximum(
        _compute_occlusion(contour.lowest, certain, height, extent),
        FAINT_CONTACT_FACTOR * _compute_occlusion(contour.lowest, possible, height, extent),
    )


def _compute_occlusion(
    lowest: np.ndarray, touching: np.ndarray, height: int, extent: float
) -> np.ndarray:
    """Returns the darkness near the points where a product touches the ground, 0 to 1.

    The result is float32 (height, W).

    lowest: int (W,), the lowest row of the product in each column.
    touching: bool (W,), the columns that touch the ground in that row.
    height: of the picture, in rows.
    extent: the geometric mean of the product's sides, in pixels.
    """
    # 0 at the points of contact, as the distance transform measures the distance to zeros.
    line = np.full((height, len(lowest)), 255, np.uint8)
    columns = np.flatnonzero(touching)
    line[lowest[columns], columns] = 0
    # Every second column, so that distances across the picture count half.
    narrow = cv2.erode(line, np.ones((1, 3), np.uint8))[:, ::2]
    distance = cv2.distanceTransform(narrow, cv2.DIST_L2, 5)
    light = np.ones_like(distance)
    for darkness, reach in CONTACT_FALLOFFS:
        light *= 1 - darkness * np.exp(-distance / (reach * extent))
    return 1 - cv2.resize(light, line.shape[::-1], interpolation=cv2.INTER_LINEAR)


def compute_cast_darkness(
    mask: np.ndarray, contour: LowerContour, light: Light, pitch: float, extent: float
) -> np.ndarray:
    """Returns the darkness of a standing product's cast shadow, 0 to 1: float32 (H, W).

    Projects the silhouette onto the ground away from the light; it blurs and fades with distance.

    mask: uint8 alpha (H, W) of the product.
    contour: the product's lower outline; its base is the row about which the shadow unfolds.
    pitch: how far the camera looks down, in degrees.
    extent: the geometric mean of the product's sides, in pixels.
    """
    # Pixels right and down that the shadow falls per pixel of height above the base.
    right, down = compute_shadow_fall(light, pitch)
    base = contour.base
    height, width = mask.shape
    # Moved down by the base, so that the foot's shadow stays in the foot's row.
    projected = project_onto_ground(mask, (right, down), base, (0, base), (height, width))
    darkness = projected.astype(np.float32) / 255
    sigma_at_foot, sigma_at_end = (share * extent for share in compute_shadow_blur(light))
    sigmas, length = (sigma_at_foot, sigma_at_end), abs(down) * extent
    return CAST_DARKNESS * soften_shadow(darkness, base, length, sigmas, CAST_FADING, FAST_BLUR)


def compute_lying_darkness(mask: np.ndarray, light: Light | None, extent: float) -> np.ndarray:
    """Returns the darkness of the shadow of a product that is seen from above, 0 to 1.

    The result is float32 (H, W): a crease under the product's rounded edge on the side away from
    the light, and a soft cast shadow.

    mask: uint8 alpha (H, W) of the product.
    light: None for a diffuse light from the top of the picture.
    extent: the geometric mean of the product's sides, in pixels.
    """
    right, down, softness = (share * extent for share in _choose_lying_fall(light))
    under = _shift(mask, LYING_UNDERCUT * right, LYING_UNDERCUT * down)
    # Distance to the product, moved so far that only its shadow's side shows from under it.
    not_under = cv2.inRange(under, 0, SOLID_ALPHA - 1)
    distance = cv2.distanceTransform(not_under, cv2.DIST_L2, maskSize=5)
    crease = LYING_CREASE * np.exp(-distance / (LYING_CREASE_REACH * extent))
    sigma = LYING_BLUR * extent + LYING_SOFT_BLUR * softness
    cast = gaussian_blur(_shift(mask, right, down).astype(np.float32) / 255, sigma)
    return 1 - (1 - crease) * (1 - LYING_DARKNESS * cast)


def _choose_lying_fall(light: Light | None) -> tuple[float, float, float]:
    """Returns where the shadow of a product that is seen from above falls, and how soft it is.

    The result is how far right, how far down, both as shares of the product's extent, and the
    softness of the light, 0 to 1. Without a light it falls straight down.
    """
    if light is None:
        return 0.0, LYING_THICKNESS / 2, LYING_DEFAULT_SOFTNESS
    length = compute_shadow_length(LYING_THICKNESS, light, MIN_LYING_ELEVATION)
    right, down = shadow_direction(light.azimuth)
    return right * length, down * length, light.softness


def _shift(picture: np.ndarray, right: float, down: float) -> np.ndarray:
    """Moves a picture, uint8 (H, W), right and down by fractions of pixels; what enters is 0."""
    movement = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return cv2.warpAffine(picture, movement, picture.shape[::-1])
