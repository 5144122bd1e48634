"""Zip files that are streamed while they are written."""

import io
import zipfile
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any


async def stream_zip(files: AsyncIterable[tuple[str, bytes]]) -> AsyncIterator[bytes]:
    """Yields the bytes of a zip in parts, one file after the other as they arrive.

    files: names and contents; only one of them is in memory at a time.
    """
    buffer = _ZipBuffer()
    # Stored: pictures are compressed already.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        async for name, data in files:
            archive.writestr(name, data)
            yield buffer.drain()
    # The directory at the end of the zip, which closing it has written.
    yield buffer.drain()


class _ZipBuffer(io.RawIOBase):
    """A buffer that ZipFile writes to; as it cannot seek, the zip is written in order."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Returns True, so that ZipFile writes to this buffer."""
        return True

    def write(self, data: Any) -> int:
        """Appends a bytes-like object and returns the number of its bytes."""
        self._parts.append(bytes(data))
        return len(data)

    def drain(self) -> bytes:
        """Returns the bytes that were written since the last call, and forgets them."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
