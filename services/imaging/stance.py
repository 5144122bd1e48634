"""Judges from a product's outline how it can be placed: standing, lying, hanging or floating."""

from collections.abc import Collection
from typing import Literal

import cv2
import numpy as np

from cyclorama.v1.image_pb2 import SIDE_BOTTOM, SIDE_TOP
from services.imaging.outline import Outline
from services.imaging.view import Pose
from services.runtime.limits import MIN_LYING_PITCH

# All limits below were chosen on every second of 33 photos and on drawn outlines.

# Widest cut, as a share of the width, through which a product hangs on a cord or trails a cable.
CORD_SHARE = 0.15
# Radius of the largest circle inside, as a share of the longer side, below which all of it is wire.
WIRE_RADIUS = 0.045
# Share of the hull below which an outline is mostly air, such as open sunglasses.
AIRY_FILL = 0.45
# The same below which a product on one narrow stem is top-heavy, such as a hairdryer.
TOP_HEAVY_FILL = 0.6
# Degrees of balance below which a product tips over.
TIPPING = 5.0
# Hole as a share of the filled outline from which it is a ring, and how full that outline is.
RING_HOLE, RING_FILL = 0.3, 0.8
# Times longer than wide from which a product is a strip or a stick, and one that is too slender to
# stand even on a flat end.
SLENDER, TOO_SLENDER = 3.3, 9.0
# Degrees from upright and from level within which a slender product is not at a slant.
SLANT = 25
# Circle inside as a share of the longer side below which a slanting product is flat, as a watch
# is, not a bottle in the air.
FLAT_RADIUS = 0.105
# Degrees of slope up to which an edge is level, and above which nothing rests on it: the depth of
# a product that is seen from above slopes by up to 35.
LEVEL, STEEP, STEEP_ON_LEGS = 20.0, 40.0, 48.0
# Share of the height by which the core of a product on legs ends above the ground.
LEG_SHARE = 0.1
# Overlap with its mirror image from which an outline is symmetric.
SYMMETRIC = 0.88
# Rise and fall of a hem, as a share of the height, up to which it is straight.
STRAIGHT_HEM = 0.05


def estimate_stance(
    outline: Outline, cut_sides: Collection[int] = (), ground_pitch: float | None = None
) -> Pose | Literal[""]:
    """Returns the stance that suits a product as its photo shows it; empty where it is not clear.

    Standing only when it can stand so. Flat, thin and open products lie, those cut off at a cord
    hang, and bulky ones that would tip over float.

    cut_sides: values of the contract's Side at which the photo cut off the product.
    ground_pitch: degrees at which the photo's camera surely looks down on the ground; None: not
        known.
    """
    if ground_pitch is not None and ground_pitch >= MIN_LYING_PITCH:
        return "lying"
    if cut_sides and (pose := _judge_cut(outline, cut_sides)):
        return pose
    if _is_flat(outline):
        return "lying"
    if _is_slanting(outline):
        return "lying" if _measure_bulk(outline) < FLAT_RADIUS else "floating"
    if _measure_slope(outline) > (STEEP_ON_LEGS if _has_legs(outline) else STEEP):
        return "floating"
    return "standing"


def measure_balance(outline: Outline) -> float:
    """Returns by how many degrees a silhouette can tip before its center passes its foot's end.

    The foot is the level part of the hull's lower side. Negative: it tips over.
    """
    x, y = outline.center
    level = [edge for edge in outline.lower_edges if abs(edge[2]) <= LEVEL]
    first, last = (level[0][0], level[-1][1]) if level else (np.inf, -np.inf)
    return float(np.degrees(np.arctan2(min(x - first, last - x), max(1.0, outline.height - y))))


def _judge_cut(outline: Outline, cut_sides: Collection[int]) -> Pose | Literal[""]:
    """Returns the stance of a product that the photo cut off above or below; empty: others tell."""
    if SIDE_BOTTOM in cut_sides:
        # What trails a cable was laid down; what is cut through its body goes on below.
        return "lying" if outline.widths[-1] < CORD_SHARE * outline.width else "standing"
    if SIDE_TOP in cut_sides and outline.widths[0] < CORD_SHARE * outline.width:
        return "hanging"
    return ""


def _is_flat(outline: Outline) -> bool:
    """Whether a product is thin, open or limp, so that it lies where others stand."""
    return (
        _is_wire(outline)
        or _is_ring(outline)
        or _is_strip(outline)
        or _is_open_frame(outline)
        or _is_top_heavy(outline)
        or _has_two_lenses(outline)
        or _is_garment(outline)
    )


def _is_wire(outline: Outline) -> bool:
    """Whether a product is all wire, such as a necklace; chairs and bicycles have a wide foot."""
    return _measure_bulk(outline) < WIRE_RADIUS and measure_balance(outline) < LEVEL


def _is_ring(outline: Outline) -> bool:
    """Whether a product is a ring, a bracelet or a closed strap."""
    return outline.hole_share > RING_HOLE and outline.fill / (1 - outline.hole_share) > RING_FILL


def _is_strip(outline: Outline) -> bool:
    """Whether a product is a strip such as a watch on its strap, or a stick without a flat end."""
    length, angle = outline.length_and_angle
    if length < SLENDER or abs(angle) > SLANT:
        return False
    if length > TOO_SLENDER:
        return True
    ends = [float(np.median(part)) for part in np.array_split(outline.widths, 8)]
    end, middle = max(ends[1], ends[-2]), max(ends[3:5])
    return end < 0.8 * middle and min(ends[1], ends[-2]) > 0.75 * end


