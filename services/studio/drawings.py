"""Drawings: gray fields that are cached within a bound of bytes and colored when used."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

import cv2
import numpy as np

from services.imaging.scene import RGB

# Bytes of all cached drawings of a process. Larger: fewer redraws, which take up to a second each.
MAX_CACHED_BYTES = 128 * 2**20

_Arguments = ParamSpec("_Arguments")
_Drawing = TypeVar("_Drawing", bound=np.ndarray | tuple[np.ndarray, ...])


class DrawingCache:
    """The latest used drawings, at most max_bytes of them; threads may share it."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._drawings: OrderedDict[Hashable, object] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}
        self._lock = threading.Lock()

    @property
    def cached_bytes(self) -> int:
        """Bytes of all arrays in the cache."""
        with self._lock:
            return sum(self._sizes.values())

    def find(self, key: Hashable) -> object | None:
        """Returns the drawing of this key, or None."""
        with self._lock:
            if key in self._drawings:
                self._drawings.move_to_end(key)
            return self._drawings.get(key)

    def store(self, key: Hashable, drawing: np.ndarray | tuple[np.ndarray, ...]) -> None:
        """Stores a drawing and drops the ones that were unused for longest, as far as needed.

        drawing: arrays of any dtype, such as uint8 (h, w), which must not change any more.
        """
        arrays = drawing if isinstance(drawing, tuple) else (drawing,)
        with self._lock:
            self._drawings[key] = drawing
            self._sizes[key] = sum(array.nbytes for array in arrays)
            while sum(self._sizes.values()) > self._max_bytes:
                oldest, _ = self._drawings.popitem(last=False)
                del self._sizes[oldest]

    def clear(self) -> None:
        """Drops all drawings."""
        with self._lock:
            self._drawings.clear()
            self._sizes.clear()


DRAWINGS = DrawingCache(MAX_CACHED_BYTES)


def cache_drawing(draw: Callable[_Arguments, _Drawing]) -> Callable[_Arguments, _Drawing]:
    """Makes a function that draws arrays return the cached drawing of equal arguments.

    draw: function of hashable arguments; callers must not change what it returns.
    """

    @wraps(draw)
    def draw_or_find(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Drawing:
        key = (draw.__module__, draw.__qualname__, args, tuple(sorted(kwargs.items())))
        found = DRAWINGS.find(key)
        if found is not None:
            return found  # type: ignore[return-value]
        drawing = draw(*args, **kwargs)
        DRAWINGS.store(key, drawing)
        return drawing

    return draw_or_find


def tint_drawing(gray: np.ndarray, ramp: Sequence[RGB]) -> np.ndarray:
    """Colors a gray drawing: uint8 RGB (h, w, 3).

    gray: uint8 (h, w).
    ramp: sRGB at equal steps from gray 0 to gray 255, two or more.

    One gray drawing serves every color, so only gray ones are cached.
    """
    steps = np.linspace(0, 255, len(ramp))
    table = [np.interp(np.arange(256), steps, channel) for channel in zip(*ramp, strict=True)]
    colors = np.rint(np.stack(table, axis=-1)).astype(np.uint8)[:, None]
    return cv2.applyColorMap(np.ascontiguousarray(gray), colors)


def pack_gray(field: np.ndarray) -> np.ndarray:
    """Converts a field (h, w) of 0 to 1 to gray, uint8, clipped to 0 to 255."""
    return cv2.convertScaleAbs(np.clip(field, 0, 1), alpha=255)
