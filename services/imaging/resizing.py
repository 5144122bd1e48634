"""Resizing of pictures, transparent ones without dark or bright rims.

Pixels may only be mixed when their colors are weighted by their alpha, that is premultiplied
(T. Porter, T. Duff: "Compositing Digital Images", SIGGRAPH 1984); else what lies hidden under
transparent pixels bleeds into others.
"""

import cv2
import numpy as np


def fitted_size(size: tuple[int, ...], side: int, least: int = 1) -> tuple[int, int]:
    """The (height, width) at which no side exceeds `side`; never larger than `size`.

    size: height, width and whatever follows them in a shape. least: pixels that the shorter side
    keeps where it has them, so that a very long picture is squeezed rather than made a line.
    """
    height, width = size[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return height, width
    return tuple(max(round(old * scale), min(old, least)) for old in (height, width))


def fit_within(image: np.ndarray, side: int, least: int = 1) -> np.ndarray:
    """Shrinks uint8 or float32 (h, w) or (h, w, C) to its fitted_size, by area.

    For pictures without alpha, and where rims do not matter.
    """
    height, width = fitted_size(image.shape, side, least)
    if image.shape[:2] == (height, width):
        return image
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def resize_straight(cutout: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resizes uint8 RGBA (h, w, 4) with straight alpha to (height, width, 4).

    For a cut-out that is kept: in floating point, so that no level is lost. Shrinks by area,
    enlarges by Lanczos; the same size gives the same pixels.
    """
    if cutout.shape[:2] == (height, width):
        return cutout.copy()
    shrinks = width * height < cutout.shape[0] * cutout.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
    weighted = cutout.astype(np.float32)
    weighted[..., :3] *= weighted[..., 3:] / 255
    resized = cv2.resize(weighted, (width, height), interpolation=method)
    alpha = np.clip(resized[..., 3:], 0, 255)
    resized[..., :3] *= 255 / np.maximum(alpha, 1)
    resized[..., 3:] = alpha
    return np.rint(np.clip(resized, 0, 255)).astype(np.uint8)


def premultiply(cutout: np.ndarray) -> np.ndarray:
    """Weights the colors of uint8 RGBA (h, w, 4) by their alpha, as uint8."""
    return cv2.cvtColor(cutout, cv2.COLOR_RGBA2mRGBA)


def resize_premultiplied(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resizes premultiplied uint8 RGBA (h, w, 4) to (height, width, 4).

    For a cut-out that is composited right away: several times as fast as resize_straight, as it
    stays in bytes. Shrinks by halving while it can, then with a low-pass that fits the rest of the
    reduction and linear interpolation; enlarges by Lanczos; the same size gives the same pixels.
    """
    if picture.shape[:2] == (height, width):
        return picture.copy()
    if width > picture.shape[1] or height > picture.shape[0]:
        return cv2.resize(picture, (width, height), interpolation=cv2.INTER_LANCZOS4)
    while picture.shape[1] >= 2 * width and picture.shape[0] >= 2 * height:
        # At exactly half the size linear interpolation is the mean of four pixels.
        half = picture.shape[1] // 2, picture.shape[0] // 2
        picture = cv2.resize(picture, half, interpolation=cv2.INTER_LINEAR)
    smooth = _smooth(picture, picture.shape[1] / width, picture.shape[0] / height)
    return cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)


def _smooth(picture: np.ndarray, across: float, down: float) -> np.ndarray:
    """Takes out what a reduction by these factors, 1 to 2 each, cannot hold.

    The kernel is what a box as wide as the new pixels covers of a pixel and its two neighbors.
    """
    reaches = [(min(max(factor, 1.0), 2.0) - 1) / 2 for factor in (across, down)]
    kernels = [np.float32([reach, 1, reach]) / (1 + 2 * reach) for reach in reaches]
    return cv2.sepFilter2D(picture, -1, *kernels, borderType=cv2.BORDER_REPLICATE)
