"""The budget of memory for decoding images, which is reserved before it is used."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from services.runtime.errors import OutOfMemory
from services.runtime.guards.cancellation import POLL_SECONDS, check_active
from services.runtime.guards.memory import (
    count_kept_bytes,
    is_within_call,
    keep_until_call_ends,
    record_image_size,
)
from services.runtime.metrics import MEMORY_BUDGET, MEMORY_RESERVED

# The part of a process's memory that images may take. The rest is for engines, models, requests
# and responses. Larger: more images at a time, and less for what is done with them.
IMAGE_SHARE = 0.5
# Seconds that a call waits for memory, which others need for about a second each. Larger: callers
# learn later that they should try again elsewhere.
WAIT_SECONDS = 20.0


class MemoryBudget:
    """A number of bytes that calls reserve before they decode images.

    Calls wait in the order of their arrival, so that large images are not overtaken forever.
    """

    def __init__(self, capacity: int, wait_seconds: float = WAIT_SECONDS) -> None:
        """Starts with nothing reserved.

        capacity: bytes that can be reserved in all. wait_seconds: after which a wait is given up.
        """
        self.capacity = capacity
        self._wait_seconds = wait_seconds
        self._reserved = 0
        # What the calls hold that wait for more, by ticket in the order of their arrival.
        self._waiting: dict[object, int] = {}
        self._changed = threading.Condition()

    @property
    def reserved(self) -> int:
        """Bytes that are reserved now."""
        return self._reserved

    @contextmanager
    def reserve(self, size: int) -> Iterator[Callable[[int], None]]:
        """Reserves bytes within a `with` block, which begins when they are free.

        Yields a function that lowers the reservation at the end of the block to the bytes that stay
        in use, until the current call ends.

        size: at most the capacity. Raises OutOfMemory if the bytes are not free in time, or never
            will be as all calls wait for each other, and CallCancelled if the caller leaves.
        """
        record_image_size(size)
        self._acquire(size)
        kept = 0

        def keep(bytes_in_use: int) -> None:
            nonlocal kept
            kept = min(bytes_in_use, size) if is_within_call() else 0

        try:
            yield keep
        finally:
            self._release(size - kept)
            if kept:
                keep_until_call_ends(kept, self._release)

    def _acquire(self, size: int) -> None:
        """Waits for bytes and takes them; raises as `reserve` says."""
        ticket, end = object(), time.monotonic() + self._wait_seconds
        with self._changed:
            self._waiting[ticket] = count_kept_bytes()
            try:
                while not self._is_next(ticket, size):
                    check_active()
                    if time.monotonic() > end or self._is_deadlocked(ticket):
                        raise OutOfMemory("the service")
                    self._changed.wait(POLL_SECONDS)
                self._reserved += size
            finally:
                del self._waiting[ticket]
                self._publish()

    def _is_next(self, ticket: object, size: int) -> bool:
        """Whether a call may take its bytes: they are free, and no earlier call waits."""
        return next(iter(self._waiting)) is ticket and self._reserved + size <= self.capacity

    def _is_deadlocked(self, ticket: object) -> bool:
        """Whether a call must give up, as those that hold all memory wait for more.

        The latest of them gives up.
        """
        holders = [each for each, held in self._waiting.items() if held]
        is_stuck = bool(holders) and sum(self._waiting.values()) >= self._reserved
        return is_stuck and holders[-1] is ticket

    def _release(self, size: int) -> None:
        """Makes bytes free for others."""
        with self._changed:
            self._reserved -= size
            self._publish()

    def _publish(self) -> None:
        """Wakes those who wait, and sets the metric; called with the lock held."""
        MEMORY_RESERVED.set(self._reserved)
        self._changed.notify_all()


@cache
def share_memory_budget(memory_bytes: int) -> MemoryBudget:
    """Returns the budget for images of a process; stages that one process serves share it.

    memory_bytes: that the process may use, of which images get IMAGE_SHARE.
    """
    MEMORY_BUDGET.set(memory_bytes * IMAGE_SHARE)
    return MemoryBudget(int(memory_bytes * IMAGE_SHARE))
