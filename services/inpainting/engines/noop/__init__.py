"""Returns the composite unchanged, to measure what a call costs without the inpainting."""

from collections.abc import Iterator

from services.inpainting.engine import InpaintingRequest, InpaintingResult
from services.runtime.engines import EngineProgress, EngineTraits
from services.runtime.guards.cancellation import sleep_while_active


class NoopInpainting:
    """Waits, then returns the composite."""

    name = "noop"
    version = "1"
    traits = EngineTraits(by_name_only=True)

    def __init__(self, delay_seconds: float = 0.0) -> None:
        self._delay_seconds = delay_seconds

    def inpaint(self, request: InpaintingRequest) -> Iterator[EngineProgress | InpaintingResult]:
        """Yields progress, waits, and yields the composite unchanged as the result."""
        yield EngineProgress(0.0)
        sleep_while_active(self._delay_seconds)
        yield InpaintingResult(request.composite)
