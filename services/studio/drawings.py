"""Drawings: gray fields that are cached within a bound of bytes and colored when used."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio.memory import ByteCache

# Bytes of all cached drawings of a process. Larger: fewer redraws, which take up to a second each.
MAX_CACHED_BYTES = 128 * 2**20

_Arguments = ParamSpec("_Arguments")
_Drawing = TypeVar("_Drawing", bound=np.ndarray | tuple[np.ndarray, ...])


DRAWINGS = ByteCache(MAX_CACHED_BYTES)


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
        arrays = drawing if isinstance(drawing, tuple) else (drawing,)
        DRAWINGS.store(key, drawing, size=sum(array.nbytes for array in arrays))
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
