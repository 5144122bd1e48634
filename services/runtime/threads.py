"""The threads that calls run in, and how long calls wait for one."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from services.runtime.metrics import QUEUE_SECONDS

# No process has more methods than this that take long, and each has places of its own.
LONG_METHODS = 4
SPARE = 4


class Threads(ThreadPoolExecutor):
    """Enough threads for all that is admitted, and some for health checks and refusals.

    Without those a call that is too much would wait for the others before it is told so.
    """

    def __init__(self, max_concurrent_calls: int) -> None:
        super().__init__(LONG_METHODS * max_concurrent_calls + SPARE)

    def submit(self, work: Callable, /, *args: object, **kwargs: object) -> Future:
        """Runs work in a thread and notes how long that took to begin."""
        start = time.perf_counter()

        def begin():
            QUEUE_SECONDS.observe(time.perf_counter() - start)
            return work(*args, **kwargs)

        return super().submit(begin)
