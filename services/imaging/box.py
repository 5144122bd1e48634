"""Boxes as x, y, width and height: bounding boxes, boxes within images, and Box messages."""

import cv2
import numpy as np

from cyclorama.v1 import image_pb2

Box = tuple[int, int, int, int]
"""x, y, width and height in pixels."""

Slices = tuple[slice, slice]
"""The rows and columns of a box, to index an image with."""


def find_bounding_box(mask: np.ndarray) -> Box:
    """Returns the smallest box around all pixels above 0 of a bool or uint8 (h, w).

    Returns zeros if there are none.
    """
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8, copy=False))
    return x, y, width, height


def scale_box(box: Box, down: float, across: float) -> tuple[float, float, float, float]:
    """Scales a box to an image that is `down` times as high and `across` times as wide."""
    x, y, width, height = box
    return x * across, y * down, width * across, height * down


def widen_box(
    box: tuple[float, float, float, float], margin: float, height: int, width: int
) -> Box:
    """Adds a margin to each side of a box, rounds outwards, and clips to an image's size."""
    x, y, across, down = box
    left, top = max(int(x - margin), 0), max(int(y - margin), 0)
    right = min(int(np.ceil(x + across + margin)), width)
    bottom = min(int(np.ceil(y + down + margin)), height)
    return left, top, right - left, bottom - top


def clip_box(box: Box, height: int, width: int) -> Box:
    """Clips a box to an image's size; outside the image, its width or height becomes 0."""
    x, y, across, down = box
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + across, width), min(y + down, height)
    return left, top, max(right - left, 0), max(bottom - top, 0)


def slices_from_box(box: Box) -> Slices:
    """Returns the rows and columns of a box, whose x and y must not be negative."""
    x, y, width, height = box
    return slice(y, y + height), slice(x, x + width)


def crop_to_box(image: np.ndarray, box: Box) -> np.ndarray:
    """Returns the part of an image within a box, as a view.

    image: bool, uint8 or float (H, W) or (H, W, C). Returns its dtype, (height, width) of the box.
    """
    return image[slices_from_box(box)]


def find_overlap(box: Box, height: int, width: int) -> tuple[Slices, Slices]:
    """Returns where an image of that size and a second one that fills the box overlap.

    Returns the rows and columns in the first image, then those in the second; both are empty if
    the images do not overlap.
    """
    left, top, across, down = clip_box(box, height, width)
    inside = slices_from_box((left, top, across, down))
    return inside, slices_from_box((left - box[0], top - box[1], across, down))


def box_from_message(message: image_pb2.Box) -> Box:
    """Reads a Box message."""
    return message.x, message.y, message.width, message.height


def box_to_message(box: Box) -> image_pb2.Box:
    """Writes a Box message."""
    x, y, width, height = box
    return image_pb2.Box(x=x, y=y, width=width, height=height)
