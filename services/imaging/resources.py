"""What decoding may take from its process: memory, which is reserved first, and time."""

import io
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

# Seconds between two checks whether the caller still waits. Larger: decoding goes on for longer
# after the caller left; smaller: more checks.
CHECK_SECONDS = 0.05

KeepBytes = Callable[[int], None]
"""Lowers a reservation to the bytes that stay in use until the call ends."""


class MemoryReservations(Protocol):
    """Memory of a process that is reserved before it is used.

    capacity: bytes that can be reserved in all.
    """

    capacity: int

    def reserve(self, size: int) -> AbstractContextManager[KeepBytes]:
        """Reserves bytes within a `with` block, which begins when they are free."""


class UnlimitedMemory:
    """Memory of a program that decodes its own files: reserving it changes nothing."""

    capacity = sys.maxsize

    @contextmanager
    def reserve(self, size: int) -> Iterator[KeepBytes]:
        """Runs a `with` block at once."""
        yield lambda kept: None


def _ignore() -> None:
    """Does nothing, as no caller can leave."""


@dataclass(frozen=True)
class DecodingResources:
    """What the process of a decoder provides.

    memory: from which decoding is reserved.
    check_active: raises an error of services.runtime if the caller no longer waits.
    """

    memory: MemoryReservations = field(default_factory=UnlimitedMemory)
    check_active: Callable[[], None] = _ignore


class WatchedFile(io.BytesIO):
    """The bytes of a file; reading them ends with an error when the caller no longer waits.

    Decoders that read in blocks are stopped by it.
    """

    def __init__(self, data: bytes, check_active: Callable[[], None]) -> None:
        """Wraps the bytes of a file without copying them.

        check_active: raises an error if the caller no longer waits.
        """
        super().__init__(data)
        self._check = check_active
        self._checked = time.monotonic()

    def read(self, size: int | None = -1, /) -> Any:
        """Reads at most `size` bytes, or all; raises the error of check_active."""
        now = time.monotonic()
        if now - self._checked > CHECK_SECONDS:
            self._check()
            self._checked = now
        return super().read(size)
