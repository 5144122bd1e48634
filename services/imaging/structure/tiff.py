"""Limits on the directories of tags in TIFF files and in EXIF blocks, which are TIFF files too."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

# Tags of one directory. Cameras write up to about a hundred, DNG files twice as many. Larger: more
# time for each directory.
MAX_TAGS = 4096
# Strips or tiles of one picture: 16,384 rows in strips of their own, for each of four channels.
# Larger: more time, as each is found and decoded by itself.
MAX_STRIPS = 65_536
# Bytes of values in a directory as a multiple of the file. Values of sound files do not overlap;
# where many tags share one value, a reader copies it for each. Larger: more time and memory.
MAX_VALUE_SHARE = 2
# Side in pixels that a tile may have in a smaller picture. Larger: more memory for small files.
MAX_TILE_SIDE = 4096

# Bytes of each type of value (TIFF 6.0, section 2; BigTIFF; the Adobe Photoshop TIFF notes).
_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_TYPE_SIZES |= {16: 8, 17: 8, 18: 8}
# Tags: sizes of the picture and of its tiles, offsets of strips and tiles, and the directories of
# EXIF, GPS and interoperability that readers open as well.
_WIDTH, _HEIGHT, _TILE_WIDTH, _TILE_HEIGHT, _STRIPS, _TILES = 256, 257, 322, 323, 273, 324
_DIRECTORIES = (0x8769, 0x8825, 0xA005)
# Directories below the first: EXIF, with interoperability in it, and GPS.
_MAX_DIRECTORIES = 4


@dataclass(frozen=True)
class TiffTag:
    """One entry of a directory; `value` is the number that it contains itself, or an offset."""

    number: int
    size: int
    count: int
    value: int


def find_tiff_excess(data: bytes) -> str:
    """Returns what is beyond the limits in a TIFF file or EXIF block; empty if nothing is.

    data: the bytes of the file, or of the block from its byte order on.
    """
    layout = find_layout(data)
    if not layout:
        return ""
    pending = [struct.unpack_from(f"{layout.order}{layout.number}", data, layout.start)[0]]
    for _ in range(_MAX_DIRECTORIES):
        if not pending:
            break
        tags = list(read_directory(data, pending.pop(0), layout))
        excess = _judge_tags(tags, len(data))
        if excess:
            return excess
        pending += [tag.value for tag in tags if tag.number in _DIRECTORIES]
    return ""


@dataclass(frozen=True)
class TiffLayout:
    """How a file stores numbers: byte order, letters of the struct module, and where it starts.

    counts: letter of a directory's number of tags. number: letter of offsets and counts of values.
    """

    order: str
    counts: str
    number: str
    start: int


def find_layout(data: bytes) -> TiffLayout | None:
    """Returns the layout of a TIFF file (version 42) or BigTIFF file (43); None of others."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 16:
        return None
    is_big = struct.unpack_from(f"{order}H", data, 2)[0] == 43
    return TiffLayout(order, "Q", "Q", 8) if is_big else TiffLayout(order, "H", "I", 4)


def read_directory(data: bytes, at: int, layout: TiffLayout) -> Iterator[TiffTag]:
    """Yields the tags of the directory at an offset, up to one more than MAX_TAGS."""
    entry = struct.Struct(f"{layout.order}HH{layout.number}{layout.number}")
    try:
        count = struct.unpack_from(f"{layout.order}{layout.counts}", data, at)[0]
        start = at + struct.calcsize(f"={layout.counts}")
        for index in range(min(count, MAX_TAGS + 1)):
            number, kind, values, value = entry.unpack_from(data, start + index * entry.size)
            # A short number stands in the first bytes of its field.
            if layout.order == ">" and kind == 3 and values == 1:
                value >>= 8 * (struct.calcsize(f"={layout.number}") - 2)
            yield TiffTag(number, _TYPE_SIZES.get(kind, 0), values, value)
    # Readers stop at the end of the file too.
    except struct.error:
        return


def _judge_tags(tags: list[TiffTag], file_bytes: int) -> str:
    """Returns which limit the tags of a directory exceed; empty if they exceed none."""
    if len(tags) > MAX_TAGS:
        return f"has more than {MAX_TAGS:,} tags in a directory; export it again without metadata"
    if sum(tag.size * tag.count for tag in tags) > max(MAX_VALUE_SHARE * file_bytes, 1024):
        return "has tags that are larger than the file; export it again without metadata"
    by_number = {tag.number: tag for tag in tags}
    pieces = max(
        (by_number[kind].count for kind in (_STRIPS, _TILES) if kind in by_number), default=0
    )
    if pieces > MAX_STRIPS:
        return f"has {pieces:,} strips or tiles; save it with at most {MAX_STRIPS:,}"
    for side, tile in ((_WIDTH, _TILE_WIDTH), (_HEIGHT, _TILE_HEIGHT)):
        if side in by_number and tile in by_number:
            allowed = max(by_number[side].value, MAX_TILE_SIDE)
            if by_number[tile].value > allowed:
                return f"has tiles beyond its size; save it with tiles of at most {allowed} pixels"
    return ""
