"""Caches values computed from recent photos, within a memory limit."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitTimeout
from typing import Generic, Protocol, TypeVar

from services.runtime.errors import CallCancelled
from services.runtime.guards.cancellation import check_active

# How often a waiting caller checks whether its own call is cancelled. Shorter: cancellation is
# noticed earlier, and waiting costs more CPU time.
POLL_SECONDS = 0.05


class HasByteSize(Protocol):
    """Any value that reports its size in bytes."""

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        ...


T = TypeVar("T", bound=HasByteSize)


class ByteLimitedCache(Generic[T]):
    """Thread-safe LRU cache with a limit in bytes that computes each missing value once.

    Concurrent callers with the same key share one computation.
    """

    def __init__(self, max_bytes: int) -> None:
        """Creates an empty cache for values of `max_bytes` bytes in total; 0 caches nothing."""
        self._max_bytes = max_bytes
        self._values: OrderedDict[bytes, T] = OrderedDict()
        self._in_flight: dict[bytes, Future[T]] = {}
        self._lock = threading.Lock()

    def get_or_compute(self, key: bytes, compute: Callable[[], T]) -> T:
        """Returns the cached value of a key, or calls `compute` and caches what it returns.

        If another caller is computing the value, waits for that one; if that one is cancelled, this
        caller computes the value instead.

        Raises what `compute` raises, and CallCancelled if the current call ends while waiting.
        """
        while True:
            with self._lock:
                if key in self._values:
                    self._values.move_to_end(key)
                    return self._values[key]
                future_of_other = self._in_flight.get(key)
                # Announces to later callers that this one computes, unless another does.
                own_future = self._in_flight.setdefault(key, Future())
            if future_of_other is None:
                return self._compute(key, compute, own_future)
            try:
                return _wait_while_active(future_of_other)
            except CallCancelled:
                # Raises if it is this call that was cancelled; if the other was, try again.
                check_active()

    def _compute(self, key: bytes, compute: Callable[[], T], future: Future[T]) -> T:
        """Calls `compute`, caches what it returns, and returns it; raises what `compute` raises.

        key: of the value in the cache. future: receives the value or the error, for other callers
        with the same key, which wait on it.
        """
        try:
            value = compute()
        except BaseException as error:
            with self._lock:
                del self._in_flight[key]
            future.set_exception(error)
            raise
        with self._lock:
            del self._in_flight[key]
            self._store(key, value)
        future.set_result(value)
        return value

    def _store(self, key: bytes, value: T) -> None:
        """Stores a value under a key, and drops the least recently used ones beyond the byte limit.

        The caller has acquired the lock.
        """
        self._values[key] = value
        while sum(stored.nbytes for stored in self._values.values()) > self._max_bytes:
            self._values.popitem(last=False)


def _wait_while_active(future: Future[T]) -> T:
    """Waits until another thread has set the result of a future, and returns it.

    Raises the error that was set instead, and CallCancelled if the current call ends before.
    """
    while True:
        try:
            return future.result(timeout=POLL_SECONDS)
        except WaitTimeout:
            check_active()
