"""Mirrors and rotates a cut-out before it is placed."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from cyclorama.v1.image_pb2 import SIDE_BOTTOM, SIDE_LEFT, SIDE_RIGHT, SIDE_TOP
from services.compositing.placement import mirror_sides
from services.imaging.box import crop_to_box, find_bounding_box

# Degrees of rotation up to which a product still runs out of the picture where the photo cut it
# off, by contract (Arrangement.rotation). Larger: more of it is trimmed away there.
MAX_CUT_ROTATION = 5.0


def flip_and_rotate(cutout: np.ndarray, flip: bool, rotation: float) -> np.ndarray:
    """Mirrors a cut-out left to right, then rotates it clockwise.

    Quarter turns keep every pixel. Other angles interpolate and crop to the smallest box around
    the pixels that are not fully transparent.

    cutout: premultiplied uint8 RGBA (h, w, 4); the result has the same type.
    flip: whether to mirror it.
    rotation: degrees clockwise, negative for the other way.
    """
    if flip:
        cutout = cv2.flip(cutout, 1)
    if not rotation:
        return cutout
    if rotation % 90 == 0:
        return np.ascontiguousarray(np.rot90(cutout, -round(rotation / 90)))
    height, width = cutout.shape[:2]
    # OpenCV rotates counterclockwise.
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle=-rotation, scale=1)
    rotated_width, rotated_height = np.abs(matrix[:, :2]) @ (width, height)
    # One pixel more on each side, for interpolated edges.
    canvas = int(np.ceil(rotated_width)) + 2, int(np.ceil(rotated_height)) + 2
    # Moves the middle of the cut-out to the middle of the larger canvas.
    matrix[:, 2] += canvas[0] / 2 - width / 2, canvas[1] / 2 - height / 2
    rotated = cv2.warpAffine(cutout, matrix, canvas, flags=cv2.INTER_LINEAR)
    box = find_bounding_box(cv2.extractChannel(rotated, 3))
    return np.ascontiguousarray(crop_to_box(rotated, box)) if any(box) else rotated


def orient_cut_sides(cut_sides: Sequence[int], flip: bool, rotation: float) -> Sequence[int]:
    """Returns at which sides the photo cut off a product, after mirroring it.

    A product that is rotated by more than 5 degrees counts as cut at no side, so that it is placed
    freely.

    cut_sides: before mirroring, values of the contract's Side.
    flip: whether the product is mirrored left to right.
    rotation: in degrees.
    """
    if abs(rotation) > MAX_CUT_ROTATION:
        return ()
    return mirror_sides(cut_sides) if flip else cut_sides


def trim_cut_sides(
    rotated: np.ndarray, cut_sides: Sequence[int], rotation: float, size: tuple[int, ...]
) -> np.ndarray:
    """Trims a rotated product where the photo cut it off, so that it is straight there again.

    Returns a view of the rest.

    rotated: premultiplied uint8 RGBA (h, w, 4).
    cut_sides: values of the contract's Side, as the product is now.
    rotation: in degrees.
    size: (height, width) before the rotation.
    """
    slope = abs(math.sin(math.radians(rotation)))
    rows, columns = (math.ceil(slope * side) for side in (size[1], size[0]))
    height, width = rotated.shape[:2]
    top, bottom = (rows * (side in cut_sides) for side in (SIDE_TOP, SIDE_BOTTOM))
    left, right = (columns * (side in cut_sides) for side in (SIDE_LEFT, SIDE_RIGHT))
    return rotated[top : max(top + 1, height - bottom), left : max(left + 1, width - right)]
