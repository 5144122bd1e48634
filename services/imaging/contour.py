"""Traces the lower outline of a standing product and where it touches the ground."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.foreshortening import sine_of_pitch
from services.imaging.mask import find_most_solid_pixels

# Rise of the outline, as a share of the product's height, over which contact fades. Larger: rounded
# undersides count as touching.
FADING_RISE = 0.04
# Rows per column from which the outline is a flank instead of the base, per sine of the pitch, and
# the least for ground that is seen flat. A round base is flatter in the inner 94 % of its width.
# Larger: flanks touch the ground.
FLANK_SLOPE, MIN_FLANK_SLOPE = 2.8, 1.0
# Sigma over which the outline's slope is smoothed, as a share of the product's width. Larger: less
# noise of fur, and flanks blend into the base.
SLOPE_REACH = 0.015
# Rows by which the outline of one foot may jump from a column to the next, as a share of the
# product's height. Larger: a foot in front of another one counts as a part of it.
MAX_JUMP = 0.03
# Certainty of contact beyond the middle of the base, where a box or a shoe recedes, and of feet
# that stand further back. Larger: darker shadows there, and below what only hangs there.
RECEDING_WEIGHT = 0.7
# Foreshortening up to which wide parts of a product stand on the ground, however low the camera of
# the scene: photos are often taken from higher up, as at 30 degrees. Larger: wide parts that hang
# over the ground, such as the bodies of hairdryers, touch it.
RESTING_SINE = 0.5
# Width of a foot as a share of the distance between the ends of it and of the main foot, per
# foreshortening that it stands at. Larger: only wider parts stand farther back than the scene
# shows.
RESTING_WIDTH = 0.8
# Width of a foot, and how far to both sides the outline has to rise, as shares of the width.
# Larger: only wider and lonelier feet are found.
FOOT_WIDTH, RISE_DISTANCE = 0.1, 0.2
# How far the outline has to rise next to a foot, and how far the foot's own underside may vary, as
# shares of the height. A larger rise finds fewer feet, a larger tolerance slanted ones as well.
MIN_RISE, FLATNESS_TOLERANCE = 0.03, 0.015


@dataclass(frozen=True)
class Foot:
    """A part of the outline that faces down.

    columns: int (n,), neighbors from left to right.
    base: its lowest row.
    half_depth: rows from there to the middle of the foot, if it is as deep as wide.
    """

    columns: np.ndarray
    base: int
    half_depth: float


@dataclass(frozen=True)
class LowerContour:
    """The lower outline of a product.

    lowest: int (W,), the lowest solid row of each column, -1 for columns without product.
    weight: float32 (W,), the certainty that the column touches the ground, 0 to 1.
    base: the lowest row of all.
    feet: the parts that may touch the ground, from left to right.
    """

    lowest: np.ndarray
    weight: np.ndarray
    base: int
    feet: tuple[Foot, ...] = ()


def trace_lower_contour(mask: np.ndarray, pitch: float) -> LowerContour:
    """Finds each column's lowest pixel of a product, and how surely it touches the ground there.

    The foot with the lowest pixel touches the ground up to the middle of its base, and with less
    certainty further up the picture, where it recedes. Other feet touch it if they stand no further
    back than the base is deep, or are clearly feet.

    mask: uint8 alpha (H, W), not empty.
    pitch: at which the camera looks down on the ground, in degrees.
    """
    solid = find_most_solid_pixels(mask)
    rows = np.arange(mask.shape[0])[:, None]
    lowest = np.where(solid, rows, -1).max(axis=0)
    base = int(lowest.max())
    columns = np.flatnonzero(lowest >= 0)
    width = int(columns[-1] - columns[0] + 1)
    height = base - int(np.flatnonzero(solid.any(axis=1))[0]) + 1
    bulges = _find_bulges(lowest, width, height)
    faces_down = bulges | _find_down_facing(lowest, width, sine_of_pitch(pitch))
    all_feet = list(_split_feet(lowest, faces_down, height, sine_of_pitch(pitch)))
    main = max(all_feet, key=lambda foot: foot.base)
    fading, weight, feet = max(FADING_RISE * height, 1.0), np.zeros(len(lowest), np.float32), []
    for foot in all_feet:
        rise = foot.base - lowest[foot.columns]
        on_foot = np.maximum(
            _fade(rise - foot.half_depth, fading),
            RECEDING_WEIGHT * _fade(rise - 2 * foot.half_depth, fading),
        )
        bulging = bool(bulges[foot.columns].any()) or _rises_around(lowest, foot, width, height)
        certainty = _judge_foot(foot, main, bulging, pitch, fading)
        if certainty > 0:
            weight[foot.columns] = certainty * on_foot
            feet.append(foot)
    return LowerContour(lowest, weight, base, tuple(feet))


def _find_down_facing(lowest: np.ndarray, width: int, sine: float) -> np.ndarray:
    """Returns the columns where the outline faces down rather than aside: bool (W,), never empty.

    lowest: int (W,), the lowest row of the product in each column, -1 for columns without it.
    width: of the product, in pixels.
    sine: the foreshortening of the ground.
    """
    sigma = max(0.5, SLOPE_REACH * width)
    columns = np.flatnonzero(lowest >= 0)
    # Continued on both sides of the product, so that its ends have the slope that they have.
    line = np.interp(np.arange(len(lowest)), columns, lowest[columns]).astype(np.float32)
    slope = np.abs(np.gradient(cv2.GaussianBlur(line[None], (0, 0), sigma, sigmaY=1)[0]))
    # However steep the outline, its lowest pixels belong to a foot.
    return (lowest >= 0) & (
        (slope < max(MIN_FLANK_SLOPE, FLANK_SLOPE * sine)) | (lowest == lowest.max())
    )


def _split_feet(
    lowest: np.ndarray, faces_down: np.ndarray, height: int, sine: float
) -> Iterator[Foot]:
    """Yields the parts of an outline that face down, from left to right.

    lowest: int (W,), the lowest row of the product in each column.
    faces_down: bool (W,), the columns of all feet.
    height: of the product, in pixels.
    sine: the foreshortening of the ground.
    """
    columns = np.flatnonzero(faces_down)
    jumps = np.abs(np.diff(lowest[columns])) > max(2, MAX_JUMP * height)
    for part in np.split(columns, np.flatnonzero((np.diff(columns) > 1) | jumps) + 1):
        yield Foot(part, int(lowest[part].max()), sine * len(part) / 2)


def _judge_foot(foot: Foot, main: Foot, bulges: bool, pitch: float, fading: float) -> float:
    """Returns how surely a foot touches the ground, 0 to 1.

    main: the foot with the lowest pixel of all.
    bulges: whether the outline rises on both sides of the foot.
    pitch: at which the camera looks down on the ground, in degrees.
    fading: rows over which certainty fades.
    """
    if foot is main:
        return 1.0
    rise = main.base - foot.base
    # The two may be as far one behind the other as they are wide.
    ends = *foot.columns[[0, -1]], *main.columns[[0, -1]]
    span = max(ends) - min(ends) + 1
    resting = min(RESTING_SINE, len(foot.columns) / (RESTING_WIDTH * span))
    depth = max(sine_of_pitch(pitch), resting) * span if bulges else main.half_depth
    by_rise = _fade(np.array([rise, rise - depth]), fading) * (1, RECEDING_WEIGHT)
    return float(by_rise.max())


def _rises_around(lowest: np.ndarray, foot: Foot, width: int, height: int) -> bool:
    """Whether the outline only rises on both sides of a foot, however wide that is, by MIN_RISE.

    lowest: int (W,), the lowest row of the product in each column, -1 for columns without it.
    width, height: the product's, in pixels.
    """
    first, last = foot.columns[[0, -1]]
    reach, highest = max(1, round(RISE_DISTANCE * width)), foot.base - MIN_RISE * height
    sides = lowest[max(0, first - reach) : first], lowest[last + 1 : last + 1 + reach]
    return all(
        not side.size or (side.min() <= highest and side.max() <= foot.base) for side in sides
    )


def _fade(excess: np.ndarray, fading: float) -> np.ndarray:
    """Returns 1 up to an excess of 0, falling to 0 at `fading`: float, of the shape of `excess`."""
    return np.clip(1 - excess / fading, 0, 1)


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
