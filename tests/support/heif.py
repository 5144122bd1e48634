"""Encodes HEIF files as phones do. The encoder is a tool of tests; processes only decode."""

import io
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image


def encode_heif(pixels: np.ndarray, **options: Any) -> bytes:
    """Encodes uint8 (h, w), (h, w, 3) RGB or (h, w, 4) RGBA; options are those of pillow_heif."""
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(out, **({"quality": 90} | options))
    return out.getvalue()


def encode_deep_heif(pixels: np.ndarray) -> bytes:
    """Encodes uint8 RGB (h, w, 3) with 10 bits per channel."""
    out = io.BytesIO()
    size = pixels.shape[1], pixels.shape[0]
    samples = (pixels.astype("<u2") * 257).tobytes()
    pillow_heif.encode("RGB;16", size, samples, out, quality=90)
    return out.getvalue()


def encode_heif_album(*pictures: np.ndarray, primary: int) -> bytes:
    """Encodes several uint8 RGB (h, w, 3) as one file; `primary` is the index of the main one."""
    album, out = pillow_heif.HeifFile(), io.BytesIO()
    for pixels in pictures:
        album.add_from_pillow(Image.fromarray(pixels))
    album.save(out, quality=90, primary_index=primary)
    return out.getvalue()
