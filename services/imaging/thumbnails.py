"""Small pictures of large ones, to look at while work goes on and in lists of results."""

import numpy as np

from cyclorama.v1 import engine_pb2, image_pb2
from services.imaging.encoding import encode_jpeg
from services.imaging.images import encode
from services.imaging.resizing import fit_within
from services.runtime.formats import JPEG, WEBP

THUMBNAIL_SIDE = 256
QUALITY = 80


def shrink_to_thumbnail(pixels: np.ndarray) -> np.ndarray:
    """Shrinks uint8 (H, W, C) until no side exceeds THUMBNAIL_SIDE."""
    return fit_within(pixels, THUMBNAIL_SIDE)


def thumbnail(pixels: np.ndarray) -> image_pb2.Image:
    """Writes uint8 (H, W, 3) RGB as a small JPEG, (H, W, 4) RGBA as a small WebP."""
    small = shrink_to_thumbnail(pixels)
    if small.shape[2] == 4:
        return encode(small, WEBP)
    height, width = small.shape[:2]
    data = encode_jpeg(small, QUALITY)
    return image_pb2.Image(data=data, format=JPEG, width=width, height=height)


def progress_message(fraction: float, picture: np.ndarray | None = None) -> engine_pb2.Progress:
    """Writes a Progress message; picture: uint8 RGB (h, w, 3) of the work so far."""
    seen = None if picture is None else thumbnail(picture)
    return engine_pb2.Progress(fraction=fraction, preview=seen)
