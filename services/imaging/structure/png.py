"""Limits on the chunks of PNG files (PNG specification, section 5)."""

import struct

from services.imaging.structure.tiff import find_tiff_excess

# Chunks besides those of pixels: an animation of 1,000 frames has one for each. Larger: more time.
MAX_CHUNKS = 4096
# Chunks of pixels: of 48 MiB in pieces of 1 KiB, where encoders write 4 KiB and more. Larger: more
# time, as each is read by itself.
MAX_PIXEL_CHUNKS = 49_152

_PIXELS, _EXIF, _END = (b"IDAT", b"fdAT"), b"eXIf", b"IEND"
# The signature; the length and name before the content of a chunk, and the checksum after it.
_SIGNATURE_BYTES, _HEAD, _CHECKSUM_BYTES = 8, struct.Struct(">I4s"), 4


def find_png_excess(data: bytes) -> str:
    """Returns what is beyond the limits in a PNG file; empty if nothing is.

    data: the bytes of the file.
    """
    at, chunks, pixel_chunks = _SIGNATURE_BYTES, 0, 0
    while at + _HEAD.size <= len(data):
        length, kind = _HEAD.unpack_from(data, at)
        if kind == _END:
            break
        if kind in _PIXELS:
            pixel_chunks += 1
        else:
            chunks += 1
        if chunks > MAX_CHUNKS or pixel_chunks > MAX_PIXEL_CHUNKS:
            return f"has more than {chunks + pixel_chunks - 1:,} chunks; save it again"
        start = at + _HEAD.size
        excess = find_tiff_excess(data[start : start + length]) if kind == _EXIF else ""
        if excess:
            return excess
        at = start + length + _CHECKSUM_BYTES
    return ""
