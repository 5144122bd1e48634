"""Hands the ad's pixels out as they came: measures everything around the work."""

from collections.abc import Iterator

from cyclorama.v1 import finishing_pb2
from services.finishing.engine import FinishedFile, FinishingRequest
from services.runtime.engines import Step, Traits
from services.runtime.guards.cancellation import pause


class Noop:
    """Writes and certifies nothing, after a pause of so many seconds."""

    name = "noop"
    version = "1"
    traits = Traits(by_name_only=True)

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    def finish(self, request: FinishingRequest) -> Iterator[Step | FinishedFile]:
        yield Step(0.0)
        pause(self._seconds)
        yield FinishedFile(request.ad.tobytes(), 0, {}, finishing_pb2.QualityReport())
