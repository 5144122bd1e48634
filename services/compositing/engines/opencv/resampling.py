"""Resizing of a cut-out without dark rims or aliasing."""

import cv2
import numpy as np


def premultiply(cutout: np.ndarray) -> np.ndarray:
    """Weighs the colors of uint8 RGBA (h, w, 4) by their alpha, as uint8.

    So what lies hidden under transparent pixels cannot bleed into others (Porter and Duff,
    'Compositing Digital Images', 1984).
    """
    return cv2.cvtColor(cutout, cv2.COLOR_RGBA2mRGBA)


def resize(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resizes premultiplied uint8 RGBA (h, w, 4) to (height, width, 4).

    Shrinks by halving while it can, then with a low-pass that fits the rest of the reduction and
    linear interpolation; enlarges by Lanczos; the same size gives the same pixels.
    """
    if picture.shape[:2] == (height, width):
        return picture.copy()
    if width > picture.shape[1] or height > picture.shape[0]:
        return cv2.resize(picture, (width, height), interpolation=cv2.INTER_LANCZOS4)
    while picture.shape[1] >= 2 * width and picture.shape[0] >= 2 * height:
        # At exactly half the size linear interpolation is the mean of four pixels.
        half = picture.shape[1] // 2, picture.shape[0] // 2
        picture = cv2.resize(picture, half, interpolation=cv2.INTER_LINEAR)
    smooth = smoothed(picture, picture.shape[1] / width, picture.shape[0] / height)
    return cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)


def smoothed(picture: np.ndarray, across: float, down: float) -> np.ndarray:
    """Takes out what a reduction by these factors, 1 to 2 each, cannot hold.

    The kernel is what a box as wide as the new pixels covers of a pixel and its two neighbours.
    """
    kernels = [np.float32([reach, 1, reach]) / (1 + 2 * reach) for reach in _reaches(across, down)]
    return cv2.sepFilter2D(picture, -1, *kernels, borderType=cv2.BORDER_REPLICATE)


def _reaches(*factors: float) -> list[float]:
    return [(min(max(factor, 1.0), 2.0) - 1) / 2 for factor in factors]


def turned(picture: np.ndarray, flip: bool, rotation: float) -> np.ndarray:
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
    box = int(np.ceil(across)) + 2, int(np.ceil(down)) + 2
    turn[:, 2] += box[0] / 2 - width / 2, box[1] / 2 - height / 2
    whole = cv2.warpAffine(picture, turn, box, flags=cv2.INTER_LINEAR)
    x, y, width, height = cv2.boundingRect(cv2.extractChannel(whole, 3))
    if not width:
        return whole
    return np.ascontiguousarray(whole[y : y + height, x : x + width])
