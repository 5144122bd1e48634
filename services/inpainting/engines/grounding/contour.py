"""Traces the lower outline of a standing product and where it touches the ground."""

from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.mask import find_most_solid_pixels

# Height above the base, as a share of the product's height, within which the outline touches the
# ground when the camera looks straight ahead. Larger: rounded undersides count as touching.
BASE_BAND = 0.07
# The same per sine of the pitch, as a share of the product's width: a base that is as deep as half
# of its width. Larger: the ground reaches further up the picture for a camera that looks down.
BASE_DEPTH = 0.25
# Feet that stand further back appear higher up: up to this share of the product's height they may
# still be feet. Larger: handles and overhangs get mistaken for feet.
MAX_FOOT_HEIGHT = 0.4
# Certainty of such a foot next to the base. Below 0.5, which surely touching columns exceed, so
# that its shadow is fainter (CERTAIN_CONTACT in shadows.py).
BACK_FOOT_WEIGHT = 0.45
# Width of a foot, and how far to both sides the outline has to rise, as shares of the width.
# Larger: only wider and lonelier feet are found.
FOOT_WIDTH, RISE_DISTANCE = 0.1, 0.2
# How far the outline has to rise next to a foot, and how far the foot's own underside may vary, as
# shares of the height. A larger rise finds fewer feet, a larger tolerance slanted ones as well.
MIN_RISE, FLATNESS_TOLERANCE = 0.03, 0.015


@dataclass(frozen=True)
class LowerContour:
    """The lower outline of a product.

    lowest: int (W,), the lowest solid row of each column, -1 for columns without product.
    weight: float32 (W,), the certainty that the column touches the ground, 0 to 1.
    base: the lowest row of all.
    """

    lowest: np.ndarray
    weight: np.ndarray
    base: int


def trace_lower_contour(mask: np.ndarray, pitch: float) -> LowerContour:
    """Finds each column's lowest pixel of a product, and how surely it touches the ground there.

    A column touches the ground if its lowest pixel is near the base. The more the camera looks
    down, the further up the picture the ground reaches. Higher columns touch, with less certainty,
    where the outline bulges downwards.

    mask: uint8 alpha (H, W), not empty.
    pitch: how far the camera looks down, in degrees.
    """
    solid = find_most_solid_pixels(mask)
    rows = np.arange(mask.shape[0])[:, None]
    lowest = np.where(solid, rows, -1).max(axis=0)
    base = int(lowest.max())
    columns = np.flatnonzero(lowest >= 0)
    width = int(columns[-1] - columns[0] + 1)
    top = int(np.flatnonzero(solid.any(axis=1))[0])
    height = base - top + 1
    # Rows above the base over which the ground under the product extends.
    depth = BASE_BAND * height + BASE_DEPTH * width * np.sin(np.radians(pitch))
    lift = (base - lowest) / max(depth, 1.0)
    # Certain up to a third of the depth, then less and less until the whole depth.
    near_base = np.clip(1.5 - 1.5 * lift, 0, 1)
    lift_as_foot = (base - lowest) / (MAX_FOOT_HEIGHT * height)
    back_foot = BACK_FOOT_WEIGHT * np.clip(1 - lift_as_foot, 0, 1)
    weight = np.maximum(near_base, np.where(_find_bulges(lowest, width, height), back_foot, 0))
    return LowerContour(lowest, np.where(lowest >= 0, weight, 0).astype(np.float32), base)


def _find_bulges(lowest: np.ndarray, width: int, height: int) -> np.ndarray:
    """Returns the columns where the outline bulges downwards, as at a foot: bool (W,).

    There it is lower than a little further to both sides, by at least MIN_RISE.

    lowest: int (W,), the lowest row of the product in each column, -1 for columns without it.
    width, height: the product's, in pixels.
    """
    # One row, so that dilating takes the lowest row (largest number) nearby, eroding the highest.
    line = lowest.astype(np.float32)[None]
    half_foot = max(1, round(FOOT_WIDTH / 2 * width))
    reach = max(1, round(RISE_DISTANCE * width))
    lowest_near = cv2.dilate(line, np.ones((1, 2 * half_foot + 1), np.uint8))
    to_left, to_right = np.zeros((2, 1, 2 * reach + 1), np.uint8)
    to_left[:, : reach + 1] = to_right[:, reach:] = 1
    highest_left, highest_right = (
        cv2.erode(line, kernel, borderValue=-1) for kernel in (to_left, to_right)
    )
    # The lower of both sides (the larger row), as the outline has to rise on each.
    lower_side = np.maximum(highest_left, highest_right)
    at_foot = line >= lowest_near - FLATNESS_TOLERANCE * height
    return (at_foot & (lower_side <= line - MIN_RISE * height))[0]
