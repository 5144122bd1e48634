"""Computes the darkness of shadows of lying and floating products, and the parts of contact."""

import cv2
import numpy as np

from services.imaging.blur import gaussian_blur
from services.imaging.box import Box
from services.imaging.scene import Light
from services.imaging.shadows import compute_shadow_length, shadow_direction
from services.inpainting.contact import ContactBlurs, cover_ground
from services.inpainting.ground_frame import GroundFrame

# Of a contact shadow: a line, a crease, a core, a soft outskirt and the dimmed ground around.
CONTACT_BLURS: ContactBlurs = ((0.6, 0.012), (0.42, 0.03), (0.28, 0.06), (0.22, 0.13), (0.12, 0.28))
# Of the shadow on the ground below a floating product: its darkness where the product is near, its
# radius, and its sigma, as shares of the product's width; how much wider the sigma becomes per
# pixel of the gap between them, and how much paler per gap in widths. Larger: darker, wider,
# softer, paler.
FLOATING_DARKNESS, FLOATING_RADIUS, FLOATING_BLUR = 0.5, 0.34, 0.1
FLOATING_GROWTH, FLOATING_FADING = 0.16, 0.4
# Largest shift of that shadow to the side, as a share of the product's width. Larger: under a low
# light, the shadow looks like that of another thing.
MAX_FLOATING_SHIFT = 0.35
# Smallest elevation of a light over a floating product, in degrees.
MIN_FLOATING_ELEVATION = 30
# Darkness of a lying product's cast shadow and of the crease under its edge. Larger: darker.
LYING_DARKNESS, LYING_CREASE = 0.42, 0.62
# A lying product's thickness, and the sigma of the crease, as shares of its extent; how far under
# the rounded edge the crease begins, as a share of the shadow's length. Larger: longer and wider
# shadows.
LYING_THICKNESS, LYING_CREASE_REACH, LYING_UNDERCUT = 0.035, 0.01, 0.45
# Sigma of a lying product's cast shadow as shares of its extent: under a hard light, and what is
# added under the softest per share of the shadow's softness. Larger: softer edges.
LYING_BLUR, LYING_SOFT_BLUR = 0.006, 0.02
# Softness of the light over a lying product in a scene without one. Larger: softer edges.
LYING_DEFAULT_SOFTNESS = 0.6
# Smallest elevation of a light over a lying product, in degrees. Lower lights would draw the shadow
# out from under the product's rounded edge.
MIN_LYING_ELEVATION = 25


def compute_lying_darkness(
    mask: np.ndarray, light: Light | None, sine: float, extent: float
) -> np.ndarray:
    """Returns the darkness of the shadow of a lying product, 0 to 1.

    The result is float32 (H, W): a crease under the product's rounded edge on the side away from
    the light, and a soft cast shadow.

    mask: uint8 alpha (H, W) of the product.
    light: None for a diffuse light from the top of the picture.
    sine: the foreshortening of the ground, above 0 to 1: 1 where it is seen from above.
    extent: the geometric mean of the product's sides, in pixels.
    """
    right, down, softness = (share * extent for share in _choose_lying_fall(light))
    down *= sine
    under = _shift(mask, LYING_UNDERCUT * right, LYING_UNDERCUT * down)
    # Moved so far that only its shadow's side shows from under the product. Thin parts cast a faint
    # crease, as a blur of all of them leaves no beads along the pixels of a line.
    crease = LYING_CREASE * cover_ground(
        under.astype(np.float32) / 255, LYING_CREASE_REACH * extent
    )
    sigma = LYING_BLUR * extent + LYING_SOFT_BLUR * softness
    cast = gaussian_blur(_shift(mask, right, down).astype(np.float32) / 255, sigma)
    return 1 - (1 - crease) * (1 - LYING_DARKNESS * cast)


def compute_floating_darkness(
    box: Box, ground: float, light: Light | None, frame: GroundFrame
) -> np.ndarray:
    """Returns the darkness of the shadow on the ground below a product that floats, 0 to 1.

    The result is float32 (H, W), in the frame: a soft disc, wider and paler the higher the product
    floats. It is empty where the product reaches down to the ground line.

    box: x, y, width and height of the product in the frame's window, in pixels.
    ground: row of the ground line there.
    light: moves the disc to the side; None for a light from above.
    """
    left, top, width, height = box
    darkness, gap = np.zeros(frame.size[::-1], np.float32), ground - (top + height)
    if gap <= 0:
        return darkness
    shift = 0.0
    if light:
        right, _ = shadow_direction(light.azimuth)
        shift = right * compute_shadow_length(gap, light, MIN_FLOATING_ELEVATION)
    shift = min(max(shift, -MAX_FLOATING_SHIFT * width), MAX_FLOATING_SHIFT * width)
    column, row, _ = np.rint(frame.matrix @ (left + width / 2 + shift, ground, 1)).astype(int)
    radius = round(FLOATING_RADIUS * width * frame.sine)
    cv2.circle(darkness, (int(column), int(row)), radius, 1.0, cv2.FILLED)
    sigma = (FLOATING_BLUR * width + FLOATING_GROWTH * gap) * frame.sine
    paleness = 1 + FLOATING_FADING * gap / width
    return FLOATING_DARKNESS / paleness * gaussian_blur(darkness, sigma)


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
