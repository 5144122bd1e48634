"""Limits on BMP files that are compressed by run-length encoding."""

# Megapixels of such a file, which Python decodes run by run and fills up pixel by pixel, at about
# 8 megapixels a second. Larger: more time.
MAX_RUN_LENGTH_MEGAPIXELS = 10
# Bytes of such a file, decoded at about 2 MiB/s. Larger: more time.
MAX_RUN_LENGTH_BYTES = 2 << 20
# Where the header states width, height and compression, and the latter's values for runs of 8 and
# of 4 bits a pixel.
_WIDTH_AT, _HEIGHT_AT, _COMPRESSION_AT, _RUN_LENGTH = 18, 22, 30, (1, 2)


def find_bmp_excess(data: bytes) -> str:
    """Returns what is beyond the limits in a BMP file; empty if nothing is.

    data: the bytes of the file.
    """
    if _read_number(data, _COMPRESSION_AT) not in _RUN_LENGTH:
        return ""
    if len(data) > MAX_RUN_LENGTH_BYTES:
        return f"is a run-length encoded BMP of {len(data) >> 20} MiB; save it as PNG"
    # The height is negative in files that start at the top.
    megapixels = abs(_read_number(data, _WIDTH_AT) * _read_number(data, _HEIGHT_AT)) / 1e6
    if megapixels > MAX_RUN_LENGTH_MEGAPIXELS:
        return f"is a run-length encoded BMP of {megapixels:.0f} megapixels; save it as PNG"
    return ""


def _read_number(data: bytes, at: int) -> int:
    """Returns a number of 32 bits in the header."""
    return int.from_bytes(data[at : at + 4], "little", signed=True)
