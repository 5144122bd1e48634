"""Completes the outline of a glass: what its lines enclose belongs to it, however clear it is.

Cuts by color lose the clear middle of a glass, and networks see its lid alone.
"""

from dataclasses import replace

import cv2
import numpy as np

from services.imaging.box import (
    Box,
    crop_to_box,
    find_bounding_box,
    join_boxes,
    scale_box,
    slices_from_box,
    widen_box,
)
from services.imaging.color import lab_from_srgb
from services.imaging.mask import find_solid_pixels
from services.runtime.guards.cancellation import check_active
from services.segmentation.engine import SegmentationResult
from services.segmentation.morphology import dilate_mask, label_components
from services.segmentation.scale import shrink_cutout, shrink_to_side

# Longer side in pixels of the window in which lines are traced. Larger: finer lines are found.
TRACE_SIDE = 512
# Widest line, as a share of the product's longer side. Larger: shadows count as lines.
LINE_SHARE = 0.02
# Least contrast of a line in Lab units, and in medians of all contrast. Smaller: noise counts.
MIN_CONTRAST, MIN_NOISE_RATIO = 2.0, 4.0
# Least area of a line, as a share of the product's longer side squared, and distance up to which
# it is part of the product. Larger distance: shadows and neighbors join it.
MIN_LINE_AREA, JOIN_SHARE = 0.0005, 0.03
# Margin around the cut-out in which lines are traced, as a share of its longer side, and the same
# if the product is certainly of glass, so that of a jar the lid alone may have been found.
MARGIN, WIDE_MARGIN = 1.0, 2.0


def complete_glass(
    photo: np.ndarray, result: SegmentationResult, is_certain: bool
) -> SegmentationResult:
    """Returns a result whose cut-out includes all of a glass, with bounds to match.

    photo: uint8 RGB (H, W, 3). result: of an engine. is_certain: whether the product is of glass
        by its name, so that lines some way off belong to it.
    """
    margin = (WIDE_MARGIN if is_certain else MARGIN) * max(result.bounds[2:])
    window = widen_box(result.bounds, margin, *photo.shape[:2])
    small = shrink_to_side(crop_to_box(photo, window), TRACE_SIDE)
    shrink = small.shape[0] / window[3]
    mask = _render_mask(result, window, small.shape, shrink)
    complete = _fill_lines(mask | _trace_lines(small, mask, is_certain))
    if not (complete & ~mask).any():
        return result
    across, down = window[2] / small.shape[1], window[3] / small.shape[0]
    x, y, width, height = scale_box(find_bounding_box(complete | mask), down, across)
    bounds = widen_box((window[0] + x, window[1] + y, width, height), 0, *photo.shape[:2])
    bounds = join_boxes(bounds, result.bounds)
    check_active()
    alpha = cv2.resize(
        complete.astype(np.float32) * 255, window[2:], interpolation=cv2.INTER_LINEAR
    )
    return extend_cutout(photo, result, bounds, alpha.astype(np.uint8), window)


def _trace_lines(photo: np.ndarray, mask: np.ndarray, is_certain: bool) -> np.ndarray:
    """Returns the thin dark and bright lines that belong to a product: bool (h, w).

    photo: uint8 RGB (h, w, 3). mask: of the product as far as it is known, bool (h, w).
    is_certain: whether lines anywhere above or below the mask count.
    """
    side = max(find_bounding_box(mask)[2:])
    lightness = cv2.GaussianBlur(np.ascontiguousarray(lab_from_srgb(photo)[..., 0]), (0, 0), 0.8)
    window = np.ones((2 * max(2, round(LINE_SHARE * side)) + 1,) * 2, np.uint8)
    dark, bright = (
        cv2.morphologyEx(lightness, kind, window) for kind in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT)
    )
    contrast = np.maximum(dark, bright)
    lines = contrast > max(MIN_CONTRAST, MIN_NOISE_RATIO * float(np.median(contrast)))
    labels, areas = label_components(lines | mask)
    reach = dilate_mask(mask, max(1, round(JOIN_SHARE * side)))
    if is_certain:
        reach = np.broadcast_to(mask.any(axis=0), mask.shape)
    joins = np.zeros(len(areas), bool)
    joins[labels[reach & lines]] = True
    return (joins & (areas >= MIN_LINE_AREA * side**2))[labels]


def _fill_lines(parts: np.ndarray) -> np.ndarray:
    """Fills what lies between the left and the right end of each row: bool (h, w).

    Parts one above the other, with nothing traced between them, are joined by their convex hull.

    parts: bool (h, w), not empty.
    """
    rows = np.flatnonzero(parts.any(axis=1))
    if len(rows) < np.ptp(rows) + 1:
        hull = cv2.convexHull(cv2.findNonZero(parts.astype(np.uint8)))
        filled = cv2.fillConvexPoly(np.zeros(parts.shape, np.uint8), hull, 1)
        return filled.astype(bool)
    from_left = np.logical_or.accumulate(parts, axis=1)
    from_right = np.logical_or.accumulate(parts[:, ::-1], axis=1)[:, ::-1]
    return from_left & from_right


def _render_mask(
    result: SegmentationResult, window: Box, shape: tuple[int, ...], shrink: float
) -> np.ndarray:
    """Returns the cut-out's mask in a window that is shrunk to a shape: bool (h, w)."""
    x, y, width, height = result.bounds
    left, top, wide, high = (
        round(value)
        for value in scale_box((x - window[0], y - window[1], width, height), *[shrink] * 2)
    )
    wide, high = min(max(1, wide), shape[1] - left), min(max(1, high), shape[0] - top)
    mask = np.zeros(shape[:2], bool)
    alpha = cv2.extractChannel(result.cutout, 3)
    alpha = cv2.resize(alpha, (wide, high), interpolation=cv2.INTER_AREA)
    mask[slices_from_box((left, top, wide, high))] = find_solid_pixels(alpha)
    return mask


def extend_cutout(
    photo: np.ndarray, result: SegmentationResult, bounds: Box, alpha: np.ndarray, window: Box
) -> SegmentationResult:
    """Returns the result with a larger cut-out, in which the photo's pixels are added.

    photo: uint8 RGB (H, W, 3). bounds: of the new cut-out. alpha: of all of the product, uint8
    (h, w), in a window of the photo. Boxes are x, y, width, height in pixels of the photo.
    """
    x, y, width, height = bounds
    inside = (x - window[0], y - window[1], width, height)
    added = np.dstack([crop_to_box(photo, bounds), crop_to_box(alpha, inside)])
    check_active()
    own = cv2.resize(result.cutout, result.bounds[2:], interpolation=cv2.INTER_LINEAR)
    part = added[slices_from_box((result.bounds[0] - x, result.bounds[1] - y, *result.bounds[2:]))]
    check_active()
    is_own = own[..., 3] >= part[..., 3]
    part[is_own] = own[is_own]
    shrunk = shrink_cutout(added, max(result.cutout.shape[:2])) if _was_shrunk(result) else added
    return replace(result, cutout=shrunk, bounds=bounds)


def _was_shrunk(result: SegmentationResult) -> bool:
    """Whether a cut-out is smaller than its bounds, as it was limited to a longest side."""
    return max(result.cutout.shape[:2]) < max(result.bounds[2:])
