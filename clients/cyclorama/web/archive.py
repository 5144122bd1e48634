"""Zip files that are streamed while they are written."""

import io
import zipfile
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from typing import Any

# Bytes of a part of a response. Larger: fewer steps, and more memory for each slow browser.
PART_BYTES = 64 * 2**10


def split_bytes(data: bytes) -> Iterator[memoryview]:
    """Yields the parts of bytes, PART_BYTES each but for the last, without copying them."""
    view = memoryview(data)
    return (view[at : at + PART_BYTES] for at in range(0, len(view), PART_BYTES))


async def stream_zip(files: AsyncIterable[tuple[str, bytes]]) -> AsyncIterator[memoryview]:
    """Yields the bytes of a zip in parts, one file after the other as they arrive.

    files: names and contents; only one of them is in memory at a time.
    """
    buffer = _ZipBuffer()
    # Stored: pictures are compressed already.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        async for name, data in files:
            archive.writestr(name, data)
            for part in split_bytes(buffer.drain()):
                yield part
    # The directory at the end of the zip, which closing it has written.
    for part in split_bytes(buffer.drain()):
        yield part


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
