"""Returns the ad's pixels as RAW_RGB, to measure what a call costs without the finishing."""

from services.finishing.engine import LOSSLESS, FinishedFile, FinishingRequest
from services.runtime.engines import EngineTraits
from services.runtime.formats import RAW_RGB
from services.runtime.guards.cancellation import sleep_while_active


class NoopFinishing:
    """Waits, then returns the ad's pixels, whichever format was requested."""

    name = "noop"
    version = "1"
    traits = EngineTraits(by_name_only=True)

    def __init__(self, delay_seconds: float = 0.0) -> None:
        self._delay_seconds = delay_seconds

    def finish(self, request: FinishingRequest) -> FinishedFile:
        """Returns the bytes of the ad's pixels as the file; `ad` is None, so nothing checks it."""
        sleep_while_active(self._delay_seconds)
        return FinishedFile(request.ad.tobytes(), RAW_RGB, LOSSLESS, ad=None)
