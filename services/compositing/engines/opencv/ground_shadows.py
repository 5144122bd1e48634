"""Renders shadows on the ground: cast and contact shadow, and the one below a raised product."""

import math

import cv2
import numpy as np

from services.compositing.layers import ShadowLayer
from services.imaging.blur import ACCURATE_BLUR, gaussian_blur
from services.imaging.box import Box
from services.imaging.mask import find_foot_row
from services.imaging.scene import Light
from services.imaging.shadows import (
    compute_shadow_blur,
    compute_shadow_fall,
    project_onto_ground,
    soften_shadow,
)

# Azimuth, elevation and softness of the light in scenes without one: high and diffuse, from behind
# the camera, so that the shadow is short, soft and points to neither side.
DEFAULT_LIGHT = Light(0, 60, 0.8)
# Share of its darkness that a cast shadow loses from the foot to its end. Larger: fainter ends.
FADING = 0.7
# The part of the product's height that touches the ground. Larger: a wider contact shadow.
FOOT_SHARE = 0.12
# Height of the contact shadow, as a share of the foot's height: a low camera sees it flat.
CONTACT_FLATNESS = 0.2
# Sigma of the contact shadow's blur, as a share of the foot's extent. Larger: a softer edge.
CONTACT_BLUR = 0.03
# Smallest sigma in pixels of the working size; less leaves stairs along the silhouette.
MIN_SIGMA = 0.5
# Extent in pixels at which shadows are computed. They are soft: a larger one looks the same and
# takes longer.
WORKING_EXTENT = 320

# Of the shadow below a product above the ground: sigma at the ground as a share of the product's
# width, by how much of the gap between them it widens, and what it loses of its darkness when the
# gap is as high as the product is wide. Larger: a wider, softer, paler shadow.
SPOT_WIDTH, SPOT_GROWTH, SPOT_FADING = 0.3, 0.15, 0.4
# Smallest height of that shadow as a share of its width; less vanishes under a level camera.
MIN_SPOT_FLATNESS = 0.12
# Largest shift of that shadow to the side, as a share of the product's width. Larger: under a low
# light, the shadow looks like that of another thing.
MAX_SPOT_SHIFT = 0.35


def render_cast_shadow(
    alpha: np.ndarray, position: tuple[int, int], light: Light | None, pitch: float
) -> ShadowLayer:
    """Renders a standing product's shadow, cast on the ground away from the light.

    It blurs and fades with the distance from the product's foot.

    alpha: uint8 (h, w), the product's; the shadow's depth is uint8, of another size.
    position: x and y of the product's top left on the canvas.
    light: None for a high, diffuse light.
    pitch: how far the camera looks down, in degrees.
    """
    light = light or DEFAULT_LIGHT
    return _project_shadow(
        alpha, position, compute_shadow_fall(light, pitch), compute_shadow_blur(light)
    )


def render_contact_shadow(alpha: np.ndarray, position: tuple[int, int]) -> ShadowLayer:
    """Renders the shadow where a standing product touches the ground: its foot, flattened.

    alpha: uint8 (h, w), the product's; the shadow's depth is uint8, of another size.
    position: x and y of the product's top left on the canvas.
    """
    x, y = position
    top = int(find_foot_row(alpha) * (1 - FOOT_SHARE))
    # Straight up from the foot's lowest row, as flat as a low camera sees it.
    fall = (0.0, -CONTACT_FLATNESS)
    blurs = (CONTACT_BLUR, CONTACT_BLUR)
    return _project_shadow(alpha[top:], (x, y + top), fall, blurs)


