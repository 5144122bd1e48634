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
    """Traces the lower edge of a product and finds where it touches the ground.

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
    height = base - int(np.flatnonzero(solid.any(axis=1))[0]) + 1
    depth = BASE_BAND * height + BASE_DEPTH * width * np.sin(np.radians(pitch))
    lift = (base - lowest) / max(depth, 1.0)
    # Certain up to a third of the depth, then less and less until the whole depth.
    near = np.clip(1.5 - 1.5 * lift, 0, 1)
    back = BACK_FOOT_WEIGHT * np.clip(1 - (base - lowest) / (MAX_FOOT_HEIGHT * height), 0, 1)
    weight = np.maximum(near, np.where(_find_bulges(lowest, width, height), back, 0))
    return LowerContour(lowest, np.where(lowest >= 0, weight, 0).astype(np.float32), base)


def _find_bulges(lowest: np.ndarray, width: int, height: int) -> np.ndarray:
    """Returns where the outline, int (W,), is lower than on both sides: bool (W,)."""
    line = lowest.astype(np.float32)[None]
    foot, side = max(1, round(FOOT_WIDTH / 2 * width)), max(1, round(RISE_DISTANCE * width))
    lowest_near = cv2.dilate(line, np.ones((1, 2 * foot + 1), np.uint8))
    left, right = np.zeros((2, 1, 2 * side + 1), np.uint8)
    left[:, : side + 1] = right[:, side:] = 1
    highest_left, highest_right = (
        cv2.erode(line, kernel, borderValue=-1) for kernel in (left, right)
    )
    # The higher side has the smaller row.
    highest = np.maximum(highest_left, highest_right)
    at_foot = line >= lowest_near - FLATNESS_TOLERANCE * height
    return (at_foot & (highest <= line - MIN_RISE * height))[0]
