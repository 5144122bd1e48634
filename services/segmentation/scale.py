"""Resizes photos to working size, and masks back to photo size."""

import cv2
import numpy as np

from services.imaging import resizing

# Pixels that the shorter side of a very long photo keeps: the least that the servicer accepts.
MIN_SIDE = 16


def shrink_to_side(image: np.ndarray, side: int) -> np.ndarray:
    """Shrinks an image so that no side exceeds `side` pixels; keeps its aspect ratio.

    image: uint8 or float32 (h, w) or (h, w, C). Never enlarges. The shorter side of a very long
    image keeps MIN_SIDE pixels if it has them.
    """
    return resizing.shrink_to_fit(image, side, MIN_SIDE)


def shrink_cutout(cutout: np.ndarray, side: int) -> np.ndarray:
    """Shrinks a cut-out so that no side exceeds `side` pixels; never enlarges it.

    cutout: uint8 RGBA (h, w, 4) with straight alpha, like the result.
    """
    height, width = resizing.fit_size(cutout.shape, side)
    return resizing.resize_straight(cutout, width, height)


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


def resample_rows(layer: np.ndarray, rows: slice, height: int, width: int) -> np.ndarray:
    """Returns the part of a layer that covers some rows of the photo, at the photo's size.

    layer: float32 (h, w) or (h, w, C), stretched over the photo.
    rows: of the photo. height, width: of the photo, in pixels.
    """
    down, row_count = layer.shape[0] / height, rows.stop - rows.start
    box = (0, rows.start * down, layer.shape[1], row_count * down)
    return resample_box(layer, box, row_count, width)
