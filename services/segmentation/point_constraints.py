"""Corrects a product's mask where points contradict it, each in the area that it means.

A person clicks the middle of what is missing or too much. The farther a click is from the mask's
edge, the larger the wrong area can be, and the farther GrabCut may search for its edges. Where the
rest of the mask has the colors of that area, GrabCut finds nothing; the region of one color around
the click counts as well.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from services.imaging.box import Box, crop_to_box, find_bounding_box, slices_from_box, widen_box
from services.imaging.color import lab_from_srgb
from services.imaging.resizing import fit_size
from services.segmentation.color_regions import find_color_region, select_connected
from services.segmentation.engine import LabeledPoint
from services.segmentation.grabcut import run_grabcut
from services.segmentation.morphology import dilate_mask, open_mask
from services.segmentation.scale import shrink_to_side

# Longer side in pixels of the map that is corrected. Larger: thinner parts are found.
MAP_SIDE = 1024
# Longer side in pixels of the window in which colors decide. Larger: finer edges, and more time.
WINDOW_SIDE = 224
# How far a correction reaches: at most a share of the product's longer side, and at most so many
# times the distance of the point from the mask's edge; tuned by simulated clicks on photos. Larger:
# fewer clicks for large errors, but clicks next to an edge remove or add too much.
REACH_SHARE, REACH_PER_DISTANCE = 0.25, 5
# The least reach as a share of the map's longer side: a click next to an edge is not exact.
MIN_REACH_SHARE = 0.012
# Half of the window's side, in units of the reach. Larger: more colors of both sides are known.
WINDOW_REACH = 1.6
# Radius of the disc around a point that is certain, as a share of the longer side of the map.
MARK_SHARE = 0.006
# Lab distance up to which a pixel probably belongs to a point. Larger: more varied areas change.
SIMILAR = 20.0
# The same up to which it shows the same material. Larger: backdrops of the point's color are added.
SAME = 8.0
# Share of the window up to which that material is a part that continues out of reach, such as a
# handle; more is a backdrop. Larger: backdrops of the point's color are added.
MAX_CONTINUED_SHARE = 0.25
# Longer side in pixels at which regions of one color are found, and the margin around the product,
# as a share of its longer side. Larger: finer edges and larger missing parts, and more time.
REGION_SIDE, REGION_MARGIN = 384, 0.15
# Size of a region, as a share of the product's area, above which it is a backdrop, of which a point
# adds what GrabCut finds, or one even surface, such as a body or a table. Larger: larger parts
# change at once, and mistaken clicks do more harm.
MAX_REGION_SHARE = 0.35
# The same up to which a point removes an even surface as a whole, without what GrabCut would nibble
# off it; of what is larger, and may be product and surroundings of one color, it removes what is in
# reach. Larger: the product goes with its surroundings.
MAX_SURFACE_SHARE = 0.7
# How far a probability may be from what a point says without being changed. Smaller: more haze goes
# away, and soft edges become hard.
MAX_FAINTNESS = 0.06
# Half of the width above which a faint area is none of an edge, as a share of the map's longer
# side. Larger: narrow haze stays.
FAINT_WIDTH_SHARE = 0.006
# GrabCut iterations. More take proportionally longer.
GRABCUT_ITERATIONS = 2
# Radius in pixels of a window of the disc that a leak is thinner than.
LEAK_RADIUS = 2
# Certainty of a corrected area. Less than 1, as the guided filter moves an uncertain edge farther.
CORRECTED_CERTAINTY = 0.9
# Standard deviation in pixels of the map of the blur that softens the edge of a corrected area.
SMOOTHING = 1.0
# Marks of points on and off the product; 0 stands for no mark.
ON_PRODUCT, OFF_PRODUCT = 1, 2
# The seed of a pixel that colors decide about; all others are certain.
UNDECIDED = cv2.GC_PR_BGD


def constrain_probability(
    photo: np.ndarray, probability: np.ndarray, points: Sequence[LabeledPoint]
) -> np.ndarray:
    """Returns a product's probability that agrees with points on and off it.

    The result is float32 (h, w), 0 to 1, stretched over the photo; its longer side is MAP_SIDE, or
    the photo's if that is shorter. It is 1 or 0 at the points. A point that contradicts the
    probability changes the area around it that has its colors; all points are compared with the
    probability as it is given, so that their order does not matter.

    photo: uint8 RGB (H, W, 3).
    probability: that a pixel shows the product, float32, 0 to 1, of any size, stretched over the
        photo. Without any pixel above 0.5 the product is built from the points alone.
    points: in pixels of the photo.
    """
    height, width = fit_size(photo.shape, MAP_SIDE)
    small = np.ascontiguousarray(cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA))
    resized = cv2.resize(probability, (width, height), interpolation=cv2.INTER_LINEAR)
    scaled = _scale_points(points, photo.shape, small.shape)
    mask = resized > 0.5
    marks = _draw_marks(scaled, mask.shape)
    corrected = mask.copy()
    settled = resized.copy()
    for point in scaled:
        x, y, is_product = point
        if mask[y, x] != is_product:
            corrected[_find_wrong_area(small, mask, marks, point)] = is_product
        else:
            settled[_find_faint_area(resized, mask, point)] = is_product
    blended = _blend_corrections(settled, mask, corrected)
    return np.where(marks > 0, marks == ON_PRODUCT, blended).astype(np.float32)


def _scale_points(
    points: Sequence[LabeledPoint], photo_shape: tuple[int, ...], map_shape: tuple[int, ...]
) -> list[tuple[int, int, bool]]:
    """Returns points in pixels of a map of the whole photo: column, row and side of each.

    points: in pixels of the photo. photo_shape, map_shape: begin with height and width.
    """
    down, across = map_shape[0] / photo_shape[0], map_shape[1] / photo_shape[1]
    return [
        (min(int(x * across), map_shape[1] - 1), min(int(y * down), map_shape[0] - 1), is_product)
        for x, y, is_product in points
    ]


def _draw_marks(points: Sequence[tuple[int, int, bool]], shape: tuple[int, int]) -> np.ndarray:
    """Draws what points are sure of, a disc around each: uint8 (h, w), ON_PRODUCT or OFF_PRODUCT.

    Where discs of both sides overlap, the nearer point decides. points: in pixels of the map.
    shape: its height and width.
    """
    marks = np.zeros(shape, np.uint8)
    for radius in range(max(2, round(MARK_SHARE * max(shape))), -1, -1):
        for x, y, is_product in points:
            value = ON_PRODUCT if is_product else OFF_PRODUCT
            cv2.circle(marks, (x, y), radius, value, thickness=cv2.FILLED)
    return marks


def _find_wrong_area(
    photo: np.ndarray, mask: np.ndarray, marks: np.ndarray, point: tuple[int, int, bool]
) -> np.ndarray:
    """Returns the area around a point that is on the wrong side of a mask: bool (h, w).

    photo: uint8 RGB (h, w, 3). mask: bool (h, w), wrong at the point. marks: of all points, uint8
    (h, w). point: column, row, and whether it is on the product.
    """
    # A click next to an edge is not exact, and trims it.
    if not mask.any() or _measure_depth(mask, point) <= MIN_REACH_SHARE * max(mask.shape):
        return _find_area_by_cut(photo, mask, marks, point)
    x, y, is_product = point
    region = _find_region(photo, mask, marks, point)
    share = np.count_nonzero(region) / np.count_nonzero(mask)
    if MAX_REGION_SHARE < share <= MAX_SURFACE_SHARE and not is_product:
        return region
    if share > MAX_REGION_SHARE:
        near = np.zeros(mask.shape, np.uint8)
        cv2.circle(near, (x, y), round(_find_reach(mask, point)), color=1, thickness=cv2.FILLED)
        region &= (near > 0) & (not is_product)
    return _find_area_by_cut(photo, mask, marks, point) | region


def _find_faint_area(
    probability: np.ndarray, mask: np.ndarray, point: tuple[int, int, bool]
) -> np.ndarray:
    """Returns the area around a point that its mask is right about, but faintly: bool (h, w).

    Such as haze that half remains. The soft edge of a product is too narrow to count.

    probability: float32 (h, w), 0 to 1. mask: where that is above 0.5. point: column, row, and
    whether it is on the product, which the mask agrees with.
    """
    x, y, is_product = point
    faint = (mask == is_product) & (np.abs(probability - is_product) > MAX_FAINTNESS)
    radius = max(2, round(FAINT_WIDTH_SHARE * max(mask.shape)))
    near, disc = (np.zeros(mask.shape, np.uint8) for _ in range(2))
    side = max(find_bounding_box(mask)[2:]) or max(mask.shape)
    cv2.circle(near, (x, y), round(REACH_SHARE * side), color=1, thickness=cv2.FILLED)
    cv2.circle(disc, (x, y), radius, color=1, thickness=cv2.FILLED)
    wide = dilate_mask(open_mask(faint, radius), radius) & faint
    return select_connected(wide & (near > 0), disc > 0)


def _find_area_by_cut(
    photo: np.ndarray, mask: np.ndarray, marks: np.ndarray, point: tuple[int, int, bool]
) -> np.ndarray:
    """Returns what GrabCut finds within reach of a point: bool (h, w), as in _find_wrong_area."""
    x, y, is_product = point
    reach = _find_reach(mask, point)
    near = np.zeros(mask.shape, np.uint8)
    cv2.circle(near, (x, y), round(reach), color=1, thickness=cv2.FILLED)
    changeable = (near > 0) & (mask != is_product)
    seeds = np.where(mask, cv2.GC_FGD, cv2.GC_BGD).astype(np.uint8)
    seeds[changeable] = UNDECIDED
    seeds[marks == ON_PRODUCT], seeds[marks == OFF_PRODUCT] = cv2.GC_FGD, cv2.GC_BGD
    box = widen_box((x, y, 1, 1), WINDOW_REACH * reach, *mask.shape)
    window = np.ascontiguousarray(shrink_to_side(crop_to_box(photo, box), WINDOW_SIDE))
    height, width = window.shape[:2]
    small_seeds = cv2.resize(
        crop_to_box(seeds, box), (width, height), interpolation=cv2.INTER_NEAREST
    )
    disc = np.zeros((height, width), np.uint8)
    center = (x - box[0]) * width // box[2], (y - box[1]) * height // box[3]
    cv2.circle(disc, center, LEAK_RADIUS + 1, color=1, thickness=cv2.FILLED)
    found = _grow_by_color(window, small_seeds, disc > 0, is_product)
    wrong = np.zeros(mask.shape, bool)
    enlarged = cv2.resize(found.astype(np.float32), box[2:], interpolation=cv2.INTER_LINEAR)
    wrong[slices_from_box(box)] = enlarged > 0.5
    return wrong & changeable


def _find_reach(mask: np.ndarray, point: tuple[int, int, bool]) -> float:
    """Returns how far from a point a mask, bool (h, w), may be wrong, in pixels.

    point: column, row, and whether it is on the product, which the mask contradicts.
    """
    side = max(find_bounding_box(mask)[2:]) or max(mask.shape)
    reach = min(REACH_SHARE * side, REACH_PER_DISTANCE * _measure_depth(mask, point))
    return max(reach, MIN_REACH_SHARE * max(mask.shape))


def _measure_depth(mask: np.ndarray, point: tuple[int, int, bool]) -> float:
    """Returns how many pixels a point that a mask, bool (h, w), contradicts is from its edge.

    point: column, row, and whether it is on the product.
    """
    x, y, is_product = point
    wrong_side = (mask != is_product).astype(np.uint8)
    return float(cv2.distanceTransform(wrong_side, cv2.DIST_L2, cv2.DIST_MASK_5)[y, x])


def _find_region(
    photo: np.ndarray, mask: np.ndarray, marks: np.ndarray, point: tuple[int, int, bool]
) -> np.ndarray:
    """Returns the region of one color around a point that a mask contradicts: bool (h, w).

    photo, mask, marks, point: as in _find_wrong_area.
    """
    x, y, is_product = point
    box = _find_region_box(mask, point)
    window = np.ascontiguousarray(shrink_to_side(crop_to_box(photo, box), REGION_SIDE))
    height, width = window.shape[:2]
    allowed = (mask != is_product) & (marks != (OFF_PRODUCT if is_product else ON_PRODUCT))
    small = cv2.resize(
        crop_to_box(allowed.astype(np.uint8), box), (width, height), interpolation=cv2.INTER_NEAREST
    )
    disc = np.zeros((height, width), np.uint8)
    center = (x - box[0]) * width // box[2], (y - box[1]) * height // box[3]
    cv2.circle(disc, center, LEAK_RADIUS, color=1, thickness=cv2.FILLED)
    found = find_color_region(window, disc > 0, small > 0)
    region = np.zeros(mask.shape, bool)
    region[slices_from_box(box)] = cv2.resize(found.astype(np.float32), box[2:]) > 0.5
    return region & allowed


def _find_region_box(mask: np.ndarray, point: tuple[int, int, bool]) -> Box:
    """Returns the box around a mask, bool (h, w), and a point, with a margin.

    point: column, row, and whether it is on the product.
    """
    x, y, _ = point
    left, top, across, down = find_bounding_box(mask)
    corners = np.array([(left, top), (left + across, top + down), (x, y), (x + 1, y + 1)])
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    box = float(left), float(top), float(right - left), float(bottom - top)
    return widen_box(box, REGION_MARGIN * max(across, down), *mask.shape)


def _grow_by_color(
    window: np.ndarray, seeds: np.ndarray, disc: np.ndarray, is_product: bool
) -> np.ndarray:
    """Returns the undecided area that is connected to a disc and belongs to its side: bool (h, w).

    window: uint8 RGB (h, w, 3). seeds: GrabCut's constants, certain or UNDECIDED, uint8 (h, w).
    disc: what surely belongs to it, bool (h, w). is_product: its side.
    """
    lab = lab_from_srgb(window)
    distance = np.linalg.norm(lab - np.median(lab[disc], axis=0), axis=2)
    undecided = seeds == UNDECIDED
    # What continues out of reach in the same color is no example of the other side's colors, unless
    # it is large, as a backdrop is.
    wrong_side = seeds == (cv2.GC_BGD if is_product else cv2.GC_FGD)
    continued = select_connected((undecided | wrong_side) & (distance < SAME), disc) & wrong_side
    continued &= continued.mean() <= MAX_CONTINUED_SHARE
    probable = np.where((distance < SIMILAR) == is_product, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    start = np.where(undecided | continued, probable, seeds).astype(np.uint8)
    cut = run_grabcut(window, start, GRABCUT_ITERATIONS)
    area = open_mask(undecided & (cut == is_product), LEAK_RADIUS) & undecided
    return select_connected(area, disc)


def _blend_corrections(
    probability: np.ndarray, mask: np.ndarray, corrected: np.ndarray
) -> np.ndarray:
    """Returns a probability, float32 (h, w), that has the corrections of its mask, softly.

    mask, corrected: where the probability is above 0.5, and where it should be, bool (h, w).
    """
    added, removed = (
        CORRECTED_CERTAINTY * cv2.GaussianBlur(changed.astype(np.float32), (0, 0), SMOOTHING)
        for changed in (corrected & ~mask, mask & ~corrected)
    )
    return np.minimum(np.maximum(probability, added), 1 - removed)
