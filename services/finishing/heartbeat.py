"""Shows that work goes on which cannot say how far it is, such as one slow encoder."""

import math
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextvars import copy_context
from typing import TypeVar

from services.runtime.engines import EngineProgress

# Between two steps; a second without any makes people wonder.
INTERVAL_SECONDS = 0.5
# After which two thirds of the way count as gone: AVIF takes this for 8 megapixels.
TYPICAL_SECONDS = 1.5

T = TypeVar("T")


def run_with_steps(
    work: Callable[[], T], start: float, end: float
) -> Generator[EngineProgress, None, T]:
    """Runs work in a thread; yields steps until it is done and returns its result.

    start, end: the fractions between which the steps lie; they approach the end ever more slowly.
    Work that takes less than half a second has no steps. Raises what the work raised. A caller
    that closes this early waits for the work, which finds the caller gone at its next check_active:
    a call keeps its place among those admitted until nothing of it runs any more.
    """
    result: Future[T] = Future()
    within = copy_context()
    thread = threading.Thread(target=within.run, args=(_fulfill, result, work), daemon=True)
    thread.start()
    begun = time.perf_counter()
    try:
        while True:
            try:
                return result.result(INTERVAL_SECONDS)
            except NotYet:
                left = math.exp(-(time.perf_counter() - begun) / TYPICAL_SECONDS)
                yield EngineProgress(end - (end - start) * left)
    finally:
        thread.join()


def _fulfill(result: Future[T], work: Callable[[], T]) -> None:
    try:
        result.set_result(work())
    except BaseException as error:
        result.set_exception(error)
