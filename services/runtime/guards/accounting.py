"""The guard that counts and times calls, by method and outcome."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

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
        CALLS.labels(call.method, outcome).inc()
        CALL_SECONDS.labels(call.method).observe(time.perf_counter() - start)
