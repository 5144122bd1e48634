"""Decides whether a transparent photo is a finished cut-out: clear area surrounds the product.

Rounded or straightened corners, bars, vignettes and haze make a photo transparent without cutting
anything out. What such photos leave is a rectangle, upright or tilted, with sides straighter than
products have, or has no edge at all.
"""

import math

import cv2
import numpy as np

from services.imaging.mask import SOLID_ALPHA
from services.imaging.resizing import shrink_to_fit
from services.imaging.soft_shadows import remove_soft_shadow
from services.runtime.guards.cancellation import check_active

# Share of clear pixels, and of clear length along the photo's sides, from which on a photo may be
# cut out. Smaller: a few stray clear pixels turn segmentation off. Larger: products that run out of
# the photo at three sides count as photos.
MIN_CLEAR_SHARE, MIN_CLEAR_BORDER = 0.005, 0.1
# Reach, as a share of the longer side, within which the opacity along the outline must fall to this
# share of what counts as solid, on this share of the outline. Larger: blurred products count as
# vignettes.
EDGE_REACH, EDGE_DROP, MIN_EDGE_SHARE = 0.015, 0.6, 0.2
# Pixels that a picture's side deviates from a straight line, and the share of the side that does
# not deviate more. Larger, and smaller: boxes and books count as pictures.
MAX_DEVIATION, MIN_STRAIGHT_SHARE = 1.25, 0.35
# Share of its convex hull that a picture fills, and of the rectangle around it; the corners are
# rounded or cut. Smaller: products with flat sides count as pictures.
MIN_HULL_SHARE, MIN_TILTED_SHARE = 0.98, 0.95
# Pixels from the photo's side up to which something touches it.
TOUCH = 2
# Pixels between the corner of a rectangle and its outline from which on it is rounded. Larger:
# windows with small corners count as posters.
MIN_CORNER_GAP = 2.5
# Longer side in pixels at which the rim of a rectangle is looked at, its width as a share of the
# shorter side of the rectangle, and the levels that a plain rim changes by from pixel to pixel.
RIM_SIDE, RIM_SHARE, PLAIN_STEP = 256, 0.07, 12
# Share of a plain rim that may change more, and share of what is inside that must. Larger: posters
# and screens count as photos of a product.
MAX_RIM_DETAIL, MIN_INNER_DETAIL = 0.05, 0.01


def is_finished_cutout(photo: np.ndarray) -> bool:
    """Whether a photo's alpha cuts its product out, so that it needs no segmentation.

    photo: uint8 RGB or RGBA (H, W, C).
    """
    has_alpha = photo.shape[2] == 4
    if not has_alpha:
        return False
    alpha = np.ascontiguousarray(photo[..., 3])
    clear_level = find_clear_level(alpha)
    clear = alpha < clear_level
    check_active()
    border = np.concatenate([clear[0], clear[-1], clear[:, 0], clear[:, -1]])
    if clear.mean() <= MIN_CLEAR_SHARE or border.mean() < MIN_CLEAR_BORDER:
        return False
    check_active()
    return _has_edge(alpha, clear_level) and not _is_picture(photo, ~clear)


def is_rectangle(alpha: np.ndarray) -> bool:
    """Whether what is solid is a rectangle, as pictures and few products are.

    alpha: uint8 (H, W). The rectangle may be tilted and have rounded corners.
    """
    outline = _trace_outline(alpha >= find_clear_level(alpha))
    return outline is not None and (
        _fills_upright_rectangle(outline) or _fills_tilted_rectangle(outline)
    )


def find_clear_level(alpha: np.ndarray) -> float:
    """Returns below which alpha a pixel is clear: half of what the most opaque pixels have.

    alpha: uint8 (H, W).
    """
    return min(SOLID_ALPHA, max(1.0, alpha.max() / 2))


def _has_edge(alpha: np.ndarray, clear_level: float) -> bool:
    """Whether alpha falls steeply along enough of the outline, which that of a vignette never does.

    alpha: uint8 (H, W). clear_level: alpha below which a pixel is clear.
    """
    small = shrink_to_fit(alpha, 512)
    reach = max(2, round(EDGE_REACH * max(small.shape)))
    solid = (small >= clear_level).astype(np.uint8)
    outline = solid.astype(bool) & (cv2.erode(solid, np.ones((3, 3), np.uint8)) == 0)
    lowest = cv2.erode(small, np.ones((2 * reach + 1,) * 2, np.uint8))
    is_steep = lowest[outline] <= EDGE_DROP * clear_level
    return bool(is_steep.size and is_steep.mean() >= MIN_EDGE_SHARE)


def _is_picture(photo: np.ndarray, solid: np.ndarray) -> bool:
    """Whether what is solid is a whole picture with a product in it.

    A rectangle from side to side of the photo, upright or tilted, is one. A rectangle within clear
    area is one if it shows a plain backdrop with something in front of it, or is a window, whose
    corners are rounded and which casts a soft shadow.

    photo: uint8 RGBA (H, W, 4). solid: bool (H, W).
    """
    outline = _trace_outline(solid)
    if outline is None:
        return False
    touched = _count_touched_sides(outline, solid.shape)
    if _fills_upright_rectangle(outline):
        if touched == 4 or _spans(outline, solid.shape) or _shows_backdrop(photo, solid):
            return True
        return _has_round_corners(outline) and remove_soft_shadow(photo) is not photo
    if _fills_tilted_rectangle(outline):
        return touched == 4 or _shows_backdrop(photo, solid)
    return False


