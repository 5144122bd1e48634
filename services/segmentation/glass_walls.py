"""Finds the walls between the rim and the foot of a glass, of which an engine found those alone."""

import cv2
import numpy as np

from services.imaging.box import crop_to_box, find_bounding_box, widen_box
from services.imaging.color import lab_from_srgb
from services.segmentation.clear_body import PART_WIDTH, ClearBody, convert_outline
from services.segmentation.confidence import render_mask
from services.segmentation.engine import SegmentationResult
from services.segmentation.faint_lines import FaintLines, measure_faint_lines
from services.segmentation.morphology import label_components
from services.segmentation.scale import shrink_to_side

# Margin around the parts, as a share of their longer side, whose ground shows how strong noise is.
MARGIN = 0.1
# A part counts from this share of the largest part's area on. Smaller: specks are joined.
MIN_PART_SHARE = 0.1
# Least gap between two parts as a share of the product's height. Smaller: bands become gaps.
MIN_GAP = 0.1
# Share of the narrower part's columns that the other must have too. Smaller: products in a row.
MIN_COVER = 0.6
# Distance in pixels up to which a wall may be off the straight line between both parts.
REACH = np.arange(-4, 5)
# Strength of the weaker wall from which on it exists: 0.1 at most without one, 0.18 of thin glass
# before a white backdrop.
CERTAIN_WALL = 0.15
# Points that are traced along a wall.
WALL_POINTS = 50


def find_walls(photo: np.ndarray, result: SegmentationResult) -> ClearBody | None:
    """Returns the body that two parts belong to, one above the other with a gap between.

    It is certain if there are lines between the sides of both, its walls.
    None if the product has no such parts.

    photo: uint8 RGB (H, W, 3), with a plain background. result: of an engine.
    """
    window = widen_box(result.bounds, MARGIN * max(result.bounds[2:]), *photo.shape[:2])
    shrink = min(1.0, PART_WIDTH / result.bounds[2])
    small = shrink_to_side(crop_to_box(photo, window), max(1, round(shrink * max(window[2:]))))
    mask = render_mask(result, window, small.shape)
    parts = _find_stacked_parts(mask)
    if parts is None:
        return None
    upper, lower = parts
    lines = measure_faint_lines(np.ascontiguousarray(lab_from_srgb(small)[..., 0]), mask)
    outline = cv2.convexHull(cv2.findNonZero((upper | lower).astype(np.uint8)))[:, 0]
    wall = min(_rate_side(lines, outline, upper, lower, side) for side in (-1, 1))
    enlarged = convert_outline(outline, small.shape, window)
    return ClearBody(enlarged, is_certain=wall >= CERTAIN_WALL)


def _find_stacked_parts(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Returns the upper and the lower part of a mask, bool (h, w); None without a gap between."""
    labels, areas = label_components(mask)
    large = np.flatnonzero(areas >= max(1.0, MIN_PART_SHARE * areas.max()))
    if len(large) != 2:
        return None
    parts = sorted((labels == each for each in large), key=lambda part: find_bounding_box(part)[1])
    upper, lower = parts
    (_, top, _, height), (_, below, _, _) = map(find_bounding_box, parts)
    columns = [part.any(axis=0) for part in parts]
    shared = np.count_nonzero(columns[0] & columns[1])
    is_stacked = shared >= MIN_COVER * min(np.count_nonzero(each) for each in columns)
    gap = below - top - height
    return (upper, lower) if is_stacked and gap >= MIN_GAP * find_bounding_box(mask)[3] else None


def _rate_side(
    lines: FaintLines, outline: np.ndarray, upper: np.ndarray, lower: np.ndarray, side: int
) -> float:
    """Returns how strong the line is along one side of an outline, between two parts, 0 to 1.

    outline: int32 (n, 2), convex. upper, lower: the parts, bool (h, w). side: -1 is left.
    """
    filled = cv2.fillConvexPoly(np.zeros(upper.shape, np.uint8), outline, 1) > 0
    _, top, _, height = find_bounding_box(upper)
    rows = np.linspace(top + height, find_bounding_box(lower)[1] - 1, WALL_POINTS)
    within = filled[np.rint(rows).astype(int)]
    columns = np.where(within, np.arange(filled.shape[1]), filled.shape[1] // 2)
    x = (columns.min(axis=1) if side < 0 else columns.max(axis=1)) + REACH[:, None]
    return float(lines.rate(x, np.broadcast_to(rows, x.shape)).max())
