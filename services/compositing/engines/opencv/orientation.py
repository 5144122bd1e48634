"""Mirrors and rotates a cut-out before it is placed."""

import cv2
import numpy as np

from services.imaging.box import crop_to_box, find_bounding_box


def flip_and_rotate(cutout: np.ndarray, flip: bool, rotation: float) -> np.ndarray:
    """Mirrors a cut-out left to right, then rotates it clockwise.

    Quarter turns keep every pixel. Other angles interpolate and crop to the smallest box around
    the pixels that are not fully transparent.

    cutout: premultiplied uint8 RGBA (h, w, 4); the result has the same type.
    rotation: degrees.
    """
    if flip:
        cutout = cv2.flip(cutout, 1)
    if not rotation:
        return cutout
    if rotation % 90 == 0:
        return np.ascontiguousarray(np.rot90(cutout, -round(rotation / 90)))
    height, width = cutout.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -rotation, 1)
    across, down = np.abs(matrix[:, :2]) @ (width, height)
    canvas = int(np.ceil(across)) + 2, int(np.ceil(down)) + 2
    matrix[:, 2] += canvas[0] / 2 - width / 2, canvas[1] / 2 - height / 2
    rotated = cv2.warpAffine(cutout, matrix, canvas, flags=cv2.INTER_LINEAR)
    box = find_bounding_box(cv2.extractChannel(rotated, 3))
    return np.ascontiguousarray(crop_to_box(rotated, box)) if any(box) else rotated
