"""Bounds how many calls of one method are at work; beyond that, callers are told to come back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from services.runtime.errors import Overloaded
from services.runtime.guards.interceptor import Call
from services.runtime.metrics import AT_WORK, AT_WORK_LIMIT

RETRY_SECONDS = 2


class Admission:
    """A guard that admits `limit` calls of each method at a time and refuses the rest at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._at_work: dict[str, int] = {}
        self._lock = threading.Lock()
        AT_WORK_LIMIT.set(limit)

    @contextmanager
    def __call__(self, call: Call) -> Iterator[None]:
        self._count(call.method, +1)
        try:
            yield
        finally:
            self._count(call.method, -1)

    def _count(self, method: str, change: int) -> None:
        with self._lock:
            now = self._at_work.get(method, 0) + change
            if now > self._limit:
                raise Overloaded(self._limit, RETRY_SECONDS)
            self._at_work[method] = now
            AT_WORK.labels(method).set(now)
