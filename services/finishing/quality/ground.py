"""Finds a standing product's base, and how the ground just below it looks."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from services.finishing.quality.picture import AssessedPicture
from services.imaging.box import widen_box
from services.imaging.color import lab_from_srgb
from services.imaging.mask import FAINT_ALPHA
from services.imaging.scene import scene_from_message

# Pitch of the ground in degrees that is assumed where the scene is not known: that of most photos
# of standing products. Larger: undersides of round products count as their base.
ASSUMED_PITCH = 18.0
# Height above the foot, as a share of the product's height, up to which its underside is base even
# where the camera is level. Larger: what hangs over counts as base.
BASE_BAND = 0.03
# Share of half the width by which a round base, seen from the pitch, rises at its sides. Larger:
# flanks count as base.
BASE_DEPTH = 0.8
# Steepest slope of the underside, in rows per column, that is base, and columns over which it is
# measured as a share of the width. Larger: flanks count as base.
MAX_SLOPE, SLOPE_REACH = 1.0, 0.04
# Depth of ground that is looked at below the base, as a share of the product's height.
DEPTH = 0.2
# Fewest columns and rows that show anything. Larger: thin legs are not judged.
MIN_COLUMNS, MIN_ROWS = 5, 6


@dataclass(frozen=True)
class GroundStrip:
    """The ground below a product's base, straightened: row 0 is just below the outline.

    lightness: float32 (depth, n), CIE L* from 0 to 100 of the ad, for n columns of the base.
    before: the same of the composite, before its shadow; None if it is not known.
    underside: int64 (n,), the rows of the picture at which the outline ends.
    columns: int64 (n,), the columns of the picture.
    height, width: of the product in pixels.
    """

    lightness: np.ndarray
    before: np.ndarray | None
    underside: np.ndarray
    columns: np.ndarray
    height: int
    width: int


def unroll_ground(picture: AssessedPicture) -> GroundStrip | None:
    """Returns the ground below the product's base; None where no base or too little ground shows.

    Products that run out of the picture below show none.
    """
    if picture.mask is None or picture.box is None:
        return None
    height, width = picture.mask.shape
    x, y, across, down = picture.box
    depth = min(round(DEPTH * down), height - y - down)
    if depth < MIN_ROWS:
        return None
    columns, underside = _find_base(picture, _measure_ground_pitch(picture))
    if len(columns) < MIN_COLUMNS:
        return None
    top = int(underside.min())
    rows = underside - top + np.arange(1, depth + 1)[:, None]
    band = slice(top, y + down + depth + 2)
    return GroundStrip(
        _read_lightness(picture.ad[band], rows, columns),
        None if picture.composite is None else _read_lightness(picture.composite[band], rows, columns),
        underside, columns, down, across,
    )


def _find_base(picture, pitch):
    """Returns columns and last rows of the base"""
    x, y, across, down = picture.box
    seen = picture.mask[:, x : x + across] >= FAINT_ALPHA
    seen[y+down+2:] = False
    underside = len(seen) - 1 - np.argmax(seen[::-1], axis=0)
    underside[~seen.any(axis=0)] = 0
    reach = BASE_BAND * down + BASE_DEPTH * across / 2 * math.sin(math.radians(pitch))
    size = max(3, round(SLOPE_REACH * across)) | 1
    slope = np.gradient(cv2.blur(underside[None].astype(np.float32), (size, 1))[0])
    base = (underside.max() - underside <= reach) & (np.abs(slope) <= MAX_SLOPE)
    columns = np.flatnonzero(base)
    return columns + x, underside[columns]


def _measure_ground_pitch(picture):
    known = picture.circumstances
    if not known.HasField("scene"):
        return ASSUMED_PITCH
    return scene_from_message(known.scene).ground_pitch


def _read_lightness(band, rows, columns):
    first, last = columns[0], columns[-1] + 1
    return lab_from_srgb(band[:, first:last])[rows, columns - first, 0]
