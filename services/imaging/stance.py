"""Judges from a product's outline how it can be placed: standing, lying, hanging or floating."""

from collections.abc import Collection
from typing import Literal

import cv2
import numpy as np

from cyclorama.v1.image_pb2 import SIDE_BOTTOM, SIDE_TOP
from services.imaging.silhouette import Silhouette
from services.imaging.tilt import find_axis
from services.imaging.view import Pose
from services.runtime.limits import MIN_LYING_PITCH

# The limits below were chosen on the photos of benchmarks/poses.py and on drawn silhouettes.

# Times longer than wide up to which a silhouette may be a ball's, and how full its hull is then.
BALL_LENGTH, BALL_FILL = 1.2, 0.95
# Widest cut, as a share of the width, through which a product hangs on a cord or trails a cable.
CORD_SHARE = 0.15
# Share of the height over which a cord is as narrow. Smaller: round tops that touch the photo's
# edge count as cords.
CORD_LENGTH = 0.08
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
# The same for a watch, and the width of its strap as a share of the case's.
STRIP, STRAP = 3.0, 0.8
# Degrees from upright and from level within which a slender product is not at a slant.
SLANT = 25
# Circle inside as a share of the longer side below which a slanting product is flat, as a watch
# is, not a bottle in the air.
FLAT_RADIUS = 0.105
# Degrees of slope up to which an edge is level, and above which nothing rests on it: the depth of
# a product that is seen from above slopes by up to 32.
LEVEL, RESTING, STEEP, STEEP_ON_LEGS = 20.0, 32.0, 40.0, 48.0
# Share of the height by which the core of a product on legs ends above the ground.
LEG_SHARE = 0.1
# Overlap with its mirror image from which an outline is symmetric.
SYMMETRIC = 0.88
# Rows that an outline needs to show sleeves and hem.
MIN_GARMENT_ROWS = 32
# Rise and fall of a hem, as a share of the height, up to which it is straight.
STRAIGHT_HEM = 0.05


def estimate_stance(
    silhouette: Silhouette, cut_sides: Collection[int] = (), ground_pitch: float | None = None
) -> Pose | Literal[""]:
    """Returns the stance that suits a product as its photo shows it; empty where it is not clear.

    Standing only when it can stand so. Flat, thin and open products lie, those cut off at a cord
    hang, and bulky ones that would tip over float.

    cut_sides: values of the contract's Side at which the photo cut off the product.
    ground_pitch: degrees at which the photo's camera surely looks down on the ground; None: not
        known.
    """
    if ground_pitch is not None and ground_pitch >= MIN_LYING_PITCH and not _is_ball(silhouette):
        return "lying"
    if cut_sides and (pose := _judge_cut(silhouette, cut_sides)):
        return pose
    if _is_flat(silhouette):
        return "lying"
    if _is_slanting(silhouette):
        return "lying" if _measure_bulk(silhouette) < FLAT_RADIUS else "floating"
    slope, has_legs = measure_resting_slope(silhouette), _has_legs(silhouette)
    if slope > (STEEP_ON_LEGS if has_legs else STEEP):
        return "floating"
    return "standing" if slope <= RESTING or has_legs else ""


def measure_balance(silhouette: Silhouette) -> float:
    """Returns by how many degrees a silhouette can tip before its center passes its foot's end.

    The foot is the level part of the hull's lower side. Negative: it tips over.
    """
    x, y = silhouette.center
    level = [edge for edge in silhouette.lower_edges if abs(edge[2]) <= LEVEL]
    first, last = (level[0][0], level[-1][1]) if level else (np.inf, -np.inf)
    return float(np.degrees(np.arctan2(min(x - first, last - x), max(1.0, silhouette.height - y))))


def measure_resting_slope(silhouette: Silhouette) -> float:
    """Returns the slope in degrees, 0 to 90, of the hull's edge below the center of mass."""
    x, _ = silhouette.center
    slopes = [abs(slope) for first, last, slope in silhouette.lower_edges if first <= x <= last]
    return min(slopes, default=90.0)


