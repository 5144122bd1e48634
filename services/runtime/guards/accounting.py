"""Counts every call of our contract, by method and by what became of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.runtime.errors import error_reason
from services.runtime.guards.interceptor import Call
from services.runtime.metrics import CALL_SECONDS, CALLS


@contextmanager
def counted(call: Call) -> Iterator[None]:
    """A guard that counts the call and times it, refused or not."""
    outcome, start = "OK", time.perf_counter()
    try:
        yield
    except BaseException as error:
        outcome = error_reason(error)
        raise
    finally:
        CALLS.labels(call.method, outcome).inc()
        CALL_SECONDS.labels(call.method).observe(time.perf_counter() - start)
