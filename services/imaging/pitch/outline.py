"""Traces a product's outline, and its arcs at foot and top as functions of their direction."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

# Width of the smoothing as a share of the product's longer side. Larger: corners are rounded off.
SMOOTHING = 0.006
# Degrees from level up to which the outline belongs to the foot or the top. Larger: the sides of
# tapered products count as a part of it.
STEEPEST = 72
# Directions in which an arc is measured, denser near straight down, where flat ellipses differ.
DIRECTIONS = np.radians(STEEPEST) * np.linspace(-1, 1, 49) ** 3
# Share of the product's height in which its width just above a bottom edge is compared, and the
# share of that width from which on it runs out of the photo there. Larger: round feet that touch
# the edge are measured, and so are cut ones.
CUT_BAND, CUT_SHARE = 0.05, 0.6
# How far an arc may turn back down, as a share of the product's longer side. Larger: feet and
# straps next to each other count as one end.
TURN_BACK = 0.015
# Fewest pixels across an arc; smaller ones show no ellipse.
MIN_ARC_WIDTH = 12


@dataclass(frozen=True)
class EndArc:
    """The part of an outline that faces down, at the foot, or up, at the top.

    support: float (49,), how far the arc reaches in each of DIRECTIONS, in traced pixels: the
        support function of its convex hull. Of the top, with the vertical axis turned over.
    half_width: of the arc, in traced pixels.
    middle: column of its middle.
    """

    support: np.ndarray
    half_width: float
    middle: float


def trace_outline(solid: np.ndarray) -> np.ndarray:
    """Returns the smoothed outer outline of the largest part: float (n, 2) of x, y; (0, 2) if none.

    solid: bool (h, w).
    """
    padded = cv2.copyMakeBorder(solid.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    contours, _ = cv2.findContours(padded, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return np.zeros((0, 2))
    longest = max(contours, key=cv2.contourArea)[:, 0, :].astype(float)
    # The outline runs through the centers of pixels, from the padding's origin.
    return _smooth(longest - 0.5, SMOOTHING * max(np.ptp(longest, axis=0)))


def measure_arc(outline: np.ndarray, facing_down: bool) -> EndArc | None:
    """Returns the arc of an outline around its lowest or highest point; None if it is tiny.

    outline: float (n, 2) of x, y in a closed curve.
    """
    points = outline if facing_down else outline * [1, -1]
    arc = _follow_arc(points)
    width = float(np.ptp(arc[:, 0]))
    if width < MIN_ARC_WIDTH:
        return None
    normals = np.stack([np.sin(DIRECTIONS), np.cos(DIRECTIONS)])
    # Pixels' centers lie half a pixel within the outline.
    support = (arc @ normals).max(axis=0) + 0.5
    return EndArc(support, width / 2, float(arc[:, 0].min() + width / 2))


def is_cut_at_bottom(solid: np.ndarray) -> bool:
    """Whether the product runs out of the picture below, rather than touching its edge.

    solid: bool (h, w), not empty.
    """
    rows = np.flatnonzero(solid.any(axis=1))
    if rows[-1] < len(solid) - 2:
        return False
    band = solid[rows[-1] - max(2, round(CUT_BAND * len(rows))) : rows[-1] + 1].sum(axis=1)
    return bool(band[-1] > CUT_SHARE * band.max())


def _smooth(curve: np.ndarray, width: float) -> np.ndarray:
    """Blurs a closed curve, float (n, 2), by a Gaussian of this standard deviation in points."""
    reach = max(1, math.ceil(3 * width))
    if len(curve) < 2 * reach + 1 or width < 0.3:
        return curve
    kernel = cv2.getGaussianKernel(2 * reach + 1, width)[:, 0]
    wrapped = np.concatenate([curve[-reach:], curve, curve[:reach]])
    return np.stack([np.convolve(wrapped[:, k], kernel, "valid") for k in (0, 1)], axis=1)


def _follow_arc(points: np.ndarray) -> np.ndarray:
    """Returns the points around the lowest one until the curve gets too steep: float (m, 2)."""
    count = len(points)
    lowest = int(np.argmax(points[:, 1]))
    rolled = np.roll(points, count // 2 - lowest, axis=0)
    size = float(max(np.ptp(points, axis=0)))
    step = max(1, round(SMOOTHING * size))
    tangent = np.roll(rolled, -step, axis=0) - np.roll(rolled, step, axis=0)
    # The sign of x along the bottom tells in which direction the curve runs.
    along = tangent[:, 0] * (1 if tangent[count // 2, 0] >= 0 else -1)
    is_steep = along < math.cos(math.radians(STEEPEST)) * np.hypot(*tangent.T)
    is_end = is_steep | _turns_back(rolled[:, 1], count // 2, TURN_BACK * size)
    before = np.flatnonzero(is_end[: count // 2])
    after = np.flatnonzero(is_end[count // 2 + 1 :])
    start = before[-1] if len(before) else 0
    end = count // 2 + 1 + (after[0] if len(after) else count // 2 - 1)
    return rolled[start : end + 1]


def _turns_back(rows: np.ndarray, lowest: int, tolerance: float) -> np.ndarray:
    """Returns where a curve has turned down again on its way from the lowest point: bool (n,).

    rows: float (n,). lowest: index of the lowest point. tolerance: in pixels.
    """
    left = np.minimum.accumulate(rows[lowest::-1])[::-1]
    right = np.minimum.accumulate(rows[lowest + 1 :])
    return rows > np.concatenate([left, right]) + tolerance