def _trace_outline(solid: np.ndarray) -> np.ndarray | None:
    """Returns the outline of the largest solid part if it is convex and filled, else None.

    solid: bool (H, W). The outline is int32 (n, 2), x and y of every pixel along it.
    """
    contours, _ = cv2.findContours(solid.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    outline = max(contours, key=len)[:, 0]
    hull = cv2.contourArea(cv2.convexHull(outline))
    is_filled = hull > 0 and np.count_nonzero(solid) >= MIN_HULL_SHARE * hull
    return outline if is_filled and len(outline) >= 8 else None


def _fills_upright_rectangle(outline: np.ndarray) -> bool:
    """Whether all sides of an outline's bounding box are followed by it: int32 (n, 2), x and y."""
    (left, top), (right, bottom) = outline.min(axis=0), outline.max(axis=0)
    x, y = outline.T
    return all(
        _is_straight(distance, along, length)
        for distance, along, length in (
            (x - left, y, bottom - top),
            (right - x, y, bottom - top),
            (y - top, x, right - left),
            (bottom - y, x, right - left),
        )
    )


def _fills_tilted_rectangle(outline: np.ndarray) -> bool:
    """Whether an outline, int32 (n, 2), x and y, follows the smallest rectangle around it."""
    center, size, angle = cv2.minAreaRect(outline)
    if min(size) < 8 or cv2.contourArea(outline) < MIN_TILTED_SHARE * size[0] * size[1]:
        return False
    turn = math.radians(angle)
    axes = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    # x and y along the rectangle's sides, from its center.
    across, down = ((outline - np.array(center)) @ axes).T
    width, height = size
    return all(
        _is_straight(np.abs(distance), along, length)
        for distance, along, length in (
            (across + width / 2, down, height),
            (across - width / 2, down, height),
            (down + height / 2, across, width),
            (down - height / 2, across, width),
        )
    )


def _is_straight(distance: np.ndarray, along: np.ndarray, length: float) -> bool:
    """Whether an outline follows a line for enough of its length.

    distance: of each point of the outline from the line, in pixels, (n,). along: its place along
    the line, (n,). length: of the line, in pixels.
    """
    places = np.unique(np.rint(along[distance <= MAX_DEVIATION]))
    return len(places) >= MIN_STRAIGHT_SHARE * length


def _count_touched_sides(outline: np.ndarray, shape: tuple[int, ...]) -> int:
    """Returns how many sides of a photo, of shape (H, W), an outline touches: int32 (n, 2)."""
    (left, top), (right, bottom) = outline.min(axis=0), outline.max(axis=0)
    gaps = (left, top, shape[1] - 1 - right, shape[0] - 1 - bottom)
    return sum(int(gap) <= TOUCH for gap in gaps)


def _spans(outline: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Whether an outline, int32 (n, 2), reaches from side to side of a photo of shape (H, W)."""
    spans = np.ptp(outline, axis=0) + 1
    return bool(spans[0] >= shape[1] - 2 * TOUCH or spans[1] >= shape[0] - 2 * TOUCH)


def _has_round_corners(outline: np.ndarray) -> bool:
    """Whether an outline, int32 (n, 2), keeps away from all corners of its bounding box."""
    low, high = outline.min(axis=0), outline.max(axis=0)
    corners = [(x, y) for x in (low[0], high[0]) for y in (low[1], high[1])]
    return all(
        np.linalg.norm(outline - np.array(corner), axis=1).min() > MIN_CORNER_GAP
        for corner in corners
    )


def _shows_backdrop(photo: np.ndarray, solid: np.ndarray) -> bool:
    """Whether a rectangle has a plain rim all around and something inside that stands out.

    photo: uint8 RGBA (H, W, 4). solid: the rectangle, bool (H, W).
    """
    colors = cv2.GaussianBlur(
        shrink_to_fit(np.ascontiguousarray(photo[..., :3]), RIM_SIDE), (0, 0), 1
    )
    inside = shrink_to_fit(solid.astype(np.uint8) * 255, RIM_SIDE) == 255
    depth = cv2.distanceTransform(
        cv2.copyMakeBorder(inside.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3
    )[1:-1, 1:-1]
    rim_width = max(4.0, RIM_SHARE * 2 * float(depth.max()))
    kernel = np.ones((3, 3), np.uint8)
    has_detail = (cv2.dilate(colors, kernel) - cv2.erode(colors, kernel)).max(axis=2) > PLAIN_STEP
    # Rounded corners and the rectangle's own edge lie within the first pixels.
    rim, inner = (depth > 3) & (depth <= 3 + rim_width), depth > 3 + rim_width
    if not rim.any() or not inner.any():
        return False
    return bool(
        has_detail[rim].mean() <= MAX_RIM_DETAIL and has_detail[inner].mean() >= MIN_INNER_DETAIL
    )
