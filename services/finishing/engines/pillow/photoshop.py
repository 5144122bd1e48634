"""Encodes a picture's layers as a Photoshop file."""

import io
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

from services.imaging.box import crop_to_box, find_bounding_box
from services.imaging.images import NamedLayer
from services.runtime.guards.cancellation import check_active


def encode_photoshop(layers: Sequence[NamedLayer]) -> bytes:
    """Encodes layers as a Photoshop file of the first one's size; returns its bytes.

    Alpha becomes a layer's mask; fully transparent borders are cropped.

    layers: from the bottom up, each a name and uint8 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA of
        the whole canvas.
    """
    # Here, as it takes long to import and few requests need it.
    from psd_tools import PSDImage

    height, width = layers[0][1].shape[:2]
    document = PSDImage.new("RGB", (width, height))
    for name, pixels in layers:
        check_active()
        x, y, part = _crop_transparent(pixels)
        document.create_pixel_layer(Image.fromarray(part), name=name, top=y, left=x)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _crop_transparent(pixels: np.ndarray) -> tuple[int, int, np.ndarray]:
    """Crops a layer's fully transparent borders; returns x and y of what is left, and its pixels.

    pixels: uint8 (H, W) gray, (H, W, 3) RGB or (H, W, 4) RGBA; what is left is RGB or RGBA.
    """
    if pixels.ndim == 2:
        return 0, 0, np.repeat(pixels[..., None], 3, axis=2)
    if pixels.shape[2] == 3:
        return 0, 0, pixels
    x, y, width, height = find_bounding_box(cv2.extractChannel(pixels, 3))
    # A layer needs at least one pixel.
    covered = crop_to_box(pixels, (x, y, max(1, width), max(1, height)))
    return x, y, np.ascontiguousarray(covered)
