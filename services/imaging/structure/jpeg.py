"""Limits on the scans and segments of JPEG files (ISO/IEC 10918-1, annex B)."""

import re

from services.imaging.structure.tiff import find_tiff_excess

# Scans of a file: as many as libjpeg's own jpegtran accepts in a script; encoders write up to 12.
# Each scan passes over the whole picture, even if it changes nothing. Larger: more time per file.
MAX_SCANS = 100
# Scans that a file of any size may have. Larger: more time for large files.
USUAL_SCANS = 20
# Scans times megapixels of files with more scans. Larger: more time, 2.5 ms for each.
MAX_SCANNED_MEGAPIXELS = 600
# Segments of a file. One of 48 MiB has 768 of full length, such as the maps of depth that phones
# put there. Larger: more time, as the header is read segment by segment.
MAX_SEGMENTS = 4096
# Segments with EXIF tags, which are joined, or with resources of Photoshop, which are taken apart.
# Files have one to three. Larger: more time for each, and more than in proportion.
MAX_SEGMENTS_OF_KIND = 16
# Bytes between the segments of the header, which readers skip one by one. Larger: more time.
MAX_PADDING = 65_536

_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
# Markers that start a frame, which states the size: all SOF but those of tables and extensions.
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
# Markers without length and content: TEM, RST0 to RST7, SOI and EOI.
_BARE = {0x01, *range(0xD0, 0xDA)}
# How markers look in the header, and between scans, where zeros and restart markers are content.
_ANY_MARKER = re.compile(rb"\xff[^\x00\xff]")
_MARKER_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# How the segments start whose number is limited, and the bytes before a directory of tags in them.
_EXIF, _MULTI_PICTURE, _PHOTOSHOP = b"Exif\0\0", b"MPF\0", b"Photoshop 3.0\0"


def find_jpeg_excess(data: bytes, max_scans: int = MAX_SCANS) -> str:
    """Returns what is beyond the limits in a JPEG file; empty if nothing is.

    data: the bytes of the file. max_scans: at most MAX_SCANS.
    """
    # The first segment follows the marker that starts the file.
    at, scans, segments, padding, megapixels = 2, 0, 0, 0, 0.0
    kinds = dict.fromkeys((_EXIF, _MULTI_PICTURE, _PHOTOSHOP), 0)
    while match := (_MARKER_AFTER_SCAN if scans else _ANY_MARKER).search(data, at):
        code, padding = match[0][1], padding + (0 if scans else match.start() - at)
        at, segments = match.end(), segments + 1
        if code == _END_OF_IMAGE and scans:
            break
        scans += code == _START_OF_SCAN
        if code in _FRAMES:
            height, width = (int.from_bytes(data[at + 3 + i : at + 5 + i]) for i in (0, 2))
            megapixels = max(megapixels, height * width / 1e6)
        excess = _judge_counts(scans, segments, padding, megapixels, max_scans)
        excess = excess or _judge_segment(data, at, kinds)
        if excess:
            return excess
        if code not in _BARE:
            # Lengths include themselves.
            at += max(2, int.from_bytes(data[at : at + 2]))
    return ""


def _judge_counts(
    scans: int, segments: int, padding: int, megapixels: float, max_scans: int
) -> str:
    """Returns which limit the parts of a file exceed so far; empty if they exceed none."""
    if scans > max_scans:
        return f"has more than {max_scans} progressive scans; save it as a baseline JPEG"
    if scans > USUAL_SCANS and scans * megapixels > MAX_SCANNED_MEGAPIXELS:
        return f"has {scans} scans of {megapixels:.0f} megapixels; save it as a baseline JPEG"
    if segments > MAX_SEGMENTS:
        return f"has more than {MAX_SEGMENTS:,} segments; export it again without metadata"
    if padding > MAX_PADDING:
        return "has a header full of padding; export it again"
    return ""


def _judge_segment(data: bytes, at: int, kinds: dict[bytes, int]) -> str:
    """Returns why a segment cannot be read in reasonable time; empty if it can.

    data: the bytes of the file. at: where the segment's length is.
    kinds: how many segments of each limited kind there are, which are counted here.
    """
    for start in kinds:
        if data.startswith(start, at + 2):
            kinds[start] += 1
            if kinds[start] > MAX_SEGMENTS_OF_KIND:
                return (
                    f"has more than {MAX_SEGMENTS_OF_KIND} segments of EXIF or Photoshop data; "
                    "export it again without metadata"
                )
            end = at + int.from_bytes(data[at : at + 2])
            return "" if start == _PHOTOSHOP else find_tiff_excess(data[at + 2 + len(start) : end])
    return ""
