"""Gives the composite back as the ad: measures everything around the work."""

from collections.abc import Iterator

from services.inpainting.engine import Order, Picture
from services.runtime.engines import EngineProgress, EngineTraits
from services.runtime.guards.cancellation import sleep_while_active


class Noop:
    """Changes nothing, after a pause of so many seconds."""

    name = "noop"
    version = "1"
    traits = EngineTraits(by_name_only=True)

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    def inpaint(self, order: Order) -> Iterator[EngineProgress | Picture]:
        yield EngineProgress(0.0)
        sleep_while_active(self._seconds)
        yield Picture(order.composite)
