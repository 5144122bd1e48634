"""Idle stages that can do only so much at once, as a machine has cores.

python -m benchmarks.chaos_stage LISTEN SECONDS PLACES AT_WORK
"""

import sys
import threading
import time
from collections.abc import Callable

from benchmarks.noop import Settings, add_servicers, open_servicers
from services.runtime.logs import configure
from services.runtime.server import Service, run

METHODS = {
    "segmentation": "SegmentProduct",
    "background": "GenerateBackground",
    "compositing": "CompositeProduct",
    "inpainting": "InpaintScene",
}
STREAMS = ("background", "inpainting")


class Places:
    """Room for so many calls, each of which takes so many seconds."""

    def __init__(self, seconds: float, count: int) -> None:
        self._seconds = seconds
        self._room = threading.Semaphore(count)

    def unary(self, behaviour: Callable) -> Callable:
        """The method, once there is room for it."""

        def run(request, context):
            self._work()
            return behaviour(request, context)

        return run

    def stream(self, behaviour: Callable) -> Callable:
        """The method, which waits for room after it has told of its progress.

        From then on gRPC itself no longer sends the call to another replica.
        """

        def run(request, context):
            answers = behaviour(request, context)
            yield next(answers)
            self._work()
            yield from answers

        return run

    def _work(self) -> None:
        with self._room:
            time.sleep(self._seconds)


if __name__ == "__main__":
    listen, seconds, count, at_work = sys.argv[1:]
    settings = Settings(listen=listen, log_level="warning", at_work=int(at_work))
    configure("crowded", settings)
    servicers, places = open_servicers(settings), Places(float(seconds), int(count))
    for stage, method in METHODS.items():
        crowd = places.stream if stage in STREAMS else places.unary
        setattr(servicers[stage], method, crowd(getattr(servicers[stage], method)))
    run(Service("cyclorama.v1.Crowded", add_servicers, servicers), settings)