def _judge_cut(silhouette: Silhouette, cut_sides: Collection[int]) -> Pose | Literal[""]:
    """Returns the stance of a product that the photo cut off above or below; empty for others."""
    if SIDE_BOTTOM in cut_sides:
        # What trails a cable was laid down; what is cut through its body goes on below.
        return "lying" if silhouette.widths[-1] < CORD_SHARE * silhouette.width else "standing"
    upper = silhouette.widths[: max(1, round(CORD_LENGTH * len(silhouette.widths)))]
    if SIDE_TOP in cut_sides and upper.max() < CORD_SHARE * silhouette.width:
        return "hanging"
    return ""


def _is_ball(silhouette: Silhouette) -> bool:
    """Whether a product looks like a ball, which is round from every height."""
    return silhouette.length_and_angle[0] < BALL_LENGTH and silhouette.fill > BALL_FILL


def _is_flat(silhouette: Silhouette) -> bool:
    """Whether a product is thin, open or limp, so that it lies where others stand."""
    return (
        _is_wire(silhouette)
        or _is_ring(silhouette)
        or _is_strip(silhouette)
        or _is_open_frame(silhouette)
        or _is_top_heavy(silhouette)
        or _has_two_lenses(silhouette)
        or _is_garment(silhouette)
    )


def _is_wire(silhouette: Silhouette) -> bool:
    """Whether a product is all wire, such as a necklace; chairs and bicycles have a wide foot."""
    return _measure_bulk(silhouette) < WIRE_RADIUS and measure_balance(silhouette) < LEVEL


def _is_ring(silhouette: Silhouette) -> bool:
    """Whether a product is a ring, a bracelet or a closed strap."""
    return (
        silhouette.hole_share > RING_HOLE
        and silhouette.fill / (1 - silhouette.hole_share) > RING_FILL
    )


def _is_strip(silhouette: Silhouette) -> bool:
    """Whether a product is a strip such as a watch on its strap, or a stick without a flat end."""
    length, angle = silhouette.length_and_angle
    if length < STRIP:
        return False
    if length > TOO_SLENDER:
        return True
    # Widths from end to end, in eighths of the length.
    widths = silhouette.turn(-angle).widths
    if len(widths) < 8:
        return False
    _, *parts, _ = (float(np.median(part)) for part in np.array_split(widths, 8))
    (first, last), middle = (parts[0], parts[-1]), max(parts[2:4])
    return max(first, last) < STRAP * middle and min(first, last) > 0.75 * max(first, last)


def _is_open_frame(silhouette: Silhouette) -> bool:
    """Whether a product is a low body with thin parts above it that tips over, as open glasses."""
    _, top, across, down = cv2.boundingRect(silhouette.core)
    is_low = top + down > (1 - LEG_SHARE) * silhouette.height
    tips = measure_balance(silhouette) < TIPPING or across > 1.6 * down
    is_airy = silhouette.fill < AIRY_FILL and _measure_bulk(silhouette) >= WIRE_RADIUS
    return is_airy and is_low and tips


