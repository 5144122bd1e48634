"""Estimates the memory that decoding a picture takes, from its header alone.

At the peak there are: the bytes of the file, the decoded picture with 1, 2 or 4 bytes a pixel, and
either what its decoder holds besides, or the converted array with 3 or 4. The figures for decoders
are from their sources and were measured with pictures of 4 and 16 megapixels.
"""

from dataclasses import dataclass, replace

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile

from services.imaging.animation import is_animation
from services.imaging.file_kinds import is_heif_file
from services.imaging.heif import find_largest_heif_size
from services.imaging.jpeg_reduction import count_coefficient_bytes
from services.imaging.strips import STRIP_PIXELS, has_alpha
from services.imaging.webp import find_webp_canvas, is_still_webp

# Bytes of a pixel in memory by Pillow's mode; 4 in all others.
_STORED_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
# Bytes a pixel that the steps after decoding take at their peak, the decoded array included: as
# measured in segmentation, which takes most, and there of photos with alpha, which may be finished
# cut-outs and stay as large as they are. Larger: fewer images at a time.
WORK_BYTES, ALPHA_PHOTO_WORK_BYTES = 14, 48
# Bytes that conversion takes for each pixel of a strip: its crop, and up to three copies of it.
_STRIP_BYTES = 16
# What else decoding takes, in bytes: tables, buffers of rows, and what allocation rounds up.
_FIXED_BYTES = 6 << 20
# Copies of the file: that which is decoded, and for TIFF and AVIF, that of the decoder.
_FILE_COPIES = {"TIFF": 2, "AVIF": 2}
# Bytes of AV1 decoders for each byte of samples in planes: those of the picture, and a reference.
_AV1_COPIES = 2.25
# Bytes a pixel of animations, whose decoders keep one or two more frames with 4 bytes each, and of
# which the frame that was chosen is copied.
_ANIMATION_BYTES = {"GIF": 20, "PNG": 20, "WEBP": 24, "AVIF": 26}
# Bytes a pixel of a still WebP besides the array: pixels as 32 bits, or planes, and alpha.
_WEBP_BYTES = 6
# Bytes a pixel of a HEIF file, those of its own process included: samples of 16 bits in planes and
# interleaved there, and here the pixels as bytes, twice.
_HEIF_BYTES = 30
# The tags of a TIFF file for rows of a strip and for the sides of its tiles (TIFF 6.0).
_ROWS_PER_STRIP, _TILE_WIDTH, _TILE_HEIGHT = 278, 322, 323
# Pillow's name of the decoder for TIFF files without compression, which needs no buffer.
_UNCOMPRESSED = "raw"
# Bytes of a pixel in a strip or tile of a TIFF: up to four channels of 16 bits.
_TIFF_PIXEL_BYTES = 8
# Where an AVIF file states its samples: the flags in a box av1C (AV1 in ISOBMFF, 2.3.3).
_AV1_BOX, _AV1_FLAGS_AT, _AV1_HEADER_BYTES = b"av1C", 6, 65_536
_HIGH_DEPTH, _MONOCHROME, _HALF_WIDTH = 0x40, 0x10, 0x08


@dataclass(frozen=True)
class DecodingCost:
    """What decoding takes.

    pixels: of the decoded picture. file_bytes: of all copies of the file.
    stored, decoder, result: bytes a pixel of the decoded picture, of what its decoder holds besides
    for each, and of the array that it becomes. buffers: further bytes that the decoder holds.
    is_turned: whether the array is copied to turn it upright.
    """

    pixels: int
    file_bytes: int
    stored: float
    decoder: float
    result: int
    buffers: int = 0
    is_turned: bool = True

    @property
    def peak_bytes(self) -> int:
        """The most bytes that are in use at once.

        While the picture is decoded: it, and what the decoder holds. While it is converted: it, the
        array, and copies of a strip. While it is turned: the array, twice.
        """
        decoding = self.pixels * (self.stored + self.decoder) + self.buffers
        strip = min(self.pixels, STRIP_PIXELS) * _STRIP_BYTES
        converting = self.pixels * (self.stored + self.result) + strip
        turning = self.pixels * self.result * (2 if self.is_turned else 1)
        return int(self.file_bytes + _FIXED_BYTES + max(decoding, converting, turning))


def estimate_file_bytes(data: bytes, max_megapixels: float) -> int:
    """Returns the bytes that opening and decoding a file take that is decoded as it is opened.

    Returns 0 for a file that can be opened first: see estimate_picture_bytes. Raises ValueError if
    the file is truncated.

    data: the bytes of the file.
    max_megapixels: beyond which it is not decoded.
    """
    if is_heif_file(data):
        width, height = find_largest_heif_size(data)
        cost = DecodingCost(0, 2 * len(data), 4, _HEIF_BYTES, 4)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        width, height = find_webp_canvas(data)
        is_still = is_still_webp(data)
        decoder = _WEBP_BYTES if is_still else _ANIMATION_BYTES["WEBP"]
        cost = DecodingCost(0, len(data), 0 if is_still else 4, decoder + 4, 4)
    else:
        return 0
    return replace(cost, pixels=min(width * height, int(max_megapixels * 1e6))).peak_bytes


def estimate_picture_bytes(picture: Image.Image, data: bytes, full_size: tuple[int, int]) -> int:
    """Returns the bytes that decoding an opened picture to uint8 sRGB takes.

    Never less than is used, and at most about half as much again.

    picture: not decoded yet, of any format that Pillow opens.
    data: the bytes of the file.
    full_size: (width, height) of the file in pixels, whatever the size at which it is decoded.
    """
    fmt, result = picture.format or "", 4 if has_alpha(picture) else 3
    cost = DecodingCost(
        picture.width * picture.height,
        len(data) * _FILE_COPIES.get(fmt, 1),
        _STORED_BYTES.get(picture.mode, 4),
        0,
        result,
    )
    if is_animation(picture):
        return replace(cost, stored=4, decoder=_ANIMATION_BYTES[fmt], result=4).peak_bytes
    if isinstance(picture, JpegImageFile):
        cost = replace(cost, buffers=count_coefficient_bytes(picture, data, full_size))
    elif isinstance(picture, TiffImageFile):
        cost = replace(cost, buffers=_count_strip_bytes(picture))
    elif fmt == "AVIF":
        samples = _count_av1_bytes(data) + (result - 3)
        cost = replace(cost, decoder=result + _AV1_COPIES * samples)
    return cost.peak_bytes


def _count_strip_bytes(picture: TiffImageFile) -> int:
    """Returns the bytes of a strip or tile of a TIFF file as its decoder unpacks it."""
    if not picture.tile or picture.tile[0][0] == _UNCOMPRESSED:
        return 0
    tags = picture.tag_v2
    width, rows = tags.get(_TILE_WIDTH, picture.width), tags.get(_TILE_HEIGHT)
    rows = rows or min(tags.get(_ROWS_PER_STRIP, picture.height), picture.height)
    return int(width) * int(rows) * _TIFF_PIXEL_BYTES


def _count_av1_bytes(data: bytes) -> float:
    """Returns the bytes of samples of a pixel in an AVIF file, without alpha."""
    at = data.find(_AV1_BOX, 0, _AV1_HEADER_BYTES)
    flags = data[at + _AV1_FLAGS_AT] if 0 <= at < len(data) - _AV1_FLAGS_AT else _HIGH_DEPTH
    channels = 1 if flags & _MONOCHROME else 2 if flags & _HALF_WIDTH else 3
    return channels * (2 if flags & _HIGH_DEPTH else 1)
