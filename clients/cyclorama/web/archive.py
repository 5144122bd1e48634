"""Zip files that are written while they are sent."""

import io
import zipfile
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any


async def zipped(files: AsyncIterable[tuple[str, bytes]]) -> AsyncIterator[bytes]:
    """The parts of a zip with these files, by name; holds one file at a time."""
    out = _Outgoing()
    # Pictures are compressed already.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        async for name, data in files:
            archive.writestr(name, data)
            yield out.taken()
    yield out.taken()


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
