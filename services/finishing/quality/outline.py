"""Judges how clean the product's outline is: nibbled edges, crumbs and straight cuts."""

import math

import cv2
import numpy as np

from cyclorama.v1 import image_pb2
from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.places import bound_points, enlarge_box, find_largest_part
from services.imaging.box import Box, crop_to_box, find_bounding_box, widen_box
from services.imaging.mask import FAINT_ALPHA, OPAQUE_ALPHA, find_solid_pixels

# Per mille of the product's diagonal. Clean products have 0.3 to 0.5, shoes with treads and plush
# toys up to 1. Larger: nibbled products pass.
ROUGHNESS = JudgingScale(
    "outline",
    best=0.3,
    good=1.1,
    bad=2.0,
    unit="per mille",
    note="How far the outline lies from its smoothed self, relative to the product's size.",
    remedy="Set segmentation.edge to EDGE_FINE, or send a mask or a sharper photo.",
)
# Per mille of the product's area; a crumb of 1 is 7 x 7 pixels of 220 x 220. Gaps between laces are
# up to 1.4. Larger: more crumbs pass.
CRUMBS = JudgingScale(
    "crumbs",
    best=0.0,
    good=1.8,
    bad=5.0,
    unit="per mille",
    note="Area of specks next to the product and of pinholes in it, relative to the product's.",
    remedy="Send a mask, or a box around the product (segmentation.box).",
)
# Shares of the product's diagonal. Nearly all whole products have at most 0.14; of a product
# that lost 5 % of its area at a side, it is 0.2 to 0.7. Larger: smaller losses pass.
STRAIGHT_CUT = JudgingScale(
    "straight_cut",
    best=0.05,
    good=0.18,
    bad=0.4,
    unit="",
    note="Length of the straight edge at one side of the product that the opposite side lacks.",
    remedy="Look at the cut-out: send a box, points or a mask if a part is missing.",
)
# Sigmas along the outline of its smoothed selves, as shares of the diagonal: that of the shape, and
# that of the edge without the steps of pixels. A larger first one: corners count as rough.
SHAPE_SIGMA, EDGE_SIGMA = 0.01, 0.002
# Least sigma in pixels that hides the steps of pixels.
MIN_EDGE_SIGMA = 0.8
# Stretch of outline whose typical roughness is taken, as a share of the diagonal. Longer: corners
# count less.
STRETCH = 0.12
# Percentile of the stretches that stands for the outline: a quarter may be treads or fringes.
STRETCH_PERCENTILE = 75
# Pixels of outline below which a product is too small to be judged.
MIN_LENGTH = 100
# Share of the product's area up to which a part of its own is a crumb, and a hole a pinhole.
CRUMB_SHARE, PINHOLE_SHARE = 0.01, 0.001
# Pixels that the straight edge of a cut may lie inside the product's outermost one. Larger: the
# slightly round rims of cups and jars count as straight.
STRAIGHT_TOLERANCE = 0.6
# Width of the box that shows a straight edge, as a share of the product's. Larger: wider boxes.
EDGE_WIDTH = 0.06
# Quarter turns counterclockwise that bring each side to the right.
SIDE_TURNS = {
    image_pb2.SIDE_RIGHT: 0,
    image_pb2.SIDE_BOTTOM: 1,
    image_pb2.SIDE_LEFT: 2,
    image_pb2.SIDE_TOP: 3,
}


def judge_roughness(picture: AssessedPicture) -> AdMeasurement:
    """Judges how nibbled the product's outline is."""
    if picture.solid is None or picture.box is None:
        return ROUGHNESS.skip("no product known")
    outline = _trace_outline(picture.solid)
    if len(outline) < MIN_LENGTH:
        return ROUGHNESS.pass_over("too small to be seen")
    size = math.hypot(*picture.box[2:])
    stretches, roughness = _measure_stretches(outline, size)
    roughest = stretches[int(np.argmax(roughness))]
    place = bound_points(np.take(outline, roughest, axis=0, mode="wrap"))
    return ROUGHNESS.judge(1000 * measure_roughness(outline, size)).at(place)


def measure_roughness(outline: np.ndarray, size: float) -> float:
    """Returns how far an outline typically lies from its smoothed self, as a share of the size.

    outline: float64 (n, 2), x and y of its pixels in order.
    size: the product's diagonal in pixels.
    """
    _, roughness = _measure_stretches(outline, size)
    return float(np.percentile(roughness, STRETCH_PERCENTILE))


