"""Checks that the pictures coded in an AVIF file are no larger than the file states.

Decoders allocate what the coded picture says, before they compare it with the boxes around it.
"""

import struct
from collections.abc import Iterator

from services.imaging.structure.av1 import find_coded_size

# Boxes of a kind that list pictures, and coded pictures. Files have one or two, and some tiles.
# Larger: more time.
MAX_BOXES = 16
MAX_PICTURES = 10_000
# Pixels by which the sides of a coded picture may exceed those that are stated. Encoders may round
# up to blocks of this size. Larger: more memory than was reserved.
_BLOCK = 128

# Letters of the struct module by the bytes of a number.
_LETTERS = {0: "", 4: "I", 8: "Q"}


def find_avif_excess(data: bytes, size: tuple[int, int]) -> str:
    """Returns why a coded picture is larger than the file states; empty if none is.

    data: the bytes of the file. size: the (width, height) that it states.
    """
    width, height = size
    if any(data.count(kind) > MAX_BOXES for kind in (b"iloc", b"stco", b"co64")):
        return f"has more than {MAX_BOXES} tables of pictures; save it again"
    for index, at in enumerate(_find_pictures(data)):
        if index == MAX_PICTURES:
            return f"has more than {MAX_PICTURES:,} pictures; save it again"
        coded = find_coded_size(data, at)
        if coded and (coded[0] > width + _BLOCK or coded[1] > height + _BLOCK):
            return f"is {coded[0]} x {coded[1]}, but states {width} x {height}; export it again"
    return ""


def _find_boxes(data: bytes, kind: bytes) -> Iterator[int]:
    """Yields where the names of boxes of a kind are that have at least 8 bytes after them."""
    at = data.find(kind)
    while 0 <= at <= len(data) - 12:
        yield at
        at = data.find(kind, at + 4)


def _find_pictures(data: bytes) -> Iterator[int]:
    """Yields where items and the chunks of tracks start (ISO/IEC 14496-12, 8.11.3 and 8.7.5)."""
    for at in _find_boxes(data, b"iloc"):
        try:
            yield from _read_locations(data, at + 4)
        except (struct.error, KeyError):
            continue
    for kind, number in ((b"stco", struct.Struct(">I")), (b"co64", struct.Struct(">Q"))):
        for at in _find_boxes(data, kind):
            count = min(struct.unpack_from(">I", data, at + 8)[0], MAX_PICTURES + 1)
            end = min(at + 12 + count * number.size, len(data) - number.size + 1)
            for each in range(at + 12, end, number.size):
                yield number.unpack_from(data, each)[0]


def _read_locations(data: bytes, at: int) -> Iterator[int]:
    """Yields where the items of a box iloc start; at: the offset of its version."""
    version, lengths = data[at], struct.unpack_from(">H", data, at + 4)[0]
    offset, length, base, index = (_LETTERS[lengths >> shift & 15] for shift in (12, 8, 4, 0))
    head = struct.Struct(f">{'I' if version == 2 else 'H'}{'H' if version else ''}H")
    extent = struct.Struct(f">{index if version else ''}{offset}{length}")
    count = struct.unpack_from(">I" if version == 2 else ">H", data, at + 6)[0]
    at += 10 if version == 2 else 8
    # In data of the box idat: method 1, of which offsets start there.
    inner = data.find(b"idat") + 4
    for _ in range(min(count, MAX_PICTURES + 1)):
        method = head.unpack_from(data, at)[1] & 15 if version else 0
        at += head.size
        start = struct.unpack_from(f">{base}", data, at)[0] if base else 0
        extents = struct.unpack_from(">H", data, at + struct.calcsize(f">{base}"))[0]
        at += struct.calcsize(f">{base}") + 2
        if extents:
            values = extent.unpack_from(data, at)
            first = values[1 if version and index else 0] if offset else 0
            yield start + first + (inner if method == 1 else 0)
        at += extents * extent.size
