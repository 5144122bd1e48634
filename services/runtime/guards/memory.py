"""The guard that returns the memory of large images to the system when their call ends.

Deployments tune the allocator to keep freed memory, which makes everyday images fast. But each
thread has a heap of its own, and after some photos of 60 megapixels these kept gigabytes.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from services.runtime.guards.interceptor import GuardedCall

# An RGB image of 8 megapixels, decoded. Larger: more memory stays in the heaps of idle threads;
# smaller: everyday photos pay for trimming and for fresh pages.
LARGE_IMAGE_BYTES = 24_000_000
# Free bytes that malloc_trim leaves at the end of the heap. Larger: less is returned.
KEPT_BYTES = 0

_has_large_image: ContextVar[bool] = ContextVar("has large image", default=False)


def record_image_size(size: int) -> None:
    """Records that the current gRPC call decoded an image; a large one is remembered.

    size: of the decoded pixels, in bytes.
    """
    if size >= LARGE_IMAGE_BYTES:
        _has_large_image.set(True)


@contextmanager
def trim_heap_after_large_images(call: GuardedCall) -> Iterator[None]:
    """Runs a gRPC call in a `with` block; after a large image, returns its memory to the system.

    Does nothing without glibc.
    """
    _has_large_image.set(False)
    try:
        yield
    finally:
        if _has_large_image.get() and _trim_heap:
            _trim_heap(KEPT_BYTES)


def _find_malloc_trim() -> Callable[[int], int] | None:
    """Returns glibc's function malloc_trim, which returns free memory; None without glibc."""
    try:
        # None opens the program itself, with the C library that it is linked to.
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None


_trim_heap = _find_malloc_trim()