def _is_open_frame(outline: Outline) -> bool:
    """Whether a product is a low body with thin parts above it that tips over, as open glasses."""
    _, top, across, down = cv2.boundingRect(outline.core)
    is_low = top + down > (1 - LEG_SHARE) * outline.height
    tips = measure_balance(outline) < TIPPING or across > 1.6 * down
    is_airy = outline.fill < AIRY_FILL and _measure_bulk(outline) >= WIRE_RADIUS
    return is_airy and is_low and tips


def _is_top_heavy(outline: Outline) -> bool:
    """Whether a product is on one narrow stem from which it tips over."""
    lowest = slice(-max(1, outline.height // 4), None)
    is_stem = np.median(outline.widths[lowest]) < 0.25 * outline.width
    is_single = outline.runs[lowest].mean() < 1.5
    tips = measure_balance(outline) < TIPPING
    return bool(outline.fill < TOP_HEAVY_FILL and is_stem and is_single and tips)


def _has_two_lenses(outline: Outline) -> bool:
    """Whether a wide product is two like bodies with a bridge between them, as glasses are."""
    if outline.width < 1.8 * outline.height:
        return False
    reach = max(1, round(0.5 * outline.radius))
    eroded = cv2.erode(
        cv2.copyMakeBorder(outline.mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT),
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2),
    )
    count, _, stats, centers = cv2.connectedComponentsWithStats(eroded)
    if count != 3:
        return False
    areas = stats[1:, cv2.CC_STAT_AREA]
    apart, off = np.abs(centers[1] - centers[2])
    bridge = outline.mask[:, outline.width // 2]
    is_bridged = 0 < np.count_nonzero(bridge) < 0.5 * outline.height
    return bool(
        is_bridged
        and min(areas) > 0.6 * max(areas)
        and apart > 0.35 * outline.width
        and off < 0.25 * outline.height
    )


def _is_garment(outline: Outline) -> bool:
    """Whether a product is a shirt, a top or trousers: symmetric, limp, with a straight hem."""
    if outline.measure_symmetry() < SYMMETRIC:
        return False
    is_top = _has_straight_hem(outline) and (_has_straps(outline) or _has_sleeves(outline))
    return is_top or _has_trouser_legs(outline)


def _has_straight_hem(outline: Outline) -> bool:
    """Whether the middle of the lower outline is straight and level, and the torso's width."""
    foot = np.flatnonzero(outline.widths)[-1] - max(1, round(0.04 * outline.height))
    columns = np.flatnonzero(outline.mask[foot])
    inner = slice(columns[0] + len(columns) // 10, columns[-1] - len(columns) // 10 + 1)
    lowest = outline.height - 1 - np.argmax(outline.mask[::-1, inner], axis=0)
    is_level = float(np.ptp(lowest)) < STRAIGHT_HEM * outline.height if len(lowest) else False
    return is_level and len(columns) > 0.45 * outline.width


def _has_straps(outline: Outline) -> bool:
    """Whether two straps rise from the ends of a body, as those of a tank top."""
    upper = outline.runs[: round(0.3 * outline.height)]
    row = outline.mask[max(1, round(0.06 * outline.height))]
    is_slim = np.count_nonzero(row) < 0.45 * np.ptp(np.flatnonzero(row)) if row.any() else False
    is_open = outline.hole_share < 0.01
    return bool(is_slim and is_open and np.count_nonzero(upper == 2) > 0.15 * outline.height)


def _has_sleeves(outline: Outline) -> bool:
    """Whether two sleeves part from a torso in the upper half, or hang down next to it."""
    height, widths = outline.height, outline.widths
    if np.count_nonzero(outline.runs == 3) > 0.15 * height:
        return True
    step = max(1, round(0.06 * height))
    drops = widths[:-step] - widths[step:]
    armpit = int(np.argmax(drops))
    torso = float(np.median(widths[armpit + step : armpit + 4 * step]))
    return bool(
        armpit < 0.55 * height
        and drops[armpit] > 0.18 * outline.width
        and torso > 0.45 * outline.width
        and widths[step // 2] < 0.75 * outline.width
    )


def _has_trouser_legs(outline: Outline) -> bool:
    """Whether two wide legs part below a straight waist."""
    height, widths, runs = outline.height, outline.widths, outline.runs
    waist, legs = slice(height // 50 + 1, height // 10 + 2), slice(height // 2, -height // 20)
    return bool(
        np.all(runs[waist] == 1)
        and np.median(widths[waist]) > 0.5 * outline.width
        and np.mean(runs[legs] == 2) > 0.9
        and np.min(widths[legs], initial=outline.width) > 0.4 * outline.width
    )


def _is_slanting(outline: Outline) -> bool:
    """Whether a slender product is neither upright nor level."""
    length, angle = outline.length_and_angle
    return length > SLENDER and SLANT < abs(angle) < 90 - SLANT + 10


def _measure_slope(outline: Outline) -> float:
    """Returns the slope in degrees, 0 to 90, of the hull's edge below the center of mass."""
    x, _ = outline.center
    slopes = [abs(slope) for first, last, slope in outline.lower_edges if first <= x <= last]
    return min(slopes, default=90.0)


def _has_legs(outline: Outline) -> bool:
    """Whether thin parts reach further down than the core."""
    _, top, _, down = cv2.boundingRect(outline.core)
    return top + down < (1 - LEG_SHARE) * outline.height


def _measure_bulk(outline: Outline) -> float:
    """Returns the radius of the largest circle inside as a share of the silhouette's length."""
    (_, _), (width, height), _ = cv2.minAreaRect(outline.hull)
    return outline.radius / max(1.0, width, height)
