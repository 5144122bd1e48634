"""Idle stages that can do only so much at once, as a machine has cores.

python -m benchmarks.chaos_stage LISTEN SECONDS PLACES AT_WORK
"""

import sys
import threading
import time
from collections.abc import Callable

from benchmarks.noop import Settings, open_services
from services.runtime.logs import configure
from services.runtime.server import run

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
    services, places = dict(open_services(settings)), Places(float(seconds), int(count))
    for stage, method in METHODS.items():
        crowd = places.stream if stage in STREAMS else places.unary
        servicer = services[stage].servicer
        setattr(servicer, method, crowd(getattr(servicer, method)))
    run([*services.values()], settings)
