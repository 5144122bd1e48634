"""Stages that only sleep, with limited concurrency, as a machine has a limited number of cores.

python -m benchmarks.chaos_stage LISTEN SECONDS CONCURRENCY MAX_CONCURRENT_CALLS

A photo that ends with FATAL ends the process, as one does that needs more memory than there is.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from benchmarks.noop import STAGES, NoopSettings, open_noop_services
from gateway.stage_methods import METHODS, SEGMENTATION, name_from_stage
from services.runtime.logs import configure_logging
from services.runtime.server import run_server

# The last bytes of a photo; decoders ignore what follows the end of a picture.
FATAL = b"fatal"


class ConcurrencyLimit:
    """Lets `count` calls run at once, each for `seconds`."""

    def __init__(self, seconds: float, count: int) -> None:
        self._seconds = seconds
        self._semaphore = threading.Semaphore(count)

    def wrap_unary(self, method: Callable) -> Callable:
        """Wraps a unary method: it sleeps first, when a slot is free."""

        def run(request, context):
            if isinstance(request, SEGMENTATION.request) and request.photo.data.endswith(FATAL):
                os.kill(os.getpid(), signal.SIGKILL)
            self._sleep()
            return method(request, context)

        return run

    def wrap_stream(self, method: Callable) -> Callable:
        """Wraps a streaming method: it sleeps after its first message, when a slot is free.

        gRPC does not transparently retry a stream that has sent a message.
        """

        def run(request, context):
            responses = method(request, context)
            yield next(responses)
            self._sleep()
            yield from responses

        return run

    def _sleep(self) -> None:
        with self._semaphore:
            time.sleep(self._seconds)


if __name__ == "__main__":
    listen, seconds, count, max_concurrent_calls = sys.argv[1:]
    settings = NoopSettings(
        listen=listen, log_level="warning", max_concurrent_calls=int(max_concurrent_calls)
    )
    configure_logging("limited", settings)
    services, limit = [], ConcurrencyLimit(float(seconds), int(count))
    methods = {name_from_stage(stage): method for stage, method in METHODS.items()}
    for stage, service in zip(STAGES, open_noop_services(settings), strict=True):
        method = methods[stage.name]
        limited = limit.wrap_stream if method.streams else limit.wrap_unary
        setattr(service.servicer, method.name, limited(getattr(service.servicer, method.name)))
        services.append(service)
    run_server(services, settings)
