"""Boxes as x, y, width and height: around masks, in other pictures, and as messages."""

import cv2
import numpy as np

from cyclorama.v1 import image_pb2

Box = tuple[int, int, int, int]
Slices = tuple[slice, slice]


def bounds_of(alpha: np.ndarray) -> Box:
    """The smallest box that holds every pixel above 0 of a bool or uint8 (h, w).

    All zeros when there is none.
    """
    x, y, width, height = cv2.boundingRect(alpha.astype(np.uint8, copy=False))
    return x, y, width, height


def scale_box(box: Box, down: float, across: float) -> tuple[float, float, float, float]:
    """The same box in a picture that is `down` times as high and `across` times as wide."""
    x, y, width, height = box
    return x * across, y * down, width * across, height * down


def widen_box(
    box: tuple[float, float, float, float], margin: float, height: int, width: int
) -> Box:
    """Adds a margin on each side and rounds outwards, as far as a picture of that size allows."""
    x, y, across, down = box
    left, top = max(int(x - margin), 0), max(int(y - margin), 0)
    right = min(int(np.ceil(x + across + margin)), width)
    bottom = min(int(np.ceil(y + down + margin)), height)
    return left, top, right - left, bottom - top


def clip_box(box: Box, height: int, width: int) -> Box:
    """What of a box lies in a picture of that size; no width or no height where nothing does."""
    x, y, across, down = box
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + across, width), min(y + down, height)
    return left, top, max(right - left, 0), max(bottom - top, 0)


def slices_of(box: Box) -> Slices:
    """The rows and columns of a box, whose x and y must not be negative."""
    x, y, width, height = box
    return slice(y, y + height), slice(x, x + width)


def crop_to(image: np.ndarray, box: Box) -> np.ndarray:
    """Returns what lies in the box: a view, not a copy."""
    return image[slices_of(box)]


def overlap_slices(box: Box, height: int, width: int) -> tuple[Slices, Slices]:
    """Where a picture of that size and the one that fills the box show the same place.

    Returns the rows and columns in the first, then those in the second; empty where they do not
    overlap.
    """
    left, top, across, down = clip_box(box, height, width)
    inside = slices_of((left, top, across, down))
    return inside, slices_of((left - box[0], top - box[1], across, down))


def box_of(message: image_pb2.Box) -> Box:
    """Reads a Box message."""
    return message.x, message.y, message.width, message.height


def box_message(box: Box) -> image_pb2.Box:
    """Writes a Box message."""
    x, y, width, height = box
    return image_pb2.Box(x=x, y=y, width=width, height=height)
