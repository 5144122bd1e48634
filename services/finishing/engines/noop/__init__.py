"""Hands the ad's pixels out as RAW_RGB, whatever was asked: measures everything around the work."""

from services.finishing.engine import LOSSLESS, FinishedFile, FinishingRequest
from services.runtime.engines import EngineTraits
from services.runtime.formats import RAW_RGB
from services.runtime.guards.cancellation import sleep_while_active


class Noop:
    """Writes nothing, after a pause of so many seconds."""

    name = "noop"
    version = "1"
    traits = EngineTraits(by_name_only=True)

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    def finish(self, request: FinishingRequest) -> FinishedFile:
        sleep_while_active(self._seconds)
        return FinishedFile(request.ad.tobytes(), RAW_RGB, LOSSLESS, ad=None)
