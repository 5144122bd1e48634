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
        self._max_bytes = max_bytes
        self._values: OrderedDict[bytes, T] = OrderedDict()
        self._in_flight: dict[bytes, Future[T]] = {}
        self._lock = threading.Lock()

    def get_or_compute(self, key: bytes, compute: Callable[[], T]) -> T:
        """Returns the cached value of a key, or computes and caches it.

        Raises what `compute` raises. If another caller is computing the value and is cancelled,
        this caller computes it instead.
        """
        while True:
            with self._lock:
                if key in self._values:
                    self._values.move_to_end(key)
                    return self._values[key]
                others = self._in_flight.get(key)
                own = self._in_flight.setdefault(key, Future())
            if others is None:
                return self._compute(key, compute, own)
            try:
                return _wait_while_active(others)
            except CallCancelled:
                check_active()

    def _compute(self, key: bytes, compute: Callable[[], T], future: Future[T]) -> T:
        """Computes and caches a value, and hands it or the error to waiting callers."""
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
        """Stores a value and drops the least recently used ones beyond the limit."""
        self._values[key] = value
        while sum(each.nbytes for each in self._values.values()) > self._max_bytes:
            self._values.popitem(last=False)


def _wait_while_active(future: Future[T]) -> T:
    """Waits for a result; raises CallCancelled when the current call is over."""
    while True:
        try:
            return future.result(POLL_SECONDS)
        except WaitTimeout:
            check_active()
