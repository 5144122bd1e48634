"""Idle stages that can do only so much at once, as a machine has cores.

python -m benchmarks.chaos_stage LISTEN SECONDS PLACES AT_WORK
"""

import sys
import threading
import time
from collections.abc import Callable

from benchmarks.noop import STAGES, Settings
from gateway.stage_methods import METHODS, name_from_stage
from services.runtime.logs import configure_logging
from services.runtime.server import run_server


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
    listen, seconds, count, max_concurrent_calls = sys.argv[1:]
    settings = Settings(
        listen=listen, log_level="warning", max_concurrent_calls=int(max_concurrent_calls)
    )
    configure_logging("limited", settings)
    services, places = [], Places(float(seconds), int(count))
    methods = {name_from_stage(stage): method for stage, method in METHODS.items()}
    for stage in STAGES:
        service, method = stage.open_service(settings), methods[stage.name]
        limited = places.stream if method.streams else places.unary
        setattr(service.servicer, method.name, limited(getattr(service.servicer, method.name)))
        services.append(service)
    run_server(services, settings)
