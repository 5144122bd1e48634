"""Mirrors and rotates a cut-out before it is placed."""

import cv2
import numpy as np

from services.imaging.box import crop_to_box, find_bounding_box


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
