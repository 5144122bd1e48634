"""Writes a picture as the file that leaves the system, no larger than asked."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from services.finishing.engine import LOSSLESS
from services.finishing.marks import Marks, srgb
from services.imaging.encoding import JPEG_QUALITY, encode_pixels
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

LOWEST_QUALITY = 30
# AVIF's slower speeds take many seconds and save a few percent.
AVIF_SPEED, WEBP_METHOD = 8, 4
METERS_PER_INCH = 0.0254
# Behind the signature and the header, which a PNG begins with.
PNG_HEAD = 33
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, INCH, XMP_TAG = 282, 283, 296, 2, 700


@dataclass(frozen=True)
class File:
    """The bytes of a picture file and the quality that they were written with."""

    data: bytes
    quality: int = LOSSLESS


@dataclass(frozen=True)
class Encoder:
    """Writes files of one format: (pixels, marks, quality) -> bytes.

    quality: the default, LOSSLESS or 1 to 100.
    """

    write: Callable[[np.ndarray, Marks, int], bytes]
    quality: int = LOSSLESS


def write_file(
    pixels: np.ndarray,
    fmt: int,
    marks: Marks,
    quality: int | None = None,
    max_bytes: int | None = None,
) -> File:
    """Encodes uint8 RGB (H, W, 3); `quality` is 1 to 100 for formats that may be lossy.

    With `max_bytes` the highest quality up to `quality` that fits is searched; raises
    SizeLimitUnreachable with the least size that can be reached.
    """
    encoder, lossy = ENCODERS[fmt], FORMAT_INFO[fmt].lossy
    best = quality or encoder.quality if lossy else LOSSLESS
    file = File(encoder.write(pixels, marks, best), best)
    if max_bytes is None or len(file.data) <= max_bytes:
        return file
    if not lossy:
        smaller = join_names(name_from_format(each) for each in ENCODERS if FORMAT_INFO[each].lossy)
        raise SizeLimitUnreachable(len(file.data), f"ask for {smaller}, which can be made smaller")
    return _fitted(lambda q: encoder.write(pixels, marks, q), file.quality or 101, max_bytes)


def _fitted(write: Callable[[int], bytes], too_large: int, max_bytes: int) -> File:
    """Bisects for the highest quality that fits, below one that is known not to."""
    check_active()
    low = min(LOWEST_QUALITY, too_large)
    fits = File(write(low), low)
    if len(fits.data) > max_bytes:
        raise SizeLimitUnreachable(len(fits.data), "ask for a smaller picture or allow more")
    high = too_large
    while high - fits.quality > 1:
        check_active()
        middle = (fits.quality + high) // 2
        data = write(middle)
        if len(data) <= max_bytes:
            fits = File(data, middle)
        else:
            high = middle
    return fits


def _png(pixels: np.ndarray, marks: Marks, _quality: int) -> bytes:
    return _with_chunks(encode_pixels(pixels, PNG), marks)


def _tiff(pixels: np.ndarray, marks: Marks, _quality: int) -> bytes:
    dpi, tags = (marks.dpi, marks.dpi), {XMP_TAG: marks.xmp()}
    return _save(pixels, "TIFF", compression="tiff_lzw", dpi=dpi, tiffinfo=tags)


def _jpeg(pixels: np.ndarray, marks: Marks, quality: int) -> bytes:
    how = {"quality": quality, "subsampling": "4:4:4", "dpi": (marks.dpi, marks.dpi)}
    return _save(pixels, "JPEG", xmp=marks.xmp(), **how)


def _avif(pixels: np.ndarray, marks: Marks, quality: int) -> bytes:
    how = {"quality": quality, "subsampling": "4:4:4", "speed": AVIF_SPEED}
    return _save(pixels, "AVIF", xmp=marks.xmp(), exif=_exif(marks.dpi), **how)


def _webp(pixels: np.ndarray, marks: Marks, quality: int) -> bytes:
    how = {"quality": quality, "method": WEBP_METHOD}
    if quality == LOSSLESS:
        how = {"lossless": True, "method": 0, "exact": True}
    return _save(pixels, "WEBP", xmp=marks.xmp(), exif=_exif(marks.dpi), **how)


def _raw(pixels: np.ndarray, _marks: Marks, _quality: int) -> bytes:
    return pixels.tobytes()


def _save(pixels: np.ndarray, name: str, **how) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, name, icc_profile=srgb(), **how)
    return out.getvalue()


def _exif(dpi: float) -> bytes:
    exif = Image.Exif()
    exif[X_RESOLUTION] = exif[Y_RESOLUTION] = dpi
    exif[RESOLUTION_UNIT] = INCH
    return exif.tobytes()


def _with_chunks(png: bytes, marks: Marks) -> bytes:
    """Adds profile, resolution and XMP to a PNG, as the PNG specification lays them out."""
    per_meter = round(marks.dpi / METERS_PER_INCH)
    chunks = (
        _chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(srgb())),
        _chunk(b"pHYs", struct.pack(">IIB", per_meter, per_meter, 1)),
        _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + marks.xmp()),
    )
    return png[:PNG_HEAD] + b"".join(chunks) + png[PNG_HEAD:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


ENCODERS = {
    PNG: Encoder(_png),
    TIFF: Encoder(_tiff),
    JPEG: Encoder(_jpeg, quality=JPEG_QUALITY),
    AVIF: Encoder(_avif, quality=90),
    WEBP: Encoder(_webp, quality=LOSSLESS),
    RAW_RGB: Encoder(_raw),
}
