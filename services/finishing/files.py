"""Writes a picture as the file that leaves the system, no larger than asked."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cyclorama.v1 import image_pb2
from services.finishing.marks import Marks, srgb
from services.imaging.images import JPEG, PNG, RAW_CHANNELS, WEBP, encode
from services.runtime.errors import CannotFit

AVIF, TIFF = image_pb2.IMAGE_FORMAT_AVIF, image_pb2.IMAGE_FORMAT_TIFF
LOSSLESS, LOWEST_QUALITY = 0, 30
DEFAULT_QUALITY = {JPEG: 95, AVIF: 90, WEBP: LOSSLESS}
# AVIF's slower speeds take many seconds and save a few percent.
AVIF_SPEED, WEBP_METHOD = 8, 4
METERS_PER_INCH = 0.0254
KILOBYTE = 1000
# Behind the signature and the header, which a PNG begins with.
PNG_HEAD = 33
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, INCH, XMP_TAG = 282, 283, 296, 2, 700


@dataclass(frozen=True)
class File:
    """The bytes of a picture file and the quality that they were written with, 0 for lossless."""

    data: bytes
    quality: int = LOSSLESS


def write_file(
    pixels: np.ndarray,
    fmt: int,
    marks: Marks,
    quality: int | None = None,
    max_bytes: int | None = None,
) -> File:
    """Encodes uint8 RGB (H, W, 3); `quality` is 1 to 100 for formats that have one.

    With `max_bytes` the highest quality up to `quality` that fits is searched; raises CannotFit
    with the least size that can be reached.
    """
    if fmt in (PNG, TIFF) or fmt in RAW_CHANNELS:
        file = File(_lossless(pixels, fmt, marks))
    else:
        best = quality or DEFAULT_QUALITY[fmt]
        file = File(_lossy(pixels, fmt, marks, best), best)
    if max_bytes is None or len(file.data) <= max_bytes:
        return file
    if fmt not in DEFAULT_QUALITY:
        raise CannotFit(len(file.data), "ask for JPEG, WEBP or AVIF, which can be made smaller")
    return _fitted(lambda q: _lossy(pixels, fmt, marks, q), file.quality or 101, max_bytes)


def _fitted(write: Callable[[int], bytes], too_large: int, max_bytes: int) -> File:
    """Bisects for the highest quality that fits, below one that is known not to."""
    low = min(LOWEST_QUALITY, too_large)
    fits = File(write(low), low)
    if len(fits.data) > max_bytes:
        raise CannotFit(len(fits.data), "ask for a smaller picture or allow more")
    high = too_large
    while high - fits.quality > 1:
        middle = (fits.quality + high) // 2
        data = write(middle)
        if len(data) <= max_bytes:
            fits = File(data, middle)
        else:
            high = middle
    return fits


def _lossless(pixels: np.ndarray, fmt: int, marks: Marks) -> bytes:
    if fmt == TIFF:
        dpi = (marks.dpi, marks.dpi)
        tags = {XMP_TAG: marks.xmp()}
        return _save(pixels, "TIFF", compression="tiff_lzw", dpi=dpi, tiffinfo=tags)
    data = encode(pixels, fmt).data
    return _with_chunks(data, marks) if fmt == PNG else data


def _lossy(pixels: np.ndarray, fmt: int, marks: Marks, quality: int) -> bytes:
    xmp = {"xmp": marks.xmp()}
    if fmt == JPEG:
        dpi = (marks.dpi, marks.dpi)
        return _save(pixels, "JPEG", quality=quality, subsampling="4:4:4", dpi=dpi, **xmp)
    xmp["exif"] = _exif(marks.dpi)
    if fmt == AVIF:
        return _save(pixels, "AVIF", quality=quality, subsampling="4:4:4", speed=AVIF_SPEED, **xmp)
    if quality == LOSSLESS:
        return _save(pixels, "WEBP", lossless=True, method=0, exact=True, **xmp)
    return _save(pixels, "WEBP", quality=quality, method=WEBP_METHOD, **xmp)


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
