"""Reads the pictures of servers to the last pixel, and writes what is sent to them."""

import io
import struct
import zlib

import cv2
import numpy as np
from PIL import Image

from services.imaging.encoding import encode_pixels
from services.runtime.formats import PNG

MOST_PIXELS = 2**26
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def write_png(pixels: np.ndarray) -> bytes:
    """Writes uint8 (H, W) or RGB (H, W, 3) as an 8-bit PNG.

    Never with an alpha channel: some servers would read a mask from it, others show what it hides.
    """
    return encode_pixels(pixels, PNG)


def read_picture(data: bytes) -> np.ndarray:
    """Reads a whole PNG, JPEG or WebP: uint8 RGB (H, W, 3). Raises ValueError for all else."""
    try:
        return _read_png(data) if data.startswith(PNG_SIGNATURE) else _read_other(data)
    # Broken files make Pillow raise OSError and SyntaxError as well.
    except (OSError, SyntaxError, struct.error, cv2.error) as error:
        raise ValueError(str(error)) from error


def _read_png(data: bytes) -> np.ndarray:
    # OpenCV is twice as fast as Pillow, and content with half a file.
    _check_png(data)
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None:
        raise ValueError("the PNG cannot be decoded")
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def _check_png(data: bytes) -> None:
    """Raises unless every chunk is there and intact (PNG specification, section 5.3)."""
    _check_size(*struct.unpack_from(">II", data, 16))
    view, at = memoryview(data), len(PNG_SIGNATURE)
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if zlib.crc32(view[at + 4 : end]) != struct.unpack_from(">I", data, end)[0]:
            raise ValueError("the PNG is corrupt")
        if kind == b"IEND":
            return
        at = end + 4


def _read_other(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data), formats=("JPEG", "WEBP")) as picture:
        _check_size(*picture.size)
        return np.asarray(picture.convert("RGB"))


def _check_size(width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise ValueError(f"the picture has {width} x {height} pixels")
