"""Resizing of transparent pictures without dark or bright rims."""

import cv2
import numpy as np


def resize_rgba(cutout: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resizes uint8 RGBA (h, w, 4) with straight alpha to (height, width, 4).

    Colours are weighted by their alpha (Porter and Duff, 'Compositing Digital Images', 1984), so
    what lies hidden under transparent pixels does not bleed in. Shrinks by area, enlarges by
    Lanczos; the same size gives the same pixels.
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
