"""The detail of textures: full, or halved for images of half the size.

Mitsuba reads textures at points. Of detail finer than a pixel, such as the threads of a cloth, a
few samples see single dark and bright points instead of the mean.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import cv2
import numpy as np

# Pixels of a texture's longer side from which on it is halved. The pictures of things are smaller:
# they cover few pixels, and show no threads.
MIN_HALVED_SIDE = 2048

_is_halved = ContextVar("is_texture_detail_halved", default=False)


@contextmanager
def halve_textures() -> Iterator[None]:
    """Halves the textures that are created in a `with` block. Never entered across a yield."""
    token = _is_halved.set(True)
    try:
        yield
    finally:
        _is_halved.reset(token)


def are_textures_halved() -> bool:
    """Returns whether textures that are created now are halved."""
    return _is_halved.get()


def fit_detail(image: np.ndarray) -> np.ndarray:
    """Returns a texture with half its sides where halve_textures says so, else as it is.

    image: uint8 RGB (h, w, 3), or float16 or float32 (h, w). The mean of each four texels, so that
    seamless textures stay seamless.
    """
    if not are_textures_halved() or max(image.shape) < MIN_HALVED_SIDE:
        return image
    # OpenCV does not resize half precision.
    image_read = image.astype(np.float32) if image.dtype == np.float16 else image
    halved = cv2.resize(image_read, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return halved.astype(image.dtype)
