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
    """Returns in which direction along the ground shadows fall: a unit vector away from the light.

    azimuth: where the light comes from in degrees: 0 from behind the camera, 90 from the right.
    Returns (right, towards the camera).
    """
    angle = math.radians(azimuth)
    return -math.sin(angle), -math.cos(angle)


def compute_shadow_length(height: float, light: Light, lowest: float) -> float:
    """Returns how far along the ground the shadow of a point falls.

    height: of the point above the ground, in any unit; the result has the same.
    light: its elevation counts, the angle above the ground.
    lowest: elevation in degrees that replaces lower ones, so that the shadow stays finite.
    """
    return height / math.tan(math.radians(max(light.elevation, lowest)))


def compute_shadow_fall(light: Light, pitch: float) -> tuple[float, float]:
    """Returns how many pixels right and down a shadow falls per pixel of a point's height.

    Down is never near 0, in which case the shadow would vanish. Negative values mean left and up.

    light: the main light of the scene.
    pitch: degrees that the camera looks down.
    """
    reach = min(MAX_REACH, compute_shadow_length(height=1, light=light, lowest=MIN_ELEVATION))
    right, down = shadow_direction(light.azimuth)
    down = down * reach * math.sin(math.radians(pitch))
    # Up, behind the product, unless the shadow clearly falls towards the camera.
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
    """Lays a silhouette on the ground as its shadow: shears it about its foot row and moves it.

    A pixel in column x, z rows above the foot, moves to column x + fall[0] * z + shift[0] and to
    row fall[1] * z + shift[1].

    alpha: uint8 (h, w), the silhouette.
    fall: pixels right and down that the shadow falls per pixel of height.
    base: row of `alpha` at which the product touches the ground.
    shift: column and row of the result to which (column 0, row `base`) moves.
    size: height and width of the result.
    Returns uint8 (height, width).
    """
    right, down = fall
    # Rows for the new column and row, each as factors of the old column, the old row, and 1.
    shear = [[1, -right, right * base + shift[0]], [0, -down, down * base + shift[1]]]
    # OpenCV takes width and height.
    return cv2.warpAffine(alpha, np.array(shear, np.float32), size[::-1])


def compute_shadow_blur(light: Light) -> tuple[float, float]:
    """Returns how soft a shadow's edge is at the product's foot, and at the shadow's far end.

    light: its softness counts, 0 to 1.
    Both are sigmas of a Gaussian blur, as shares of the product's extent.
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
    """Blurs and fades a shadow, more with the distance from the product's foot.

    laid: uint8 or float32 (h, w), the silhouette laid on the ground.
    base: the row of the foot.
    length: rows from there to the far end, up or down.
    sigmas: of the Gaussian blur at the foot and at the far end, in pixels.
    fading: share of the darkness lost at the far end, 0 to 1.
    reduction: how far to shrink the image to blur it faster.
    Returns float32 (h, w), in the range of `laid`.
    """
    near, far = (gaussian_blur(laid, sigma, reduction) for sigma in sigmas)
    # A column vector, 0 at the foot and 1 at the far end, that mixes the two blurs row by row.
    rows = np.arange(laid.shape[0], dtype=np.float32)[:, None]
    distance = np.clip(np.abs(rows - base) / max(length, 1.0), 0, 1)
    return (near * (1 - distance) + far * distance) * (1 - fading * distance)
