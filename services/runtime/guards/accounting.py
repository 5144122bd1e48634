"""The guard that counts and times calls, by method and outcome."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from services.runtime.errors import error_reason
from services.runtime.guards.guarded_call import GuardedCall
from services.runtime.metrics import CALL_SECONDS, CALLS


@contextmanager
def count_call(call: GuardedCall) -> Iterator[None]:
    """Counts a gRPC call, which runs in a `with` block, by method and outcome, and its duration.

    The outcome is "OK", or the reason of the error.
    """
    outcome, start = "OK", time.perf_counter()
    try:
        yield
    except BaseException as error:
        outcome = error_reason(error)
        raise
    finally:
        count, observe_seconds = _find_metrics(call.method, outcome)
        count()
        observe_seconds(time.perf_counter() - start)


# Cached, as looking series up by their labels takes longer than recording.
@cache
def _find_metrics(method: str, outcome: str) -> tuple[Callable[[], None], Callable[[float], None]]:
    """Returns what counts a call of a method with an outcome, and what records its seconds."""
    return CALLS.labels(method, outcome).inc, CALL_SECONDS.labels(method).observe
