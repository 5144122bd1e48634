"""Resizes photos to working size, and masks back to photo size."""

import cv2
import numpy as np

from services.imaging import resizing
from services.imaging.box import Slices
from services.runtime.guards.cancellation import check_active

# Pixels that the shorter side of a very long photo keeps: the least that the servicer accepts.
MIN_SIDE = 16


def shrink_to_side(image: np.ndarray, side: int) -> np.ndarray:
    """Shrinks an image so that no side exceeds `side` pixels; keeps its aspect ratio.

    image: uint8 or float32 (h, w) or (h, w, C). Never enlarges. The shorter side of a very long
    image keeps MIN_SIDE pixels if it has them.

    Raises CallCancelled if the caller no longer waits.
    """
    check_active()
    return resizing.shrink_to_fit(image, side, MIN_SIDE)


def shrink_cutout(cutout: np.ndarray, side: int) -> np.ndarray:
    """Shrinks a cut-out so that no side exceeds `side` pixels; never enlarges it.

    cutout: uint8 RGBA (h, w, 4) with straight alpha, like the result.

    Raises CallCancelled before the next strip if the caller no longer waits.
    """
    height, width = resizing.fit_size(cutout.shape, side)
    return resizing.resize_straight(cutout, width, height, check_active)


def resample_box(
    image: np.ndarray, box: tuple[float, float, float, float], height: int, width: int
) -> np.ndarray:
    """Scales the part of an image in a box to (height, width) pixels, by bilinear interpolation.

    image: float32 (h, w) or (h, w, C).
    box: x, y, width, height in pixels of the image, fractions included; pixels beyond the image
        repeat its edge.
    """
    x, y, box_width, box_height = box
    # Pixels of the image per pixel of the result.
    across, down = box_width / width, box_height / height
    # Maps x, y of the result to the image. OpenCV counts from the center of the first pixel, boxes
    # from its corner, hence the half pixels.
    matrix = np.array([[across, 0, x + (across - 1) / 2], [0, down, y + (down - 1) / 2]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(
        image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )


def resample_part(layer: np.ndarray, part: Slices, size: tuple[int, int]) -> np.ndarray:
    """Returns the part of a layer that covers some rows and columns of the photo, at its size.

    layer: float32 (h, w) or (h, w, C), stretched over the photo.
    part: rows and columns of the photo. size: (height, width) of the photo, in pixels.
    """
    rows, columns = part
    down, across = layer.shape[0] / size[0], layer.shape[1] / size[1]
    height, width = rows.stop - rows.start, columns.stop - columns.start
    box = (columns.start * across, rows.start * down, width * across, height * down)
    return resample_box(layer, box, height, width)
