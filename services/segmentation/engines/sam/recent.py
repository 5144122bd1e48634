"""Keeps what was made of recent photos, within a bound of memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from typing import Generic, Protocol, TypeVar

from services.runtime.errors import CallCancelled
from services.runtime.guards.cancellation import check_active

LOOK_SECONDS = 0.05


class Sized(Protocol):
    """Anything that says how many bytes it takes."""

    nbytes: int


T = TypeVar("T", bound=Sized)


class Recent(Generic[T]):
    """Least recently used go first. Equal keys are made once, also at the same moment."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[bytes, T] = OrderedDict()
        self._making: dict[bytes, Future[T]] = {}
        self._lock = threading.Lock()

    def get(self, key: bytes, make: Callable[[], T]) -> T:
        """Returns what is kept for the key, or makes it; raises what `make` raises.

        When another caller was making it and gave up, this one makes it.
        """
        while True:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
                others = self._making.get(key)
                mine = self._making.setdefault(key, Future())
            if others is None:
                return self._make(key, make, mine)
            try:
                return _wait_for(others)
            except CallCancelled:
                check_active()

    def _make(self, key: bytes, make: Callable[[], T], promised: Future[T]) -> T:
        try:
            made = make()
        except BaseException as error:
            with self._lock:
                del self._making[key]
            promised.set_exception(error)
            raise
        with self._lock:
            del self._making[key]
            self._keep(key, made)
        promised.set_result(made)
        return made

    def _keep(self, key: bytes, made: T) -> None:
        self._kept[key] = made
        while sum(each.nbytes for each in self._kept.values()) > self._most_bytes:
            self._kept.popitem(last=False)


def _wait_for(promised: Future):
    while True:
        try:
            return promised.result(LOOK_SECONDS)
        except NotYet:
            check_active()
