"""Hands out one grainy picture: measures everything around the work."""

from collections.abc import Iterator

import cv2
import numpy as np

from services.background.engine import Order, Picture
from services.runtime.engines import EngineProgress, EngineTraits
from services.runtime.guards.cancellation import sleep_while_active

LONGEST_SIDE = 2048


class Noop:
    """Answers with a part of one picture, after a pause of so many seconds.

    The picture has the grain of a photo, so that encoders have as much to do.
    """

    name = "noop"
    version = "1"
    traits = EngineTraits(by_name_only=True)

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self._picture = grainy(LONGEST_SIDE)

    def make(self, order: Order) -> Iterator[EngineProgress | Picture]:
        yield EngineProgress(0.0)
        sleep_while_active(self._seconds)
        pixels = np.ascontiguousarray(self._picture[: order.height, : order.width])
        yield Picture(pixels, None, "a placeholder; no picture was made")


def grainy(side: int) -> np.ndarray:
    """A soft ramp under sensor noise: uint8 RGB (side, side, 3), always the same."""
    ramp = np.linspace(60, 200, side, dtype=np.float32)[:, None, None]
    noise = np.random.default_rng(0).normal(0, 4, (side, side, 3)).astype(np.float32)
    return np.clip(ramp + cv2.blur(noise, (2, 2)), 0, 255).astype(np.uint8)