def _measure_stretches(outline: np.ndarray, size: float) -> tuple[list[range], list[float]]:
    """Returns stretches of an outline, as the numbers of their points, and how rough each is.

    outline: float64 (n, 2), x and y of its pixels in order.
    size: the product's diagonal in pixels.
    """
    edge = _smooth_outline(outline, max(MIN_EDGE_SIGMA, EDGE_SIGMA * size))
    shape = _smooth_outline(outline, SHAPE_SIGMA * size)
    deviations = np.linalg.norm(edge - shape, axis=1) / size
    length = max(1, round(STRETCH * size))
    starts = range(0, len(outline), max(1, length // 4))
    stretches = [range(at, at + length) for at in starts]
    return stretches, [float(np.median(deviations.take(each, mode="wrap"))) for each in stretches]


def judge_crumbs(picture: AssessedPicture) -> AdMeasurement:
    """Judges specks next to the product and pinholes in it."""
    if picture.mask is None or picture.solid is None:
        return CRUMBS.skip("no product known")
    around = find_bounding_box(picture.mask)
    seen = crop_to_box(picture.mask >= FAINT_ALPHA, around)
    (parts, part_areas), (holes, hole_areas) = _find_parts(seen), _find_parts(~seen)
    product = part_areas.max(initial=1)
    crumbs = np.flatnonzero(part_areas <= CRUMB_SHARE * product)
    pinholes = np.flatnonzero(hole_areas <= PINHOLE_SHARE * product)
    area = part_areas[crumbs].sum() + hole_areas[pinholes].sum()
    specks = np.isin(parts, 1 + crumbs) | np.isin(holes, 1 + pinholes)
    place = enlarge_box(find_largest_part(specks), specks.shape, around)
    return CRUMBS.judge(1000 * float(area) / product).at(place)


def judge_straight_cut(picture: AssessedPicture) -> AdMeasurement:
    """Judges whether a straight line cuts off the product at a side.

    Boxes are straight at opposite sides. Sides at which the photo cuts off the product do not
    count here.
    """
    mask = picture.reduced.mask
    if picture.solid is None or picture.mask is None or mask is None:
        return STRAIGHT_CUT.skip("no product known")
    box = widen_box(find_bounding_box(find_solid_pixels(mask)), 1, *mask.shape)
    near = crop_to_box(mask, box)
    edges = {side: find_straight_edge(np.rot90(near, turn)) for side, turn in SIDE_TURNS.items()}
    lengths = {side: len(edge) for side, edge in edges.items()}
    opposites = dict(zip(lengths, [*lengths.values()][2:] + [*lengths.values()][:2], strict=True))
    excess = {
        side: length - opposites[side]
        for side, length in lengths.items()
        if side not in picture.circumstances.cut_sides
    }
    if not excess:
        return STRAIGHT_CUT.judge(0.0)
    worst = max(excess, key=excess.__getitem__)
    found = STRAIGHT_CUT.judge(max(0.0, excess[worst]) / math.hypot(*near.shape))
    x, y, across, down = _box_at_edge(near.shape, SIDE_TURNS[worst], edges[worst])
    in_mask = box[0] + x, box[1] + y, across, down
    whole = 0, 0, picture.mask.shape[1], picture.mask.shape[0]
    return found.at(enlarge_box(in_mask, mask.shape, whole))


def _box_at_edge(shape: tuple[int, ...], turn: int, rows: range) -> Box:
    """Returns the box along a straight edge in a cut-out: x, y, width, height in pixels of it.

    shape: height and width of the cut-out. turn: quarter turns counterclockwise that bring the edge
    to the right. rows: where it is then.
    """
    turned = np.rot90(np.zeros(shape, bool), turn).copy()
    across = max(1, round(EDGE_WIDTH * turned.shape[1]))
    turned[rows.start : rows.stop, -across:] = True
    return find_bounding_box(np.rot90(turned, -turn))


def find_straight_edge(mask: np.ndarray) -> range:
    """Returns the most rows in succession that have the product's rightmost edge in one column.

    mask: uint8 alpha (h, w) of the product.
    """
    solid = find_solid_pixels(mask)
    rows = np.flatnonzero(solid.any(axis=1))
    if not rows.size:
        return range(0)
    last = mask.shape[1] - 1 - np.argmax(solid[rows, ::-1], axis=1)
    # The next pixel's alpha tells how far into it the edge lies.
    beyond = np.pad(mask, ((0, 0), (0, 1)))[rows, last + 1]
    edge = last + beyond / OPAQUE_ALPHA
    is_outermost = np.zeros(len(solid) + 2, bool)
    is_outermost[1 + rows] = edge >= edge.max() - STRAIGHT_TOLERANCE
    starts = np.flatnonzero(~is_outermost[:-1] & is_outermost[1:])
    ends = np.flatnonzero(is_outermost[:-1] & ~is_outermost[1:])
    longest = int(np.argmax(ends - starts))
    return range(int(starts[longest]), int(ends[longest]))


def _trace_outline(solid: np.ndarray) -> np.ndarray:
    """Returns the longest outer outline, float64 (n, 2), x and y of its pixels in order.

    solid: bool (H, W).
    """
    outlines, _ = cv2.findContours(solid.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return max(outlines, key=len)[:, 0].astype(np.float64)


def _smooth_outline(outline: np.ndarray, sigma: float) -> np.ndarray:
    """Smooths a closed outline, float64 (n, 2), by a Gaussian; sigma: in pixels along it."""
    reach = math.ceil(3 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    closed = np.take(outline, range(-reach, len(outline) + reach), axis=0, mode="wrap")
    smoothed = [np.convolve(closed[:, axis], weights / weights.sum(), "valid") for axis in (0, 1)]
    return np.stack(smoothed, axis=1)


def _find_parts(selected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the numbers of connected parts, int32 (h, w), 0 for none, and their areas: int (n,).

    selected: bool (h, w).
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(selected.astype(np.uint8))
    return labels, stats[1:, cv2.CC_STAT_AREA]


MEASUREMENTS = (judge_roughness, judge_crumbs, judge_straight_cut)