def render_spot_shadow(
    box: Box, ground_row: float, light: Light | None, pitch: float
) -> ShadowLayer:
    """Renders the shadow on the ground below a product that floats: a wide, pale, soft spot.

    The higher the product floats, the wider and paler the spot. Its depth is uint8.

    box: x, y, width and height of the product on the canvas.
    ground_row: of the canvas, on which the spot is centered; below the box.
    light: moves the spot to the side; None for a high, diffuse light.
    pitch: how far the camera looks down, in degrees.
    """
    x, y, width, height = box
    gap = ground_row - (y + height)
    sigma = SPOT_WIDTH * width + SPOT_GROWTH * gap
    flatness = max(MIN_SPOT_FLATNESS, math.sin(math.radians(pitch)))
    right, _ = compute_shadow_fall(light or DEFAULT_LIGHT, pitch)
    shift = max(-MAX_SPOT_SHIFT * width, min(right * gap, MAX_SPOT_SHIFT * width))
    # Three sigmas of a Gaussian contain all of it that shows.
    reach_x, reach_y = math.ceil(3 * sigma), math.ceil(3 * sigma * flatness)
    across = np.exp(-0.5 * (np.arange(-reach_x, reach_x + 1) / sigma) ** 2)
    down = np.exp(-0.5 * (np.arange(-reach_y, reach_y + 1) / (sigma * flatness)) ** 2)
    darkness = 1 / (1 + SPOT_FADING * gap / width)
    depth = np.rint(255 * darkness * np.outer(down, across)).astype(np.uint8)
    center_x = x + width / 2 + shift
    return ShadowLayer(depth, round(center_x) - reach_x, round(ground_row) - reach_y)


def _project_shadow(
    alpha: np.ndarray,
    position: tuple[int, int],
    fall: tuple[float, float],
    blurs: tuple[float, float],
) -> ShadowLayer:
    """Lays a silhouette on the ground about its foot, as its shadow, and blurs it.

    Works at a reduced size. The shadow's layer is larger than the shadow, by a margin for the blur.

    alpha: uint8 (h, w), the product's.
    position: x and y of its top left on the canvas.
    fall: pixels right and down that the shadow falls per pixel of height above the foot.
    blurs: sigmas at the foot and at the shadow's end, as shares of the silhouette's extent.
    """
    height, width = alpha.shape
    extent = math.sqrt(height * width)
    factor = max(1, int(extent / WORKING_EXTENT))
    small_size = math.ceil(width / factor), math.ceil(height / factor)
    small = cv2.resize(alpha, small_size, interpolation=cv2.INTER_AREA)
    base = find_foot_row(small)
    sigma_at_foot, sigma_at_end = (share * extent / factor for share in blurs)
    # Three sigmas of a Gaussian contain all of it that shows.
    margin = math.ceil(3 * blurs[1] * extent / factor) + 2
    # Where the shadow of the silhouette's top ends, from the foot; left and top of the whole.
    right, down = (base * pixels for pixels in fall)
    left, top = min(0.0, right), min(0.0, down)
    shadow_size = (
        math.ceil(abs(down)) + 2 * margin,
        math.ceil(small.shape[1] + abs(right)) + 2 * margin,
    )
    projected = project_onto_ground(small, fall, base, (margin - left, margin - top), shadow_size)
    depth = _blur_with_distance(
        projected, base=margin - top, length=abs(down), sigmas=(sigma_at_foot, sigma_at_end)
    )
    enlarged = cv2.resize(depth, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    product_x, product_y = position
    return ShadowLayer(
        enlarged,
        x=product_x + round((left - margin) * factor),
        y=product_y + round((base + top - margin) * factor),
    )


def _blur_with_distance(
    projected: np.ndarray, base: float, length: float, sigmas: tuple[float, float]
) -> np.ndarray:
    """Blurs a shadow more, and fades it, the farther it is from the product's foot.

    Equal sigmas blur it evenly and without fading, as a contact shadow.

    projected: uint8 (h, w), the silhouette on the ground; the result has the same shape and type.
    base: the row of the foot.
    length: rows from there to the shadow's end.
    sigmas: of the blur at the foot and at the end, in pixels.
    """
    at_foot, at_end = (max(MIN_SIGMA, sigma) for sigma in sigmas)
    if sigmas[0] == sigmas[1]:
        return gaussian_blur(projected, at_foot, ACCURATE_BLUR)
    softened = soften_shadow(projected, base, length, (at_foot, at_end), FADING, ACCURATE_BLUR)
    return np.rint(softened).astype(np.uint8)
