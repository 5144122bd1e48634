"""Finds the clear body below an opaque part, such as the glass of a jar of which a lid was found.

Walls of glass before a bright backdrop are lines of one or two levels, which are lost in the noise
of single pixels but not in the mean along an outline: two walls down from the part, which touch the
lower half of an ellipse, the foot of anything round. Shadows and reflections have no such lines,
and those of plates and tables do not lead to the part at both sides.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np

from services.imaging.box import Box, crop_to_box, find_bounding_box, widen_box
from services.imaging.color import lab_from_srgb
from services.runtime.guards.cancellation import check_active
from services.segmentation.confidence import render_mask
from services.segmentation.engine import SegmentationResult
from services.segmentation.faint_lines import FaintLines, measure_faint_lines
from services.segmentation.scale import shrink_to_side

# Width in pixels to which the part is shrunk. Larger: finer lines, in proportionally more time.
PART_WIDTH = 160
# How far the window in which a body is sought continues past the part, in widths of the part: to
# each side, and down. Larger: wider or longer bodies, and more places for chance.
SIDE_MARGIN, LOWER_MARGIN = 0.35, 2.2

# Half widths of the foot in half widths of the part, its heights per width, and how far its middle
# is off the part's, in pixels.
FOOT_WIDTHS = np.arange(0.5, 1.2, 0.025)
FOOT_FLATNESS = (0.05, 0.1, 0.15, 0.2, 0.27, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85)
FOOT_OFFSETS = np.arange(-6, 7, 2)
# Rows between the feet that are tried.
FOOT_STEP = 2.0
# Angles of the lower half of the foot, whose ends merge with the walls; 90 degrees is its lowest
# point. Each of its thirds must be a line.
FOOT_ANGLES = np.deg2rad(np.linspace(20, 160, 48))
# Every how many of them are traced first, and the share of POSSIBLE_FOOT that they must have.
SKETCH_STEP, SKETCH_SHARE = 4, 0.7
# Feet whose walls are sought: the best of each width and flatness, and the best of those.
BEST_FEET, MAX_FEET = 2, 40
# Least length of the body below the part, in half widths of the part. Smaller: contact shadows and
# rims count as bodies.
MIN_LENGTH = 0.5
# Half widths of the body at the part, in half widths of the part; and sizes of the ellipse that the
# walls touch, in those of the foot, whose outer edge may be fainter than the inner one.
TOP_WIDTHS = np.arange(0.6, 1.08, 0.0125)
TOUCHED_SIZES = np.arange(1, 1.41, 0.05)
# By how much both walls may differ in these. Larger: chance and shadows replace a wall.
MAX_WIDTH_DIFFERENCE, MAX_SIZE_DIFFERENCE = 0.1, 0.15
# Places along a wall that are traced.
WALL_STEPS = np.linspace(0.05, 1, 50)
# Strength of the foot and of the weaker wall from which on a body is possible, and from which on
# it is certain. Products without one have at most 0.2 at the foot. Smaller: chance counts.
POSSIBLE_FOOT, POSSIBLE_WALL = 0.4, 0.18
CERTAIN_FOOT, CERTAIN_WALL = 0.6, 0.3


@dataclass(frozen=True)
class ClearBody:
    """The outline of a body below a part.

    outline: float32 (n, 2), x and y in pixels of the photo, convex.
    is_certain: whether chance has no lines as strong.
    """

    outline: np.ndarray
    is_certain: bool

    @property
    def bounds(self) -> Box:
        """The smallest box around the outline: x, y, width, height in pixels of the photo."""
        low, high = np.floor(self.outline.min(axis=0)), np.ceil(self.outline.max(axis=0))
        left, top, right, bottom = (int(value) for value in (*low, *high))
        return left, top, right - left, bottom - top

    def render_alpha(self, box: Box) -> np.ndarray:
        """Renders the body in a box of the photo: uint8 (h, w), 255 inside, smooth at its edge."""
        alpha = np.zeros((box[3], box[2]), np.uint8)
        # In sixteenths of a pixel, from the center of the first one, as OpenCV counts.
        points = np.rint((self.outline - np.array(box[:2], np.float32) - 0.5) * 16).astype(np.int32)
        return cv2.fillConvexPoly(alpha, points, 255, cv2.LINE_AA, shift=4)


class _Foot(NamedTuple):
    """An ellipse on the ground: strength, 0 to 1, then center and semi-axes in pixels."""

    strength: float
    x: float
    y: float
    across: float
    down: float


class _Walls(NamedTuple):
    """Possible walls at one side of a body, by index.

    strength: float (n,), 0 to 1. top_width, size: float (n,), of TOP_WIDTHS and TOUCHED_SIZES.
    top, end: x and y where a wall leaves the part and touches the foot, (2, n) in pixels.
    """

    strength: np.ndarray
    top_width: np.ndarray
    size: np.ndarray
    top: np.ndarray
    end: np.ndarray


def find_clear_body(photo: np.ndarray, result: SegmentationResult) -> ClearBody | None:
    """Returns the possible body below a product of which only an opaque part was found, or None.

    It may be of glass, or of the backdrop's color. It stands upright, is round or looks like it,
    and is hardly wider than the part.

    photo: uint8 RGB (H, W, 3), with a plain background. result: of an engine.
    """
    window = _choose_window(photo, result)
    shrink = min(1.0, PART_WIDTH / result.bounds[2])
    small = shrink_to_side(crop_to_box(photo, window), max(1, round(shrink * max(window[2:]))))
    part = render_mask(result, window, small.shape)
    if not part.any():
        return None
    lightness = np.ascontiguousarray(lab_from_srgb(small)[..., 0])
    body = _fit_body(measure_faint_lines(lightness, part))
    if body is None:
        return None
    return replace(body, outline=convert_outline(body.outline, small.shape, window))


def convert_outline(outline: np.ndarray, shape: tuple[int, ...], window: Box) -> np.ndarray:
    """Converts an outline in a small image of a window to pixels of the photo.

    outline: (n, 2), x and y, within the image. shape: of the image; begins with height and width.
    window: x, y, width, height in pixels of the photo. The result is float32 (n, 2), and within
    the window.
    """
    size = np.array(window[2:], np.float32)
    inside = (outline + 0.5) * (size / np.array(shape[1::-1], np.float32))
    return (np.clip(inside, 0, size) + np.array(window[:2], np.float32)).astype(np.float32)


def _choose_window(photo: np.ndarray, result: SegmentationResult) -> Box:
    """Returns the box in which a body is sought: x, y, width, height in pixels of the photo."""
    _, y, width, height = result.bounds
    left, _, across, _ = widen_box(result.bounds, SIDE_MARGIN * width, *photo.shape[:2])
    down = min(photo.shape[0] - y, height + round(LOWER_MARGIN * width))
    return left, y, across, down


def _fit_body(lines: FaintLines) -> ClearBody | None:
    """Returns the body with the strongest lines, in pixels of these; None if none is possible."""
    best, best_merit = None, 0.0
    for foot in sorted(_find_feet(lines), reverse=True)[:MAX_FEET]:
        check_active()
        left, right = (_trace_walls(lines, foot, side) for side in (-1, 1))
        one, other = _pair_walls(left, right)
        wall = float(min(left.strength[one], right.strength[other]))
        merit = foot.strength * left.strength[one] * right.strength[other]
        if wall >= POSSIBLE_WALL and merit > best_merit:
            outline = _draw_outline(foot, left, one, right, other)
            is_certain = foot.strength >= CERTAIN_FOOT and wall >= CERTAIN_WALL
            best, best_merit = ClearBody(outline, is_certain), merit
    return best


def _find_feet(lines: FaintLines) -> Iterator[_Foot]:
    """Yields the ellipses below the part whose lower half may be a line."""
    left, top, width, height = find_bounding_box(lines.part)
    half, middle, bottom = width / 2, left + width / 2, top + height
    offsets = middle + FOOT_OFFSETS[:, None, None]
    cosines, sines = np.cos(FOOT_ANGLES), np.sin(FOOT_ANGLES)
    for across in half * FOOT_WIDTHS:
        check_active()
        for down in across * np.array(FOOT_FLATNESS):
            lowest = np.arange(bottom + MIN_LENGTH * half, len(lines.part) - 2, FOOT_STEP)
            if not lowest.size:
                return
            x, y = np.broadcast_arrays(
                offsets + across * cosines, (lowest - down)[None, :, None] + down * sines
            )
            strength = _rate_feet(lines, x, y)
            for index in np.argsort(strength, axis=None)[-BEST_FEET:]:
                column, row = np.unravel_index(index, strength.shape)
                if strength[column, row] >= POSSIBLE_FOOT:
                    yield _Foot(
                        float(strength[column, row]),
                        float(offsets[column, 0, 0]),
                        float(lowest[row] - down),
                        float(across),
                        float(down),
                    )


def _rate_feet(lines: FaintLines, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns how strong a line each row of points is, in all and in its weakest third, 0 to 1.

    x, y: (..., n), n divisible by three. Rows with a point that is unknown count 0.
    """
    strength = np.zeros(x.shape[:-1])
    sketch, is_known = lines.trace(x[..., ::SKETCH_STEP], y[..., ::SKETCH_STEP])
    is_line = is_known.all(axis=-1) & (np.abs(sketch.mean(axis=-1)) >= SKETCH_SHARE * POSSIBLE_FOOT)
    contrast, is_known = lines.trace(x[is_line], y[is_line])
    thirds = np.abs(contrast.reshape(len(contrast), 3, x.shape[-1] // 3).mean(axis=-1))
    both = (np.abs(contrast.mean(axis=-1)) + thirds.min(axis=-1, initial=1)) / 2
    strength[is_line] = np.where(is_known.all(axis=-1), both, 0)
    return strength


def _trace_walls(lines: FaintLines, foot: _Foot, side: int) -> _Walls:
    """Returns the possible walls from the part down to a foot; side: -1 is left, 1 is right."""
    left, _, width, _ = find_bounding_box(lines.part)
    top_width, size = (each.ravel() for each in np.meshgrid(TOP_WIDTHS, TOUCHED_SIZES))
    x = foot.x + side * top_width * width / 2
    column = np.rint(x).astype(int).clip(left + 1, left + width - 2)
    # The lowest row of the part in each column.
    y = len(lines.part) - 1.0 - lines.part[::-1].argmax(axis=0)[column]
    end = _find_tangent(foot, size, x, y, side)
    top = np.stack([x, y])
    strength = lines.rate(*(top[..., None] + (end - top)[..., None] * WALL_STEPS))
    return _Walls(strength, top_width, size, top, end)


def _find_tangent(
    foot: _Foot, size: np.ndarray, x: np.ndarray, y: np.ndarray, side: int
) -> np.ndarray:
    """Returns where the outer tangents from points touch an enlarged foot: x and y, (2, n).

    size: of the foot, (n,). x, y: of the points, (n,). side: -1 is left, 1 is right.
    """
    across, down = size * foot.across, size * foot.down
    # On a circle of radius one, seen from u, v; points within it have no tangent but the nearest.
    u, v = (x - foot.x) / across, (y - foot.y) / down
    square = np.maximum(u * u + v * v, 1 + 1e-4)
    root = np.sqrt(square - 1)
    one = np.stack([u - root * v, v + root * u]) / square
    other = np.stack([u + root * v, v - root * u]) / square
    touched = np.where(side * one[0] > side * other[0], one, other)
    return np.stack([foot.x + across * touched[0], foot.y + down * touched[1]])


def _pair_walls(left: _Walls, right: _Walls) -> tuple[int, int]:
    """Returns the indices of the strongest left and right walls that are as good as symmetric."""
    merit = left.strength[:, None] * right.strength
    merit *= np.abs(left.top_width[:, None] - right.top_width) <= MAX_WIDTH_DIFFERENCE
    merit *= np.abs(left.size[:, None] - right.size) <= MAX_SIZE_DIFFERENCE
    one, other = np.unravel_index(merit.argmax(), merit.shape)
    return int(one), int(other)


def _draw_outline(foot: _Foot, left: _Walls, one: int, right: _Walls, other: int) -> np.ndarray:
    """Returns the convex outline of walls and foot: float32 (n, 2), x and y in pixels.

    one, other: indices of the left and of the right wall.
    """
    angles = np.deg2rad(np.linspace(0, 180, 91))
    is_right = angles < np.pi / 2
    # The ellipse that a wall touches may be larger than the foot, whose lowest point is a line.
    size = 1 + (np.where(is_right, right.size[other], left.size[one]) - 1) * np.abs(np.cos(angles))
    x = foot.x + size * foot.across * np.cos(angles)
    y = foot.y + size * foot.down * np.sin(angles)
    # Above the points of contact the walls bound the body.
    is_below = y >= np.where(is_right, right.end[1, other], left.end[1, one])
    corners = [left.top[:, one], left.end[:, one], right.end[:, other], right.top[:, other]]
    points = np.concatenate([corners, np.stack([x, y], axis=1)[is_below]])
    return cv2.convexHull(points.astype(np.float32))[:, 0]
