"""Decodes the images of servers, rejecting incomplete files, and encodes images for them."""

import base64
import binascii
import io
import struct
import zlib

import cv2
import numpy as np
from PIL import Image

from services.imaging.encoding import encode_pixels
from services.imaging.structure import check_structure
from services.imaging.webp import WebpPicture, is_still_webp
from services.runtime.errors import InvalidImage
from services.runtime.formats import PNG

# 8192 x 8192: 16 times the 2048 x 2048 that may be requested, and 192 MiB when decoded. Larger: a
# broken server can take more memory.
MAX_SERVER_IMAGE_PIXELS = 2**26
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Bytes before the width in a PNG file: the signature, and the length and kind of the first chunk.
PNG_SIZE_OFFSET = 16


def encode_rgb_png(pixels: np.ndarray) -> bytes:
    """Encodes uint8 (H, W) or RGB (H, W, 3) as an 8-bit PNG file without an alpha channel.

    Some image servers would read a mask from alpha, others show what it hides.
    """
    return encode_pixels(pixels, PNG)


def image_to_base64(pixels: np.ndarray) -> str:
    """Returns uint8 (H, W) or RGB (H, W, 3) as a PNG in base64, without a data: prefix."""
    return bytes_to_base64(encode_rgb_png(pixels))


def bytes_to_base64(data: bytes) -> str:
    """Returns a file in base64, without a data: prefix."""
    return base64.b64encode(data).decode("ascii")


def image_from_base64(text: str) -> np.ndarray:
    """Decodes an image file in base64 to uint8 RGB (H, W, 3); raises ValueError if it is none.

    text: base64, with or without a prefix such as "data:image/png;base64,".
    """
    return decode_server_image(bytes_from_base64(text))


def bytes_from_base64(text: str) -> bytes:
    """Decodes a file in base64; raises ValueError if it is none.

    text: base64, with or without a prefix such as "data:image/png;base64,".
    """
    before, marker, after = text.partition("base64,")
    try:
        return base64.b64decode(after if marker else before, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def decode_server_image(data: bytes) -> np.ndarray:
    """Decodes a complete PNG, JPEG or WebP file to uint8 RGB (H, W, 3).

    Raises ValueError if it is none, truncated, corrupt or larger than 2**26 pixels.
    """
    try:
        check_structure(data, "image")
        return _decode_png(data) if data.startswith(PNG_SIGNATURE) else _decode_other(data)
    # Pillow also raises OSError and SyntaxError for corrupt files.
    except (OSError, SyntaxError, struct.error, cv2.error, InvalidImage) as error:
        raise ValueError(str(error)) from error


def _decode_png(data: bytes) -> np.ndarray:
    """Decodes a PNG file to uint8 RGB (H, W, 3); raises if it is corrupt or truncated."""
    # OpenCV decodes twice as fast as Pillow, but accepts truncated files.
    check_png(data)
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None:
        raise ValueError("the PNG cannot be decoded")
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def check_png(data: bytes) -> None:
    """Raises unless a PNG file is complete, intact and not too large; does not decode it.

    A PNG is a signature and chunks of length (4 bytes), kind (4), data, and CRC-32 of kind and data
    (4), of which the last is IEND (PNG specification, section 5.3). Raises ValueError if a checksum
    is wrong, and struct.error if the file ends early.
    """
    # The first chunk, IHDR, starts with width and height.
    width, height = struct.unpack_from(">II", data, PNG_SIZE_OFFSET)
    _check_pixel_count(width, height)
    view, start = memoryview(data), len(PNG_SIGNATURE)
    while True:
        length, kind = struct.unpack_from(">I4s", data, start)
        end = start + 8 + length
        if zlib.crc32(view[start + 4 : end]) != struct.unpack_from(">I", data, end)[0]:
            raise ValueError("the PNG is corrupt")
        if kind == b"IEND":
            return
        start = end + 4


def _decode_other(data: bytes) -> np.ndarray:
    """Decodes a JPEG or WebP file to uint8 RGB (H, W, 3); raises OSError if it is neither."""
    if is_still_webp(data):
        picture = WebpPicture(data)
        _check_pixel_count(*picture.size)
        return np.ascontiguousarray(picture.decode()[..., :3])
    with Image.open(io.BytesIO(data), formats=("JPEG", "WEBP")) as image:
        _check_pixel_count(*image.size)
        return np.asarray(image.convert("RGB"))


def _check_pixel_count(width: int, height: int) -> None:
    if not 0 < width * height <= MAX_SERVER_IMAGE_PIXELS:
        raise ValueError(f"the picture has {width} x {height} pixels")
