"""Projects a standing product onto the ground as its cast shadow, as the camera sees it.

The product is replaced by an upright card that shows its silhouette and faces the light, as solids
of revolution look the same from all sides. Points u to the side of the middle and h above the
ground cast their shadow u along the card and h / tan(elevation) away from the light.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.blur import gaussian_blur
from services.imaging.foreshortening import sine_of_pitch
from services.imaging.scene import Light
from services.imaging.shadows import compute_shadow_blur, shadow_direction
from services.inpainting.footprint import Footprint
from services.inpainting.ground_frame import GroundFrame

# Longest cast shadow in heights of the product; longer ones leave the picture. Larger: longer
# shadows of low lights.
MAX_LENGTH = 1.5
# Darkness of a cast shadow at the product's foot under a hard light, and what the softest takes
# away: a larger light leaves less of a shadow. Larger: a darker shadow.
CAST_DARKNESS, SOFT_LOSS = 0.52, 0.26
# Share of that darkness that is lost from the foot to the shadow's end under a hard light, and what
# the softest adds. Larger: fainter ends.
CAST_FADING, SOFT_FADING = 0.25, 0.45
# Nearest that the horizon may lie above the base, in heights of the product. Nearer ones are errors
# of the scene, and would squeeze the shadow to a line.
MIN_HORIZON = 0.3
# By how much a card may widen per row above the base. Larger: wider shadows at the foot of products
# that bulge, which stick out from under them.
FLARE = 0.5
# Widths that are tried for a card to fit the base. Larger: finer steps.
CARD_STEPS = 33
# Pixels between the points at which the distance along a shadow is computed. Larger: faster, and
# steps show in the softness.
DISTANCE_STEP = 8


@dataclass(frozen=True)
class GroundView:
    """How the camera sees the ground and the product on it; lengths in pixels.

    pitch: at which it looks down on the ground, in degrees.
    horizon: how far the horizon lies above the middle of the base.
    extent: the geometric mean of the product's sides.
    top: the product's uppermost row.
    thickness: the product's depth as a share of its width, above 0 to 1.
    """

    pitch: float
    horizon: float
    extent: float
    top: int
    thickness: float


def compute_cast_darkness(
    mask: np.ndarray, footprint: Footprint, light: Light, view: GroundView, frame: GroundFrame
) -> np.ndarray:
    """Returns the darkness of a standing product's cast shadow in the frame, 0 to 1: float32.

    It blurs and fades with the distance from the foot.

    mask: uint8 alpha (H, W) of the product, in the frame's window.
    view: of the ground around the product.
    """
    projection = frame.matrix @ _project_card(footprint, light, view)
    card = _cut_card(mask, footprint)
    laid = cv2.warpPerspective(card, projection, frame.size).astype(np.float32) / 255
    laid = np.maximum(laid, frame.enter(footprint.shading_area))
    distance = _measure_distance(projection, footprint, frame)
    near, far = (share * view.extent * frame.sine for share in compute_shadow_blur(light))
    # Halfway is a blur of its own, as a mean of both ends would have a hard core.
    foot, middle, end = (gaussian_blur(laid, sigma) for sigma in (near, (near + far) / 2, far))
    first, second = np.clip(2 * distance, 0, 1), np.clip(2 * distance - 1, 0, 1)
    shadow = foot + (middle - foot) * first + (end - middle) * second
    darkness = CAST_DARKNESS - SOFT_LOSS * light.softness
    return darkness * shadow * (1 - (CAST_FADING + SOFT_FADING * light.softness) * distance)


def _cut_card(mask: np.ndarray, footprint: Footprint) -> np.ndarray:
    """Returns the silhouette above the middle of the base, no wider there than it: uint8 (H, W).

    mask: uint8 alpha (H, W).
    """
    _, row = footprint.center
    left, right, up = footprint.left, footprint.right, len(mask)
    flared = np.array(
        [(left, row), (right, row), (right + FLARE * up, row - up), (left - FLARE * up, row - up)]
    )
    card = np.zeros_like(mask)
    cv2.fillConvexPoly(card, np.rint(flared).astype(np.int32), 255)
    return cv2.min(card, mask)


def _project_card(footprint: Footprint, light: Light, view: GroundView) -> np.ndarray:
    """Returns the projection of a product's card onto the ground: float (3, 3).

    It maps (column, row, 1) of the silhouette to where its shadow falls in the picture.
    """
    right, near = shadow_direction(light.azimuth)
    # Across the light, to the right.
    side_right, side_near = (-near, right) if near <= 0 else (near, -right)
    # The cross-section is an ellipse of which the light sees this share of the width.
    seen = math.hypot(side_right, view.thickness * side_near)
    sine = sine_of_pitch(view.pitch)
    seen = min(seen, _measure_room(footprint, side_right, side_near * sine))
    column, row = footprint.center
    # Height above the ground per row of the card, whose upper end the pitch shows too high.
    rise = 1 / math.cos(math.radians(view.pitch))
    rise *= (row - footprint.top) / max(row - view.top, 1)
    length = min(MAX_LENGTH, 1 / math.tan(math.radians(max(light.elevation, 1)))) * rise
    lay = np.array(
        [
            [seen * side_right, -length * right, 0],
            [seen * side_near * sine, -length * near * sine, 0],
            [0, 0, 1],
        ]
    )
    # Rows that the ground below the horizon takes shrink as they approach it.
    lay[2, :2] = -lay[1, :2] / view.horizon
    to_middle = np.array([[1, 0, -column], [0, 1, -row], [0, 0, 1]])
    to_picture = np.array([[1, 0, column], [0, 1, row], [0, 0, 1]])
    return to_picture @ lay @ to_middle


def _measure_room(footprint: Footprint, right: float, down: float) -> float:
    """Returns the largest share of the base's width that a card may have to lie within the base.

    A corner of a box that points to the camera leaves less room than a round base.

    right, down: the direction of the card on the ground as it is seen, per pixel of its width.
    """
    shares = np.linspace(0, 1, CARD_STEPS)
    toward_camera = 1 if down >= 0 else -1
    column, row = footprint.center
    reach = shares * footprint.half_width * toward_camera
    columns = np.clip(np.rint(column + reach * right).astype(int), 0, len(footprint.front) - 1)
    fits = row + reach * down <= footprint.front[columns]
    # The middle of the base always fits.
    widest = max(1, int(np.count_nonzero(np.logical_and.accumulate(fits[1:]))))
    return float(shares[widest])


def _measure_distance(
    projection: np.ndarray, footprint: Footprint, frame: GroundFrame
) -> np.ndarray:
    """Returns how far along the shadow each pixel is: float32 (h, w), 0 at the foot, 1 at its end.

    projection: float (3, 3), of the silhouette into the frame.
    """
    width, height = frame.size
    coarse = -(-width // DISTANCE_STEP), -(-height // DISTANCE_STEP)
    # Centers of the coarse pixels, each (column, row) in the frame.
    places = np.mgrid[: coarse[1], : coarse[0]][::-1].reshape(2, -1) * float(DISTANCE_STEP)
    places += (DISTANCE_STEP - 1) / 2
    _, rows, scale = np.linalg.inv(projection) @ np.vstack([places, np.ones(places.shape[1])])
    _, middle = footprint.center
    # A scale of 0 or less is beyond the horizon.
    share = (middle - rows / np.maximum(scale, 1e-6)) / max(middle - footprint.top, 1)
    distance = np.where(scale > 0, np.clip(share, 0, 1), 1).astype(np.float32)
    size = coarse[0] * DISTANCE_STEP, coarse[1] * DISTANCE_STEP
    return cv2.resize(distance.reshape(coarse[::-1]), size)[:height, :width]
