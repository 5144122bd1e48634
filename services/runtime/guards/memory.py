"""Gives the memory of unusually large pictures back to the system when their call has ended.

The allocator is told to keep what is freed, which makes everyday pictures fast; but each thread
keeps its own, and after some photos of 60 megapixels that was gigabytes for the rest of the day.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from services.runtime.guards.interceptor import Call

# A picture of 8 megapixels, decoded.
LARGE_BYTES = 24_000_000

_large: ContextVar[bool] = ContextVar("large", default=False)


def note_size(size: int) -> None:
    """Tells of a picture of so many bytes that the running call has decoded."""
    if size >= LARGE_BYTES:
        _large.set(True)


@contextmanager
def large_given_back(call: Call) -> Iterator[None]:
    """A guard; where the C library is not glibc it does nothing."""
    _large.set(False)
    try:
        yield
    finally:
        if _large.get() and _trim:
            _trim(0)


def _find_trim() -> Callable[[int], int] | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None


_trim = _find_trim()
