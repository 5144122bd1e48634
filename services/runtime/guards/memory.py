"""The guard that returns the memory of large images to the system when their call ends.

Deployments tune the allocator to keep freed memory, which makes everyday images fast. But each
thread has a heap of its own, and after some photos of 60 megapixels these kept gigabytes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from services.runtime.guards.guarded_call import GuardedCall
from services.runtime.guards.tracebacks import forget_variables
from services.runtime.heap import trim_heap

# What decoding a JPEG of 8 megapixels takes. Larger: more memory stays in the heaps of idle
# threads; smaller: everyday photos pay for trimming and for fresh pages.
LARGE_IMAGE_BYTES = 64_000_000

ReleaseBytes = Callable[[int], None]
"""Ends the reservation of bytes."""


@dataclass
class CallMemory:
    """What the images of a call take.

    has_large_image: whether any takes LARGE_IMAGE_BYTES or more.
    kept: reserved bytes in use until the call ends, each with the function that releases them.
    """

    has_large_image: bool = False
    kept: list[tuple[int, ReleaseBytes]] = field(default_factory=list)


_current: ContextVar[CallMemory | None] = ContextVar("memory of the call", default=None)


def record_image_size(size: int) -> None:
    """Records that the current gRPC call decodes an image; a large one is remembered.

    Called before decoding, so that images whose decoding fails count as well.

    size: that decoding takes, in bytes.
    """
    if (call := _current.get()) and size >= LARGE_IMAGE_BYTES:
        call.has_large_image = True


def is_within_call() -> bool:
    """Whether this runs within a gRPC call, at whose end memory is released."""
    return _current.get() is not None


def keep_until_call_ends(size: int, release: ReleaseBytes) -> None:
    """Has reserved bytes released when the current gRPC call ends; outside of one, at once."""
    if call := _current.get():
        call.kept.append((size, release))
    else:
        release(size)


def count_kept_bytes() -> int:
    """Returns the reserved bytes that the current gRPC call keeps until its end."""
    call = _current.get()
    return sum(size for size, _ in call.kept) if call else 0


@contextmanager
def release_memory_of_images(call: GuardedCall) -> Iterator[None]:
    """Runs a gRPC call in a `with` block; then releases what its images had reserved.

    After a large image, returns its memory to the system, which needs glibc.
    """
    memory = CallMemory()
    _current.set(memory)
    try:
        yield
    except BaseException as error:
        forget_variables(error)
        raise
    finally:
        # Reset would fail for a cancelled stream, which ends in another context.
        _current.set(None)
        if memory.has_large_image:
            trim_heap()
        for size, release in memory.kept:
            release(size)
