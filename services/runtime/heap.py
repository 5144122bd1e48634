"""Returns the memory that large messages and images left free to the system.

Deployments tune the allocator to keep freed memory, which makes everyday calls fast. What a process
has grown by beyond that is returned every few seconds, off the threads that run calls; what
reference cycles keep is collected before. Imports of large packages run without collections.
"""

import ctypes
import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Free bytes that malloc_trim leaves at the end of the heap. Larger: less is returned.
KEPT_BYTES = 0
# Time between two looks at the memory. Larger: freed memory is kept for longer; smaller: busy
# processes get fresh pages for large messages more often.
CHECK_SECONDS = 15.0
# Free memory from which on it is returned, beyond what cannot be. Larger: more stays with an idle
# process; smaller: everyday calls pay for fresh pages.
KEPT_FREE_BYTES = 64 * 2**20
# Of what a process has grown by, what counts as its usual size after the next look: what is in use
# now may be a cycle later. Larger: fewer collections after a process has grown; smaller: more.
NEW_SHARE = 1 / 8


class MallocInfo(ctypes.Structure):
    """The struct mallinfo2 of glibc: bytes in use are uordblks, and hblkhd in maps of their own."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


def trim_heap() -> None:
    """Returns free memory of all heaps of this process to the system; needs glibc."""
    if _malloc_trim:
        _malloc_trim(KEPT_BYTES)


@contextmanager
def pause_collection() -> Iterator[None]:
    """Looks for no reference cycles in a `with` block, such as an import of a large package.

    Its objects remain, and many collections would walk through them in vain: a tenth of the time
    that importing torch takes.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def trim_heap_at_intervals(check_seconds: float = CHECK_SECONDS) -> Iterator[None]:
    """Returns free memory in a `with` block whenever there are more than KEPT_FREE_BYTES of it.

    Does nothing without glibc. check_seconds: time between two looks, in a thread of its own.
    """
    if not (_malloc_trim and _mallinfo2):
        yield
        return
    ended = threading.Event()
    # Measured here: the block may have allocated much before a thread of its own starts to run.
    sizes = _measure_unused_bytes(), _read_resident_bytes()
    thread = threading.Thread(target=_trim_until, args=(ended, check_seconds, *sizes), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _trim_until(
    ended: threading.Event, check_seconds: float, other_bytes: int, resident_bytes: int
) -> None:
    """Looks at the memory at intervals until an event is set.

    resident_bytes: size of the process at the start. other_bytes: what of it is no free memory of
    the allocator: code, and what Python maps itself.
    """
    while not ended.wait(check_seconds):
        if _read_resident_bytes() > resident_bytes + KEPT_FREE_BYTES:
            # Reference cycles count as in use, and a quiet process never collects them by itself.
            gc.collect()
        if _measure_unused_bytes() > other_bytes + KEPT_FREE_BYTES:
            # Other threads run Python code meanwhile.
            trim_heap()
            other_bytes = _measure_unused_bytes()
        growth = _read_resident_bytes() - resident_bytes
        resident_bytes += round(growth * NEW_SHARE) if growth > 0 else growth


def _measure_unused_bytes() -> int:
    """Returns the resident memory that the allocator has not given to this program."""
    info: MallocInfo = _mallinfo2()
    return _read_resident_bytes() - info.uordblks - info.hblkhd


def _read_resident_bytes() -> int:
    """Returns the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _find_c_function(name: str) -> Any:
    """Returns a function of the C library; None where it has none of that name."""
    try:
        # None opens the program itself, with the C library that it is linked to.
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None


_malloc_trim, _mallinfo2 = map(_find_c_function, ("malloc_trim", "mallinfo2"))
if _mallinfo2:
    _mallinfo2.restype = MallocInfo
