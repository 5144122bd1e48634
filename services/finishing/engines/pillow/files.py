"""Encodes ads as picture files with metadata, within a size limit."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cyclorama.v1 import image_pb2
from services.finishing.engine import LOSSLESS
from services.finishing.metadata import FileMetadata, build_srgb_profile
from services.imaging.encoding import JPEG_QUALITY
from services.imaging.png import HEAD_BYTES, encode_chunk, encode_png
from services.runtime.errors import SizeLimitUnreachable
from services.runtime.formats import (
    AVIF,
    FORMAT_INFO,
    JPEG,
    PNG,
    RAW_RGB,
    TIFF,
    WEBP,
    join_names,
    name_from_format,
)
from services.runtime.guards.cancellation import check_active

# Lowest quality that a size limit may lead to. Smaller: smaller files, with visible blocks.
MIN_QUALITY = 30
# Quality above every other, where the search begins for files that are too large when lossless.
ABOVE_BEST_QUALITY = 101
# Pillow's parameters `speed` (0 to 10) and `method` (0 to 6). Smaller speeds of AVIF take many
# seconds and save a few percent; larger methods of WEBP are slower and save a little.
AVIF_SPEED, WEBP_METHOD = 8, 4
# Quality of AVIF on Pillow's scale of 0 to 100, unless a caller names one. Larger: larger files.
AVIF_QUALITY = 90
METERS_PER_INCH = 0.0254  # the international inch
# TIFF tags, which Exif shares (TIFF 6.0, section 8), and that of XMP (XMP specification, part 3).
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, XMP_TAG = 282, 283, 296, 700
# The value of RESOLUTION_UNIT for dots per inch (TIFF 6.0, section 8).
INCH = 2


@dataclass(frozen=True)
class EncodedFile:
    """The bytes of a picture file and the quality that they were written with."""

    data: bytes
    quality: int = LOSSLESS


@dataclass(frozen=True)
class FileEncoder:
    """Encodes files of one format.

    write: takes uint8 RGB (H, W, 3), metadata and a quality; returns the bytes of the file.
    quality: the default, LOSSLESS or 1 to 100.
    """

    write: Callable[[np.ndarray, FileMetadata, int], bytes]
    quality: int = LOSSLESS


def encode_ad(
    pixels: np.ndarray,
    fmt: image_pb2.ImageFormat,
    metadata: FileMetadata,
    quality: int | None = None,
    max_bytes: int | None = None,
    reserved_bytes: int = 0,
) -> EncodedFile:
    """Encodes an ad as a file with metadata, at the highest quality that fits a size limit.

    Returns the bytes and the quality that was used. Raises SizeLimitUnreachable, with the smallest
    size that can be reached, when none fits.

    pixels: uint8 RGB (H, W, 3).
    fmt: a value of the contract's ImageFormat.
    quality: the highest to try, 1 to 100, for formats that may be lossy; None for their default.
    max_bytes: the largest size of the file in bytes; None for no limit.
    reserved_bytes: what has to be added to the file later, within `max_bytes`.
    """
    encoder, may_be_lossy = ENCODERS[fmt], FORMAT_INFO[fmt].lossy
    highest = quality or encoder.quality if may_be_lossy else LOSSLESS
    file = EncodedFile(encoder.write(pixels, metadata, highest), highest)
    if max_bytes is None or len(file.data) + reserved_bytes <= max_bytes:
        return file
    if not may_be_lossy:
        smaller = join_names(name_from_format(f) for f in ENCODERS if FORMAT_INFO[f].lossy)
        least = len(file.data) + reserved_bytes
        raise SizeLimitUnreachable(least, f"ask for {smaller}, which can be made smaller")
    # A lossless file that is too large says nothing about the lossy qualities, 1 to 100.
    too_large = ABOVE_BEST_QUALITY if file.quality == LOSSLESS else file.quality
    return _search_quality(
        lambda q: encoder.write(pixels, metadata, q), too_large, max_bytes, reserved_bytes
    )


def _search_quality(
    encode: Callable[[int], bytes], too_large: int, max_bytes: int, reserved_bytes: int
) -> EncodedFile:
    """Encodes at the highest quality whose file fits into `max_bytes`, found by bisection.

    Raises SizeLimitUnreachable, with the size at the lowest quality, if even that is too large.

    encode: takes a quality, returns the bytes of the file.
    too_large: a quality whose file is known to be too large; only lower ones are tried.
    reserved_bytes: what has to be added to the file later, within `max_bytes`.
    """
    check_active()
    lowest, room = min(MIN_QUALITY, too_large), max_bytes - reserved_bytes
    best = EncodedFile(encode(lowest), lowest)
    if len(best.data) > room:
        least = len(best.data) + reserved_bytes
        raise SizeLimitUnreachable(least, "ask for a smaller picture or allow more")
    high = too_large
    while high - best.quality > 1:
        check_active()
        middle = (best.quality + high) // 2
        data = encode(middle)
        if len(data) <= room:
            best = EncodedFile(data, middle)
        else:
            high = middle
    return best


def _encode_png(pixels: np.ndarray, metadata: FileMetadata, _quality: int) -> bytes:
    """Encodes uint8 RGB (H, W, 3) as PNG; lossless, so the quality is not used."""
    return _insert_png_chunks(encode_png(pixels), metadata)


def _encode_tiff(pixels: np.ndarray, metadata: FileMetadata, _quality: int) -> bytes:
    """Encodes uint8 RGB (H, W, 3) as TIFF with LZW; lossless, so the quality is not used."""
    dpi, tags = (metadata.dpi, metadata.dpi), {XMP_TAG: metadata.to_xmp()}
    return _save_with_pillow(pixels, "TIFF", compression="tiff_lzw", dpi=dpi, tiffinfo=tags)


def _encode_jpeg(pixels: np.ndarray, metadata: FileMetadata, quality: int) -> bytes:
    """Encodes uint8 RGB (H, W, 3) as JPEG at a quality of 1 to 100, with full color resolution."""
    return _save_with_pillow(
        pixels,
        "JPEG",
        xmp=metadata.to_xmp(),
        quality=quality,
        subsampling="4:4:4",
        dpi=(metadata.dpi, metadata.dpi),
    )


def _encode_avif(pixels: np.ndarray, metadata: FileMetadata, quality: int) -> bytes:
    """Encodes uint8 RGB (H, W, 3) as AVIF at a quality of 1 to 100, with full color resolution."""
    return _save_with_pillow(
        pixels,
        "AVIF",
        xmp=metadata.to_xmp(),
        exif=_encode_exif(metadata.dpi),
        quality=quality,
        subsampling="4:4:4",
        speed=AVIF_SPEED,
    )


def _encode_webp(pixels: np.ndarray, metadata: FileMetadata, quality: int) -> bytes:
    """Encodes uint8 RGB (H, W, 3) as WEBP, at a quality of 1 to 100 or LOSSLESS."""
    options: dict[str, object] = {"quality": quality, "method": WEBP_METHOD}
    if quality == LOSSLESS:
        # The fastest method; `exact` keeps the colors of transparent pixels as well.
        options = {"lossless": True, "method": 0, "exact": True}
    exif = _encode_exif(metadata.dpi)
    return _save_with_pillow(pixels, "WEBP", xmp=metadata.to_xmp(), exif=exif, **options)


def _encode_raw(pixels: np.ndarray, _metadata: FileMetadata, _quality: int) -> bytes:
    """Returns the bytes of uint8 RGB (H, W, 3) without a header, which leaves no metadata."""
    return pixels.tobytes()


def _save_with_pillow(pixels: np.ndarray, format_name: str, **options: object) -> bytes:
    """Encodes uint8 RGB (H, W, 3) with Pillow, with the color profile of sRGB.

    format_name: Pillow's name of the format, such as "JPEG".
    options: Pillow's options for that format.
    """
    file = io.BytesIO()
    profile = build_srgb_profile()
    Image.fromarray(pixels).save(file, format_name, icc_profile=profile, **options)
    return file.getvalue()


def _encode_exif(dpi: float) -> bytes:
    """Returns Exif metadata with the same resolution in both directions, in dots per inch."""
    exif = Image.Exif()
    exif[X_RESOLUTION] = exif[Y_RESOLUTION] = dpi
    exif[RESOLUTION_UNIT] = INCH
    return exif.tobytes()


def _insert_png_chunks(png: bytes, metadata: FileMetadata) -> bytes:
    """Adds color profile, resolution and XMP to the bytes of a PNG; returns the longer file.

    The layout of the chunks is that of the PNG specification, third edition, section 11.3.
    """
    per_meter = round(metadata.dpi / METERS_PER_INCH)
    chunks = (
        # Name of the profile, its end, compression method 0 (zlib), the profile.
        encode_chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(build_srgb_profile())),
        # Pixels per unit across and down, unit 1 (meter).
        encode_chunk(b"pHYs", struct.pack(">IIB", per_meter, per_meter, 1)),
        # Keyword, its end, two zeros for "not compressed", empty language and translation, text.
        encode_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.to_xmp()),
    )
    return b"".join((png[:HEAD_BYTES], *chunks, png[HEAD_BYTES:]))


ENCODERS: dict[image_pb2.ImageFormat, FileEncoder] = {
    PNG: FileEncoder(_encode_png),
    TIFF: FileEncoder(_encode_tiff),
    JPEG: FileEncoder(_encode_jpeg, quality=JPEG_QUALITY),
    AVIF: FileEncoder(_encode_avif, quality=AVIF_QUALITY),
    WEBP: FileEncoder(_encode_webp, quality=LOSSLESS),
    RAW_RGB: FileEncoder(_encode_raw),
}
