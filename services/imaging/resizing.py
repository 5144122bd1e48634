"""Resizes images, transparent ones without dark or bright rims.

Pixels may be mixed only if their colors are premultiplied, that is weighted by their alpha
(T. Porter, T. Duff: "Compositing Digital Images", SIGGRAPH 1984). Otherwise colors that hide under
transparent pixels bleed into others.
"""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

# Pixels of a strip. Larger: more memory, and callers who left are noticed later; smaller: more
# calls per image.
STRIP_PIXELS = 1 << 18
# What OpenCV's filters take to return the dtype of their input.
SAME_DEPTH = -1

CheckActive = Callable[[], None]
"""Raises if the caller no longer waits."""


def fit_size(size: tuple[int, ...], side: int, least: int = 1) -> tuple[int, int]:
    """Returns the (height, width) of an image shrunk until no side exceeds `side`.

    Keeps the aspect ratio; an image that is small enough keeps its size.

    size: an image's shape, which begins with height and width.
    side: the maximum of both, in pixels.
    least: pixels that the shorter side keeps if it has them, so that a very long image is squeezed
        rather than reduced to a line.
    """
    height, width = size[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return height, width
    fitted = [max(round(length * scale), min(length, least)) for length in (height, width)]
    return fitted[0], fitted[1]


def shrink_to_fit(image: np.ndarray, side: int, least: int = 1) -> np.ndarray:
    """Shrinks an image until no side exceeds `side`, by averaging areas; never enlarges.

    image: uint8 or float32 (h, w) or (h, w, C), without alpha or where rims do not matter.
    side: the maximum of height and width, in pixels.
    least: pixels that the shorter side keeps if it has them, which distorts only very long images.
    Returns the same dtype.
    """
    height, width = fit_size(image.shape, side, least)
    if image.shape[:2] == (height, width):
        return image
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def resize_straight(
    cutout: np.ndarray, width: int, height: int, check_active: CheckActive = lambda: None
) -> np.ndarray:
    """Resizes a cut-out, uint8 RGBA (h, w, 4) with straight alpha, to (height, width, 4).

    Straight means that the colors are not multiplied by alpha. For results that are kept: computes
    in floating point, so that no level is lost. Shrinks by averaging areas, enlarges by Lanczos;
    the same size returns the same pixels.

    width, height: of the result, in pixels.
    check_active: called before each strip; may raise.
    """
    if cutout.shape[:2] == (height, width):
        return cutout.copy()
    shrinks = width * height < cutout.shape[0] * cutout.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
    # Both methods are separable: first all rows get their new width, then all columns their height.
    narrow = np.empty((cutout.shape[0], width, 4), np.float32)
    for rows in _split_into_strips(*cutout.shape[:2]):
        check_active()
        strip = cutout[rows]
        # Colors are multiplied by alpha to be mixed, and divided by it afterwards.
        weighted = _scale_colors(strip, strip[..., 3].astype(np.float32) / 255, np.float32)
        narrow[rows] = cv2.resize(weighted, (width, len(strip)), interpolation=method)
    resized = np.empty((height, width, 4), np.uint8)
    for columns in _split_into_strips(width, max(height, cutout.shape[0])):
        check_active()
        strip = narrow[:, columns]
        strip = cv2.resize(strip, (strip.shape[1], height), interpolation=method)
        alpha = np.clip(strip[..., 3], 1, 255)
        resized[:, columns] = _scale_colors(strip, 255 / alpha, np.uint8)
    return resized


def _split_into_strips(length: int, width: int) -> Iterator[slice]:
    """Divides the rows, or columns, of an image into strips of about STRIP_PIXELS pixels.

    length: how many rows, or columns. width: pixels of each.
    """
    count = max(1, STRIP_PIXELS // width)
    for start in range(0, length, count):
        yield slice(start, min(start + count, length))


def _scale_colors(image: np.ndarray, factor: np.ndarray, dtype: type) -> np.ndarray:
    """Multiplies the colors of an image by a factor and keeps its alpha.

    image: uint8 or float32 (h, w, 4).
    factor: float32 (h, w).
    dtype: of the result, (h, w, 4); uint8 is rounded and limited to 0 to 255.
    """
    factors = cv2.merge([factor, factor, factor, np.ones_like(factor)])
    return cv2.multiply(image, factors, dtype=cv2.CV_8U if dtype is np.uint8 else cv2.CV_32F)


def premultiply(cutout: np.ndarray) -> np.ndarray:
    """Weights the colors of uint8 RGBA (h, w, 4) by their alpha; returns uint8 (h, w, 4)."""
    return cv2.cvtColor(cutout, cv2.COLOR_RGBA2mRGBA)


def unpremultiply(image: np.ndarray) -> np.ndarray:
    """Divides the colors of uint8 RGBA (h, w, 4) by their alpha; returns uint8 (h, w, 4)."""
    return cv2.cvtColor(image, cv2.COLOR_mRGBA2RGBA)


def resize_premultiplied(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resizes uint8 RGBA (h, w, 4), its colors already multiplied by alpha, to (height, width, 4).

    For cut-outs that are composited at once: several times as fast as resize_straight, as it
    computes in bytes. Shrinks by halving while possible, then by a low-pass for the rest of the
    reduction and linear interpolation; enlarges by Lanczos; the same size returns the same pixels.

    width, height: of the result, in pixels.
    """
    if image.shape[:2] == (height, width):
        return image.copy()
    if width > image.shape[1] or height > image.shape[0]:
        return cv2.resize(image, (width, height), interpolation=cv2.INTER_LANCZOS4)
    while image.shape[1] >= 2 * width and image.shape[0] >= 2 * height:
        # At exactly half the size linear interpolation is the mean of four pixels.
        half = image.shape[1] // 2, image.shape[0] // 2
        image = cv2.resize(image, half, interpolation=cv2.INTER_LINEAR)
    smooth = _filter_low_pass(image, image.shape[1] / width, image.shape[0] / height)
    return cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)


def _filter_low_pass(image: np.ndarray, across: float, down: float) -> np.ndarray:
    """Blurs an image just enough that shrinking it by these factors creates no jagged edges.

    The kernel weights a pixel and its two neighbors by how much of each a pixel of the new size
    covers.

    image: uint8 (h, w, 4).
    across, down: how many times narrower and lower the image becomes; 1 to 2 each.
    Returns uint8 (h, w, 4).
    """
    reaches = [(min(max(factor, 1.0), 2.0) - 1) / 2 for factor in (across, down)]
    # The filter is separable: one row of three weights per direction, with a sum of 1.
    kernel_x, kernel_y = (
        np.array([reach, 1, reach], np.float32) / (1 + 2 * reach) for reach in reaches
    )
    return cv2.sepFilter2D(image, SAME_DEPTH, kernel_x, kernel_y, borderType=cv2.BORDER_REPLICATE)
