"""The thread pool that runs calls, which measures how long they wait for a thread."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from services.runtime.metrics import CALL_QUEUE_SECONDS

# Slow methods of the largest process, each with its own concurrency limit: one that serves
# compositing and finishing has CompositeProduct, FinishAd, VerifyFile, CheckFile and AssessFile.
LONG_METHODS = 5
# For rejecting calls; fewer would let those wait behind admitted calls.
SPARE_THREADS = 4

P = ParamSpec("P")
T = TypeVar("T")


class CallThreadPool(ThreadPoolExecutor):
    """Has a thread for every admitted call, and some for rejections.

    Without the spare ones, a call beyond the limit would wait for others before its rejection.
    """

    def __init__(self, max_concurrent_calls: int) -> None:
        super().__init__(LONG_METHODS * max_concurrent_calls + SPARE_THREADS)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Runs fn(*args, **kwargs) in a thread, and records how long it waited for the thread.

        Returns a future of its result.
        """
        start = time.perf_counter()

        def run_and_record_wait() -> T:
            CALL_QUEUE_SECONDS.observe(time.perf_counter() - start)
            return fn(*args, **kwargs)

        return super().submit(run_and_record_wait)
