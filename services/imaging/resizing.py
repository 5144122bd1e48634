"""Resizes images, transparent ones without dark or bright rims.

Pixels may be mixed only if their colors are premultiplied, that is weighted by their alpha
(T. Porter, T. Duff: "Compositing Digital Images", SIGGRAPH 1984). Otherwise colors that hide under
transparent pixels bleed into others.
"""

import cv2
import numpy as np


def fit_size(size: tuple[int, ...], side: int, least: int = 1) -> tuple[int, int]:
    """Returns the (height, width) at which no side exceeds `side`; never larger than `size`.

    size: a shape that begins with height and width. least: pixels that the shorter side keeps if it
    has them, so that a very long image is squeezed rather than reduced to a line.
    """
    height, width = size[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return height, width
    fitted = [max(round(old * scale), min(old, least)) for old in (height, width)]
    return fitted[0], fitted[1]


def shrink_to_fit(image: np.ndarray, side: int, least: int = 1) -> np.ndarray:
    """Shrinks an image to its fit_size by averaging areas; never enlarges.

    image: uint8 or float32 (h, w) or (h, w, C), without alpha or where rims do not matter. Returns
    the same dtype.
    """
    height, width = fit_size(image.shape, side, least)
    if image.shape[:2] == (height, width):
        return image
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def resize_straight(cutout: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resizes uint8 RGBA (h, w, 4) with straight alpha to (height, width, 4).

    For a cut-out to keep: computes in floating point, so that no level is lost. Shrinks by
    averaging areas, enlarges by Lanczos; the same size returns the same pixels.
    """
    if cutout.shape[:2] == (height, width):
        return cutout.copy()
    shrinks = width * height < cutout.shape[0] * cutout.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
    weighted = cutout.astype(np.float32)
    weighted[..., :3] = weighted[..., :3] * (weighted[..., 3:] / 255)
    resized = cv2.resize(weighted, (width, height), interpolation=method)
    alpha = np.clip(resized[..., 3:], 0, 255)
    resized[..., :3] = resized[..., :3] * (255 / np.maximum(alpha, 1))
    resized[..., 3:] = alpha
    return np.rint(np.clip(resized, 0, 255)).astype(np.uint8)


def premultiply(cutout: np.ndarray) -> np.ndarray:
    """Weights the colors of uint8 RGBA (h, w, 4) by their alpha; returns uint8 (h, w, 4)."""
    return cv2.cvtColor(cutout, cv2.COLOR_RGBA2mRGBA)


def resize_premultiplied(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resizes premultiplied uint8 RGBA (h, w, 4) to (height, width, 4).

    For a cut-out to composite at once: several times as fast as resize_straight, as it computes in
    bytes. Shrinks by halving while possible, then by a low-pass for the rest of the reduction and
    linear interpolation; enlarges by Lanczos; the same size returns the same pixels.
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
    """Removes the detail that a reduction by these factors, 1 to 2 each, would alias.

    The kernel weights a pixel and its two neighbors as a box of the new pixel's width covers them.
    """
    reaches = [(min(max(factor, 1.0), 2.0) - 1) / 2 for factor in (across, down)]
    kernel_x, kernel_y = (
        np.array([reach, 1, reach], np.float32) / (1 + 2 * reach) for reach in reaches
    )
    return cv2.sepFilter2D(image, -1, kernel_x, kernel_y, borderType=cv2.BORDER_REPLICATE)
