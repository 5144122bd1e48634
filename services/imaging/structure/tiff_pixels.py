"""Limits on how TIFF files describe their pixels, and on JPEG streams in them (TIFF 6.0)."""

import struct
from collections.abc import Iterator, Mapping

from services.imaging.structure.jpeg import find_jpeg_excess
from services.imaging.structure.tiff import (
    MAX_VALUE_SHARE,
    TiffLayout,
    TiffTag,
    find_layout,
    find_tiff_excess,
    read_directory,
)

# Scans of a strip or tile: a usual progressive JPEG has ten; most writers of TIFF files use one.
# Each passes over the whole strip. Larger: more time, 2.5 ms a megapixel.
MAX_STRIP_SCANS = 10

# Tags for sizes, kinds and places of pixels, of which some readers take the first and others the
# last where there are two.
_SINGLE = {256, 257, 258, 259, 273, 277, 278, 279, 284, 322, 323, 324, 325}
# The tag for compression, and its values for JPEG, the older one first.
_COMPRESSION, _JPEG = 259, (6, 7)
# Tags of offsets and lengths of streams: of strips, of tiles, and of the older kind.
_STREAMS = ((273, 279), (324, 325), (513, 514))
# Letters of the struct module by the bytes of a number.
_LETTERS = {2: "H", 4: "I", 8: "Q"}


def find_tiff_file_excess(data: bytes) -> str:
    """Returns what is beyond the limits in a TIFF file; empty if nothing is.

    data: the bytes of the file.
    """
    layout = find_layout(data)
    excess = find_tiff_excess(data)
    if excess or not layout:
        return excess
    start = struct.unpack_from(f"{layout.order}{layout.number}", data, layout.start)[0]
    numbers = [tag.number for tag in read_directory(data, start, layout)]
    if any(numbers.count(number) > 1 for number in _SINGLE):
        return "states twice where its pixels are, or how many; export it again"
    tags = {tag.number: tag for tag in read_directory(data, start, layout)}
    if _COMPRESSION not in tags or tags[_COMPRESSION].value not in _JPEG:
        return ""
    streams = list(_find_streams(data, tags, layout))
    if sum(map(len, streams)) > MAX_VALUE_SHARE * len(data):
        return "has strips that are larger than the file; export it again"
    found = (find_jpeg_excess(bytes(each), MAX_STRIP_SCANS) for each in streams)
    return next(filter(None, found), "")


def _find_streams(
    data: bytes, tags: Mapping[int, TiffTag], layout: TiffLayout
) -> Iterator[memoryview]:
    """Yields the JPEG streams in a file with these tags."""
    view = memoryview(data)
    for places, lengths in _STREAMS:
        sizes = _read_numbers(data, tags.get(lengths), layout)
        for index, at in enumerate(_read_numbers(data, tags.get(places), layout)):
            # Readers go on to the end of the file if there is no length.
            size = sizes[index] if index < len(sizes) else 0
            yield view[at : at + size if size else None]


def _read_numbers(data: bytes, tag: TiffTag | None, layout: TiffLayout) -> tuple[int, ...]:
    """Returns the numbers of a tag; none if it is missing, of another type or truncated."""
    if tag is None or tag.size not in _LETTERS:
        return ()
    if tag.count == 1:
        return (tag.value,)
    packed = struct.pack(f"{layout.order}{layout.number}", tag.value)
    is_inside = tag.count * tag.size <= len(packed)
    try:
        return struct.unpack_from(
            f"{layout.order}{tag.count}{_LETTERS[tag.size]}",
            packed if is_inside else data,
            0 if is_inside else tag.value,
        )
    except struct.error:
        return ()
