"""Idle stages that tell of progress before they work, and can do only so much at once.

python -m benchmarks.chaos_stage LISTEN SIDE SECONDS PLACES AT_WORK
"""

import sys
import threading
import time

from benchmarks.noop import NoOp, add
from cyclorama.v1 import background_pb2, inpainting_pb2
from services.runtime.logs import configure
from services.runtime.server import Service, run
from services.runtime.settings import ServerSettings


class Crowded(NoOp):
    """Has `places` for calls that take so many seconds each, as a machine has cores."""

    def __init__(self, side: int, seconds: float, places: int) -> None:
        super().__init__(side)
        self._place_seconds = seconds
        self._places = threading.Semaphore(places)

    def Segment(self, request, context):
        self._work()
        return super().Segment(request, context)

    def Generate(self, request, context):
        # After this gRPC itself no longer sends the call to another replica.
        yield background_pb2.GenerateResponse(progress={"progress": {"fraction": 0.0}})
        self._work()
        yield from super().Generate(request, context)

    def Composite(self, request, context):
        self._work()
        return super().Composite(request, context)

    def Inpaint(self, request, context):
        yield inpainting_pb2.InpaintResponse(progress={"fraction": 0.0})
        self._work()
        yield from super().Inpaint(request, context)

    def _work(self) -> None:
        with self._places:
            time.sleep(self._place_seconds)


if __name__ == "__main__":
    listen, side, seconds, places, at_work = sys.argv[1:]
    settings = ServerSettings(listen=listen, log_level="warning", at_work=int(at_work))
    configure("crowded", settings)
    servicer = Crowded(int(side), float(seconds), int(places))
    run(Service("cyclorama.v1.Crowded", add, servicer), settings)
