"""Boxes as x, y, width and height: bounding boxes, boxes within images, and Box messages."""

import cv2
import numpy as np

from cyclorama.v1 import image_pb2

Box = tuple[int, int, int, int]
"""x, y, width and height in pixels."""

Slices = tuple[slice, slice]
"""The rows and columns of a box, to index an image with."""


def find_bounding_box(mask: np.ndarray) -> Box:
    """Returns the smallest box around all pixels above 0, as x, y, width and height.

    mask: bool or uint8 (h, w). Without any pixel above 0 the box is four zeros.
    """
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8, copy=False))
    return x, y, width, height


def scale_box(box: Box, down: float, across: float) -> tuple[float, float, float, float]:
    """Scales a box along with its image.

    box: x, y, width and height in pixels.
    down: factor of the image's height, so of y and height.
    across: factor of the image's width, so of x and width.
    Returns the same four values, not rounded.
    """
    x, y, width, height = box
    return x * across, y * down, width * across, height * down


def widen_box(
    box: tuple[float, float, float, float], margin: float, height: int, width: int
) -> Box:
    """Adds a margin to each side of a box, rounds outwards, and clips the box to an image.

    box: x, y, width and height in pixels.
    margin: in pixels.
    height, width: of the image, in pixels.
    Returns x, y, width and height.
    """
    x, y, box_width, box_height = box
    left, top = max(int(x - margin), 0), max(int(y - margin), 0)
    right = min(int(np.ceil(x + box_width + margin)), width)
    bottom = min(int(np.ceil(y + box_height + margin)), height)
    return left, top, right - left, bottom - top


def clip_box(box: Box, height: int, width: int) -> Box:
    """Clips a box to an image; for a box outside the image, the width or height becomes 0.

    box: x, y, width and height in pixels.
    height, width: of the image, in pixels.
    Returns x, y, width and height.
    """
    x, y, box_width, box_height = box
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + box_width, width), min(y + box_height, height)
    return left, top, max(right - left, 0), max(bottom - top, 0)


def join_boxes(one: Box, other: Box) -> Box:
    """Returns the smallest box around two boxes; all x, y, width, height."""
    left, top = min(one[0], other[0]), min(one[1], other[1])
    right = max(one[0] + one[2], other[0] + other[2])
    bottom = max(one[1] + one[3], other[1] + other[3])
    return left, top, right - left, bottom - top


def slices_from_box(box: Box) -> Slices:
    """Returns the rows and the columns of a box, to index an image as `image[rows, columns]`.

    box: x, y, width and height in pixels; x and y must not be negative.
    """
    x, y, width, height = box
    return slice(y, y + height), slice(x, x + width)


def crop_to_box(image: np.ndarray, box: Box) -> np.ndarray:
    """Returns the part of an image within a box, as a view.

    image: bool, uint8 or float (H, W) or (H, W, C).
    box: x, y, width and height in pixels, inside the image.
    Returns the same dtype, (height, width[, C]) of the box.
    """
    return image[slices_from_box(box)]


def find_overlap(box: Box, height: int, width: int) -> tuple[Slices, Slices]:
    """Returns which pixels of an image a second one covers that is placed at a box.

    box: x, y, width and height of the second image, in pixels of the first; may reach outside it.
    height, width: of the first image.
    Returns the rows and columns of the overlap in the first image, then the same pixels' rows and
    columns in the second; all are empty if the two do not overlap.
    """
    left, top, overlap_width, overlap_height = clip_box(box, height, width)
    in_first = slices_from_box((left, top, overlap_width, overlap_height))
    return in_first, slices_from_box((left - box[0], top - box[1], overlap_width, overlap_height))


def box_from_message(message: image_pb2.Box) -> Box:
    """Returns a Box message as x, y, width and height in pixels."""
    return message.x, message.y, message.width, message.height


def box_to_message(box: Box) -> image_pb2.Box:
    """Returns a box of x, y, width and height in pixels as a Box message."""
    x, y, width, height = box
    return image_pb2.Box(x=x, y=y, width=width, height=height)
