"""Thumbnails: previews of work in progress, and images in lists of results."""

import numpy as np

from cyclorama.v1 import engine_pb2, image_pb2
from services.imaging.encoding import encode_jpeg
from services.imaging.images import encode_image
from services.imaging.resizing import shrink_to_fit
from services.runtime.formats import JPEG, WEBP

# Pixels of the longer side. Larger: sharper previews, and more bytes in each progress message.
THUMBNAIL_SIDE = 256
# JPEG quality, 1 to 100. Larger: fewer artifacts, and more bytes in each progress message.
THUMBNAIL_QUALITY = 80


def shrink_to_thumbnail(pixels: np.ndarray) -> np.ndarray:
    """Shrinks uint8 (H, W, C) until no side exceeds THUMBNAIL_SIDE; never enlarges."""
    return shrink_to_fit(pixels, THUMBNAIL_SIDE)


def encode_thumbnail(pixels: np.ndarray) -> image_pb2.Image:
    """Shrinks an image to at most 256 pixels a side, and encodes it as an Image message.

    pixels: uint8 (H, W, 3) RGB, which becomes a JPEG, or (H, W, 4) RGBA, which becomes a WebP.
    """
    small = shrink_to_thumbnail(pixels)
    if small.shape[2] == 4:
        return encode_image(small, WEBP)
    height, width = small.shape[:2]
    data = encode_jpeg(small, THUMBNAIL_QUALITY)
    return image_pb2.Image(data=data, format=JPEG, width=width, height=height)


def build_progress(
    fraction: float, image: np.ndarray | None = None, queue_position: int | None = None
) -> engine_pb2.Progress:
    """Returns a Progress message for a caller who waits for a result.

    fraction: share of the work that is done, 0 to 1.
    image: uint8 RGB (h, w, 3) of the work so far, sent as a thumbnail; None for no preview.
    queue_position: number of images that a server generates before this one; None if unknown.
    """
    preview = None if image is None else encode_thumbnail(image)
    return engine_pb2.Progress(fraction=fraction, preview=preview, queue_position=queue_position)
