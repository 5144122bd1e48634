"""Writes pixels as the bytes of a picture."""

import io

import cv2
import numpy as np
from PIL import Image

from services.runtime.formats import JPEG, PNG, RAW_CHANNELS, WEBP, name_of

JPEG_QUALITY = 95


def encode_pixels(pixels: np.ndarray, fmt: int) -> bytes:
    """Writes uint8 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA as `fmt`, never losing alpha.

    Lossless but for JPEG. Raises ValueError where the format cannot hold so many channels, and
    for files that only the finishing stage writes.
    """
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if RAW_CHANNELS.get(fmt) == channels:
        return pixels.tobytes()
    if fmt == PNG:
        # No compression level: naming one switches OpenCV off its fast path.
        return _write_with_opencv(".png", pixels)
    if fmt == JPEG and channels == 3:
        return encode_jpeg(pixels, JPEG_QUALITY)
    if fmt == WEBP:
        return _encode_webp(pixels)
    raise ValueError(f"{channels} channels do not fit {name_of(fmt)}")


def encode_jpeg(pixels: np.ndarray, quality: int) -> bytes:
    """Writes uint8 (H, W, 3) RGB as JPEG of quality 1 to 100, without chroma subsampling."""
    full_color = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, full_color]
    return _write_with_opencv(".jpg", pixels, flags)


def _encode_webp(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", lossless=True, method=0, exact=True)
    return out.getvalue()


def _write_with_opencv(suffix: str, pixels: np.ndarray, flags: list[int] | None = None) -> bytes:
    if pixels.ndim == 3:
        swap = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
        pixels = cv2.cvtColor(pixels, swap)
    return cv2.imencode(suffix, pixels, flags or [])[1].tobytes()
