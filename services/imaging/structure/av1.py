"""Reads the size of a picture from its AV1 sequence header (AV1 specification, 5.3 to 5.5)."""

# Units that are looked at for the header, which decoders need before they can decode a frame.
MAX_UNITS = 16
# Bytes of a header that are looked at; those of pictures have about 10.
_HEADER_BYTES = 1024
_SEQUENCE_HEADER = 1


def find_coded_size(data: bytes, at: int) -> tuple[int, int] | None:
    """Returns the largest (width, height) of the frames after an offset; None without a header.

    data: the bytes of a file. at: where a unit of AV1 may start.
    """
    for _ in range(MAX_UNITS):
        # The header of a unit: its kind, and whether an extension and the size follow.
        if at + 2 > len(data) or data[at] & 0x80:
            return None
        head, start = data[at], at + 1 + (data[at] >> 2 & 1)
        size, start = _read_size(data, start) if head & 2 else (len(data) - start, start)
        if head >> 3 & 15 == _SEQUENCE_HEADER:
            return _read_sequence_header(data[start : start + _HEADER_BYTES])
        at = start + size
    return None


def _read_size(data: bytes, at: int) -> tuple[int, int]:
    """Reads a number in groups of 7 bits; returns it and where it ends."""
    number = 0
    for index in range(8):
        byte = data[at + index] if at + index < len(data) else 0
        number |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            break
    return number, at + index + 1


class _Bits:
    """Reads numbers bit by bit, the highest first; zeros after the end."""

    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data.ljust(_HEADER_BYTES, b"\0"))
        self._left = 8 * _HEADER_BYTES

    def read(self, count: int) -> int:
        """Reads a number of `count` bits."""
        self._left = max(0, self._left - count)
        return self._number >> self._left & ((1 << count) - 1)

    def skip_exponential(self) -> None:
        """Skips a number that zeros precede, as many as it has bits after the first."""
        zeros = 0
        while zeros < 32 and not self.read(1):
            zeros += 1
        self.read(zeros if zeros < 32 else 0)


def _read_sequence_header(data: bytes) -> tuple[int, int]:
    """Returns the largest (width, height) of frames."""
    bits = _Bits(data)
    # The profile, and whether it is a still picture.
    bits.read(4)
    is_reduced = bits.read(1)
    if is_reduced:
        bits.read(5)
    else:
        _skip_operating_points(bits)
    across, down = bits.read(4) + 1, bits.read(4) + 1
    return bits.read(across) + 1, bits.read(down) + 1


def _skip_operating_points(bits: _Bits) -> None:
    """Skips timing and operating points."""
    delay_bits = 0
    if bits.read(1):
        bits.read(64)
        if bits.read(1):
            bits.skip_exponential()
        if bits.read(1):
            delay_bits = bits.read(5) + 1
            bits.read(42)
    has_display_delay = bits.read(1)
    for _ in range(bits.read(5) + 1):
        bits.read(12)
        if bits.read(5) > 7:
            bits.read(1)
        if delay_bits and bits.read(1):
            bits.read(2 * delay_bits + 1)
        if has_display_delay and bits.read(1):
            bits.read(4)
