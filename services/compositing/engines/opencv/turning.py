"""Mirrors and turns a cut-out before anything else."""

import cv2
import numpy as np

from services.imaging.box import crop_to_box, find_bounding_box


def turn_cutout(picture: np.ndarray, flip: bool, rotation: float) -> np.ndarray:
    """Mirrors premultiplied uint8 RGBA (h, w, 4) left to right, then turns it clockwise.

    rotation: degrees. Quarter turns keep every pixel; others end in the smallest box that holds
    whatever is not fully transparent.
    """
    if flip:
        picture = cv2.flip(picture, 1)
    if not rotation:
        return picture
    if rotation % 90 == 0:
        return np.ascontiguousarray(np.rot90(picture, -round(rotation / 90)))
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -rotation, 1)
    across, down = np.abs(turn[:, :2]) @ (width, height)
    room = int(np.ceil(across)) + 2, int(np.ceil(down)) + 2
    turn[:, 2] += room[0] / 2 - width / 2, room[1] / 2 - height / 2
    whole = cv2.warpAffine(picture, turn, room, flags=cv2.INTER_LINEAR)
    box = find_bounding_box(cv2.extractChannel(whole, 3))
    return np.ascontiguousarray(crop_to_box(whole, box)) if any(box) else whole