def _is_top_heavy(silhouette: Silhouette) -> bool:
    """Whether a product is on one narrow stem from which it tips over."""
    lowest = slice(-max(1, silhouette.height // 4), None)
    is_stem = np.median(silhouette.widths[lowest]) < 0.25 * silhouette.width
    is_single = silhouette.runs[lowest].mean() < 1.5
    tips = measure_balance(silhouette) < TIPPING
    return bool(silhouette.fill < TOP_HEAVY_FILL and is_stem and is_single and tips)


def _has_two_lenses(silhouette: Silhouette) -> bool:
    """Whether a wide product is two like bodies with a bridge between them, as glasses are."""
    if silhouette.width < 1.8 * silhouette.height:
        return False
    reach = max(1, round(0.5 * silhouette.radius))
    eroded = cv2.erode(
        cv2.copyMakeBorder(silhouette.mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT),
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2),
    )
    count, _, stats, centers = cv2.connectedComponentsWithStats(eroded)
    if count != 3:
        return False
    areas = stats[1:, cv2.CC_STAT_AREA]
    apart, off = np.abs(centers[1] - centers[2])
    bridge = silhouette.mask[:, silhouette.width // 2]
    is_bridged = 0 < np.count_nonzero(bridge) < 0.5 * silhouette.height
    return bool(
        is_bridged
        and min(areas) > 0.6 * max(areas)
        and apart > 0.35 * silhouette.width
        and off < 0.25 * silhouette.height
    )


def _is_garment(silhouette: Silhouette) -> bool:
    """Whether a product is a shirt, a top or trousers: symmetric, limp, with a straight hem."""
    if silhouette.height < MIN_GARMENT_ROWS:
        return False
    if silhouette.measure_mirror_overlap() < SYMMETRIC:
        axis = find_axis(silhouette)
        if axis is None:
            return False
        silhouette = silhouette.turn(-axis)
    is_top = _has_straight_hem(silhouette) and (_has_straps(silhouette) or _has_sleeves(silhouette))
    return is_top or _has_trouser_legs(silhouette)


def _has_straight_hem(silhouette: Silhouette) -> bool:
    """Whether the middle of the lower outline is straight and level, and the torso's width."""
    foot = np.flatnonzero(silhouette.widths)[-1] - max(1, round(0.04 * silhouette.height))
    columns = np.flatnonzero(silhouette.mask[foot])
    if not len(columns):
        return False
    inner = slice(columns[0] + len(columns) // 10, columns[-1] - len(columns) // 10 + 1)
    lowest = silhouette.height - 1 - np.argmax(silhouette.mask[::-1, inner], axis=0)
    is_level = float(np.ptp(lowest)) < STRAIGHT_HEM * silhouette.height if len(lowest) else False
    return is_level and len(columns) > 0.45 * silhouette.width


def _has_straps(silhouette: Silhouette) -> bool:
    """Whether two straps rise from the ends of a body, as those of a tank top."""
    upper = silhouette.runs[: round(0.3 * silhouette.height)]
    row = silhouette.mask[round(0.06 * silhouette.height)]
    is_slim = np.count_nonzero(row) < 0.45 * np.ptp(np.flatnonzero(row)) if row.any() else False
    is_open = silhouette.hole_share < 0.01
    return bool(is_slim and is_open and np.count_nonzero(upper == 2) > 0.15 * silhouette.height)


def _has_sleeves(silhouette: Silhouette) -> bool:
    """Whether two sleeves part from a torso in the upper half, or hang down next to it."""
    height, widths = silhouette.height, silhouette.widths
    if np.count_nonzero(silhouette.runs == 3) > 0.15 * height:
        return True
    step = max(1, round(0.06 * height))
    drops = widths[:-step] - widths[step:]
    armpit = int(np.argmax(drops))
    torso = float(np.median(widths[armpit + step : armpit + 4 * step]))
    return bool(
        armpit < 0.55 * height
        and drops[armpit] > 0.18 * silhouette.width
        and torso > 0.45 * silhouette.width
        and widths[step // 2] < 0.75 * silhouette.width
    )


def _has_trouser_legs(silhouette: Silhouette) -> bool:
    """Whether two wide legs part below a straight waist."""
    height, widths, runs = silhouette.height, silhouette.widths, silhouette.runs
    waist, legs = slice(height // 50 + 1, height // 10 + 2), slice(height // 2, -height // 20)
    return bool(
        np.all(runs[waist] == 1)
        and np.median(widths[waist]) > 0.5 * silhouette.width
        and np.mean(runs[legs] == 2) > 0.9
        and np.min(widths[legs], initial=silhouette.width) > 0.4 * silhouette.width
    )


def _is_slanting(silhouette: Silhouette) -> bool:
    """Whether a slender product is neither upright nor level."""
    length, angle = silhouette.length_and_angle
    return length > SLENDER and SLANT < abs(angle) < 90 - SLANT + 10


def _has_legs(silhouette: Silhouette) -> bool:
    """Whether thin parts reach further down than the core."""
    _, top, _, down = cv2.boundingRect(silhouette.core)
    return top + down < (1 - LEG_SHARE) * silhouette.height


def _measure_bulk(silhouette: Silhouette) -> float:
    """Returns the radius of the largest circle inside as a share of the silhouette's length."""
    (_, _), (width, height), _ = cv2.minAreaRect(silhouette.hull)
    return silhouette.radius / max(1.0, width, height)
