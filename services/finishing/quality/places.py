"""Finds where in a picture a fault is, as a box that a person can be shown."""

import cv2
import numpy as np

from services.imaging.box import Box, find_bounding_box


def find_largest_part(area: np.ndarray) -> Box:
    """Returns the bounds of an area's largest connected part: x, y, width, height in pixels.

    area: bool (h, w). The box of an empty area has no size.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(area.astype(np.uint8))
    if len(stats) < 2:
        return 0, 0, 0, 0
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    return find_bounding_box(labels == largest)


def bound_points(points: np.ndarray) -> Box:
    """Returns the bounds of points, float (n, 2), x and y in pixels: x, y, width, height."""
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return int(left), int(top), int(right - left) + 1, int(bottom - top) + 1


def enlarge_box(box: Box, shape: tuple[int, ...], around: Box) -> Box:
    """Returns a box in a resized part of a picture in pixels of the picture.

    box: x, y, width, height in pixels of the part. shape: of the part, begins with its height and
    width. around: where in the picture the part is.
    """
    down, across = around[3] / shape[0], around[2] / shape[1]
    x, y, width, height = box
    if not width or not height:
        return 0, 0, 0, 0
    left, top = int(x * across), int(y * down)
    right, bottom = round((x + width) * across), round((y + height) * down)
    return around[0] + left, around[1] + top, max(1, right - left), max(1, bottom - top)
