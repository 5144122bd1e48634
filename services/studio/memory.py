"""What a process keeps for later sets: within a bound of bytes, or only the latest."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class ByteCache:
    """The latest used values, at most max_bytes of them; threads may share it."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._values: OrderedDict[Hashable, object] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}
        self._lock = threading.Lock()

    @property
    def cached_bytes(self) -> int:
        """Bytes of all values in the cache."""
        with self._lock:
            return sum(self._sizes.values())

    def find(self, key: Hashable) -> object | None:
        """Returns the value of this key, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def store(self, key: Hashable, value: object, size: int) -> None:
        """Stores a value and drops the ones that were unused for longest, as far as needed.

        value: must not change any more; size: its bytes.
        """
        with self._lock:
            self._values[key] = value
            self._sizes[key] = size
            while sum(self._sizes.values()) > self._max_bytes:
                oldest, _ = self._values.popitem(last=False)
                del self._sizes[oldest]

    def clear(self) -> None:
        """Drops all values."""
        with self._lock:
            self._values.clear()
            self._sizes.clear()


class LatestValue(Generic[_Key, _Value]):
    """The latest value alone, for those too large to keep two; threads may share it."""

    def __init__(self) -> None:
        self._entry: tuple[_Key, _Value] | None = None
        self._lock = threading.Lock()

    def find_or_drop(self, key: _Key) -> _Value | None:
        """Returns the value of this key; else drops that of another one, and returns None."""
        with self._lock:
            if self._entry is None or self._entry[0] != key:
                self._entry = None
                return None
            return self._entry[1]

    def store(self, key: _Key, value: _Value) -> None:
        """Stores a value instead of the one before."""
        with self._lock:
            self._entry = key, value
