"""Reports progress while work runs that cannot report its own, such as a slow encoder."""

import math
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextvars import copy_context
from typing import TypeVar

from services.runtime.engines import EngineProgress

# Between two steps. Larger: a page without news for a second looks stuck. Smaller: more messages.
INTERVAL_SECONDS = 0.5
# After which 63 % of the way (1 - 1/e) is reported: AVIF takes this for 8 megapixels. Larger: the
# progress of short work is further from the end when its result comes.
TYPICAL_SECONDS = 1.5

T = TypeVar("T")


def run_with_progress(
    work: Callable[[], T], start: float, end: float
) -> Generator[EngineProgress, None, T]:
    """Runs work in a thread; yields estimated progress until it is done and returns its result.

    Work that takes less than half a second yields none. Raises what the work raised. Closing the
    generator early waits for the work, which finds its caller gone at the next check_active: a call
    counts as in flight until all of its work has ended.

    work: called without arguments; it reports no progress of its own.
    start, end: the fractions between which the progress lies; it approaches the end ever slower.
    """
    result: Future[T] = Future()
    # Context variables tell check_active which call the work in the thread belongs to.
    context = copy_context()
    thread = threading.Thread(target=context.run, args=(_fulfill, result, work), daemon=True)
    thread.start()
    started = time.perf_counter()
    try:
        while True:
            try:
                return result.result(INTERVAL_SECONDS)
            except NotYet:
                remaining = math.exp(-(time.perf_counter() - started) / TYPICAL_SECONDS)
                yield EngineProgress(end - (end - start) * remaining)
    finally:
        thread.join()


def _fulfill(result: Future[T], work: Callable[[], T]) -> None:
    """Runs work and stores what it returns, or the exception that it raises, in the future."""
    try:
        result.set_result(work())
    except BaseException as error:
        result.set_exception(error)
