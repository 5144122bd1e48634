"""Straightens the ground along a product's outline, where its contact shadow lies."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.places import bound_points
from services.imaging.box import Box
from services.imaging.color import lab_from_srgb
from services.imaging.contour import trace_lower_contour

# Height above the foot, as a share of the product's height, up to which its underside is base even
# where the camera is level. Larger: what hangs over counts as base.
BASE_BAND = 0.03
# Share of half the width by which a round base rises at its sides per sine of the pitch. Larger:
# flanks count as base.
BASE_DEPTH = 0.8
# Steepest slope of the underside, in rows per column, that is base, and columns over which it is
# measured as a share of the width. Larger: flanks count as base.
MAX_SLOPE, SLOPE_REACH = 1.0, 0.04
# Depth of ground that is straightened, as a share of the product's height, for what stands, and of
# its longer side for what lies. Larger: props and other shadows count as the ground around.
STANDING_DEPTH, LYING_DEPTH = 0.12, 0.08
# Depth as a share of the product's height in which a contact shadow is darkest. Larger: blurs it
# with the cast shadow.
CONTACT_DEPTH = 0.01
# Certainty of contact from which on a part of the underside stands on the ground, and its width as
# a share of the product's. Smaller: tassels and straps that hang count as standing.
MIN_CERTAINTY, MIN_PART_WIDTH = 0.4, 0.12
# Fewest points of an outline and rows of ground that show anything. Larger: thin legs and products
# near the lower edge go unjudged.
MIN_POINTS, MIN_ROWS = 5, 6
# Depth of ground below a base that is shown with it, in contact depths. Larger: wider boxes.
BOX_DEPTH = 4
# Pixels of an outline between its points and over which its normal is measured. Larger: faster.
POINT_STEP, NORMAL_REACH = 2, 4
# Rows or columns between neighboring points from which on an outline breaks off, and points near a
# break that say nothing about evenness. Larger: treads of shoes count as uneven shadows.
BREAK, NEAR_BREAK = 2.5, 3


@dataclass(frozen=True)
class GroundStrip:
    """The ground along a product's outline, straightened: row 0 is just outside the outline.

    lightness: float32 (depth, n), CIE L* of the ad, 0 to 100, for n points of the outline.
    before: float32 (depth, n), that of the composite; None if it is not known.
    smooth: bool (n,), where the outline goes on smoothly.
    contact: rows next to the outline where a contact shadow is darkest.
    side: pixels that the product is wide.
    spacing: pixels between two points.
    box: around the points and the contact shadow: x, y, width, height in pixels of the picture.
    """

    lightness: np.ndarray
    before: np.ndarray | None
    smooth: np.ndarray
    contact: int
    side: int
    spacing: int = 1
    box: Box = (0, 0, 0, 0)


def unroll_base(picture: AssessedPicture, pitch: float) -> GroundStrip | None:
    """Returns the ground below the base of a standing product, straight down from its underside.

    None without a product, or where no base or too little ground below it shows, as with products
    that run out of the picture.

    pitch: degrees at which the camera looks down on the ground.
    """
    if picture.seen is None or picture.box is None:
        return None
    _, _, width, height = picture.box
    if width < MIN_POINTS:
        return None
    points = _trace_base(picture.seen, picture.box, pitch)
    if len(points) < MIN_POINTS:
        return None
    room = len(picture.seen) - 1 - int(points[:, 1].max())
    down = np.broadcast_to(np.array([0, 1], np.float32), points.shape)
    depth = min(round(STANDING_DEPTH * height), room)
    return _unroll(picture, points, down, (depth, height, width))


def unroll_parts(picture: AssessedPicture, pitch: float) -> list[GroundStrip]:
    """Returns the ground below each wide part that stands behind a product's base, from the left.

    As that below the rear shoe of a pair, whose photo is taken from higher up than the scene.

    pitch: degrees at which the camera looks down on the ground.
    """
    if picture.seen is None or picture.box is None or picture.mask is None:
        return []
    _, _, width, height = picture.box
    contour = trace_lower_contour(picture.mask, pitch)
    underside = len(picture.seen) - 1 - np.argmax(picture.seen[::-1], axis=0)
    strips = []
    for foot in contour.feet:
        columns = foot.columns[contour.weight[foot.columns] >= MIN_CERTAINTY]
        is_rear = foot.base < contour.base - BASE_BAND * height
        if not is_rear or len(columns) < max(MIN_POINTS, MIN_PART_WIDTH * width):
            continue
        points = np.column_stack([columns, underside[columns]]).astype(np.float32)
        down = np.broadcast_to(np.array([0, 1], np.float32), points.shape)
        depth = min(round(STANDING_DEPTH * height), len(picture.seen) - 1 - int(points[:, 1].max()))
        strip = _unroll(picture, points, down, (depth, height, width))
        strips += [] if strip is None else [strip]
    return strips


def unroll_outline(picture: AssessedPicture) -> GroundStrip | None:
    """Returns the ground all round a lying product, outwards from its outline.

    None without a product, or where too little ground around it shows.
    """
    if picture.seen is None or picture.box is None:
        return None
    longer = max(picture.box[2:])
    points, normals = _trace_outline_normals(picture.seen)
    depth = round(LYING_DEPTH * longer)
    ends = points + (depth + 1) * normals
    last = np.array(picture.seen.shape[::-1]) - 1
    is_inside = np.all((ends >= 0) & (ends <= last), axis=1)
    if np.count_nonzero(is_inside) < MIN_POINTS:
        return None
    sizes = (depth, longer, longer)
    return _unroll(picture, points[is_inside], normals[is_inside], sizes, POINT_STEP)


def _unroll(
    picture: AssessedPicture,
    points: np.ndarray,
    normals: np.ndarray,
    sizes: tuple[int, int, int],
    spacing: int = 1,
) -> GroundStrip | None:
    """Returns the ground outwards from points of the outline; None if it is not deep enough.

    points, normals: float32 (n, 2), x and y. sizes: depth, and the product's height and width.
    """
    depth, height, width = sizes
    if depth < MIN_ROWS:
        return None
    steps = np.arange(1, depth + 1, dtype=np.float32)[:, None, None]
    columns, rows = np.moveaxis(np.rint(points + steps * normals).astype(int), -1, 0)
    gaps = np.abs(np.diff(points, axis=0, prepend=points[:1])).max(axis=1) > BREAK + spacing - 1
    near = cv2.dilate(gaps[None].astype(np.uint8), np.ones((1, 2 * NEAR_BREAK + 1), np.uint8))[0]
    before = picture.composite
    contact = max(2, round(CONTACT_DEPTH * height))
    return GroundStrip(
        lightness=lab_from_srgb(picture.ad[rows, columns])[..., 0],
        before=None if before is None else lab_from_srgb(before[rows, columns])[..., 0],
        smooth=near == 0,
        contact=contact,
        side=width,
        spacing=spacing,
        box=bound_points(np.concatenate([points, points + BOX_DEPTH * contact * normals])),
    )


def _trace_base(seen: np.ndarray, box: Box, pitch: float) -> np.ndarray:
    """Returns where the underside may rest on the ground: float32 (n, 2), x and y.

    seen: bool (H, W), the product. box: its solid part. pitch: degrees.
    """
    x, _, width, height = box
    upright = seen[:, x : x + width]
    underside = len(seen) - 1 - np.argmax(upright[::-1], axis=0)
    foot = int(underside[upright.any(axis=0)].max())
    rise = foot - underside
    highest = BASE_BAND * height + BASE_DEPTH * width / 2 * math.sin(math.radians(pitch))
    reach = max(3, round(SLOPE_REACH * width)) | 1
    slope = np.gradient(cv2.blur(rise[None].astype(np.float32), (reach, 1))[0])
    base = np.flatnonzero((rise >= 0) & (rise <= highest) & (np.abs(slope) <= MAX_SLOPE))
    return np.column_stack([base + x, underside[base]]).astype(np.float32)


def _trace_outline_normals(seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns points of the longest outline and the directions outwards: float32 (n, 2), x and y.

    seen: bool (H, W), the product.
    """
    contours, _ = cv2.findContours(seen.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=len)[:, 0].astype(np.float32)
    tangents = np.roll(outline, -NORMAL_REACH, axis=0) - np.roll(outline, NORMAL_REACH, axis=0)
    # Outlines run counterclockwise as seen, so that outwards is to the right of them.
    normals = np.column_stack([-tangents[:, 1], tangents[:, 0]])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    return outline[::POINT_STEP], normals[::POINT_STEP]
