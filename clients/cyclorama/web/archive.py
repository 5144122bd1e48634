"""Zip files that are streamed while they are written."""

import io
import zipfile
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any


async def stream_zip(files: AsyncIterable[tuple[str, bytes]]) -> AsyncIterator[bytes]:
    """Yields a zip of named files in parts; only one file at a time is in memory."""
    buffer = _ZipBuffer()
    # Stored: pictures are compressed already.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        async for name, data in files:
            archive.writestr(name, data)
            yield buffer.drain()
    yield buffer.drain()


class _ZipBuffer(io.RawIOBase):
    """A buffer that ZipFile writes to; as it cannot seek, the zip is written in order."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """As io.RawIOBase.writable."""
        return True

    def write(self, data: Any) -> int:
        """Appends bytes and returns their number."""
        self._parts.append(bytes(data))
        return len(data)

    def drain(self) -> bytes:
        """Returns the bytes that were written since the last call."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
