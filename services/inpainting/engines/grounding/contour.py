"""Where a standing product touches the ground."""

from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.mask import find_most_solid_pixels

NEAR_BASE = 0.07
# Feet that stand further back appear higher up: so far, in heights of the product, they may still
# be feet, but never as surely as those near the base. How wide they are, and how far on both
# sides the contour rises beside them, are shares of width and height.
HIGHEST_FOOT, FOOT = 0.4, 0.45
FOOT_WIDTH, BESIDE, RISE, FLAT = 0.1, 0.2, 0.03, 0.015


@dataclass(frozen=True)
class Contour:
    """The lower outline of a product.

    lowest: int (W,), the lowest solid row of each column, -1 where there is none.
    weight: float32 (W,), how surely the column touches the ground, 0 to 1.
    base: the lowest row of all.
    """

    lowest: np.ndarray
    weight: np.ndarray
    base: int


def lower_contour(mask: np.ndarray, pitch: float) -> Contour:
    """Follows the lower edge of uint8 alpha (H, W) for a camera that looks down `pitch` degrees.

    A column touches where its lowest pixel is near the base; the more the camera looks down, the
    further up the picture the ground reaches under the product. Further up still, it touches a
    little where the contour bulges downwards.
    """
    solid = find_most_solid_pixels(mask)
    rows = np.arange(mask.shape[0])[:, None]
    lowest = np.where(solid, rows, -1).max(axis=0)
    base = int(lowest.max())
    columns = np.flatnonzero(lowest >= 0)
    width = columns[-1] - columns[0] + 1
    height = base - int(np.flatnonzero(solid.any(axis=1))[0]) + 1
    depth = NEAR_BASE * height + 0.25 * width * np.sin(np.radians(pitch))
    lift = (base - lowest) / max(depth, 1.0)
    near = np.clip(1.5 - 1.5 * lift, 0, 1)
    back = FOOT * np.clip(1 - (base - lowest) / (HIGHEST_FOOT * height), 0, 1)
    weight = np.maximum(near, np.where(_bulges(lowest, width, height), back, 0))
    return Contour(lowest, np.where(lowest >= 0, weight, 0).astype(np.float32), base)


def _bulges(lowest: np.ndarray, width: int, height: int) -> np.ndarray:
    """Where the contour is lower than on both sides: bool (W,)."""
    line = lowest.astype(np.float32)[None]
    reach, beside = max(1, round(FOOT_WIDTH / 2 * width)), max(1, round(BESIDE * width))
    lowest_near = cv2.dilate(line, np.ones((1, 2 * reach + 1), np.uint8))
    left, right = np.zeros((2, 1, 2 * beside + 1), np.uint8)
    left[:, : beside + 1] = right[:, beside:] = 1
    highest = np.maximum(*(cv2.erode(line, side, borderValue=-1) for side in (left, right)))
    return ((line >= lowest_near - FLAT * height) & (highest <= line - RISE * height))[0]
