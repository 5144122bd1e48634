"""Zip files that are written while they are sent."""

import io
import zipfile
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

SUFFIXES = {"png": "png", "jpeg": "jpg", "webp": "webp", "avif": "avif", "tiff": "tif"}


async def zipped(files: AsyncIterable[tuple[str, bytes]]) -> AsyncIterator[bytes]:
    """The parts of a zip with these files, by name; holds one file at a time."""
    out = _Outgoing()
    # Pictures are compressed already.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        async for name, data in files:
            archive.writestr(name, data)
            yield out.taken()
    yield out.taken()


def suffix_of(data: bytes) -> str:
    """The suffix that fits a picture's first bytes; "bin" for anything else."""
    if data[:4] == b"\x89PNG":
        return "png"
    if data[:2] == b"\xff\xd8":
        return "jpg"
    if data[8:12] == b"WEBP":
        return "webp"
    if data[4:12] == b"ftypavif":
        return "avif"
    return "tif" if data[:4] in (b"II*\0", b"MM\0*") else "bin"


class _Outgoing(io.RawIOBase):
    """Takes what is written and gives it away; it cannot seek, so the zip is written forwards."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
