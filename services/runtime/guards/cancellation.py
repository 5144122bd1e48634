"""Tells work within a call whether anybody still waits for it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from services.runtime.errors import CallCancelled
from services.runtime.guards.interceptor import Call

# gRPC gives calls without a deadline one that is centuries away.
FOREVER = 1e8
LOOK_SECONDS = 0.05

_current: ContextVar[Call | None] = ContextVar("current call", default=None)


@contextmanager
def tracked(call: Call) -> Iterator[None]:
    """A guard that makes the call known to the functions below."""
    _current.set(call)
    try:
        yield
    finally:
        # Not by its token: a stream that is given up is closed in another context.
        _current.set(None)


def check_active() -> None:
    """Raises CallCancelled when the caller has gone or its deadline has passed.

    Does nothing outside a call.
    """
    watch()()


def pause(seconds: float) -> None:
    """Waits; raises CallCancelled soon after the caller has gone."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, LOOK_SECONDS))
        check_active()


def watch() -> Callable[[], None]:
    """Returns check_active for the current call, to be called by other threads."""
    call = _current.get()

    def check() -> None:
        if call and not call.is_active():
            raise CallCancelled("the caller no longer waits for this")

    return check


def seconds_left() -> float | None:
    """Time until the caller's deadline, at least 0; None where there is none."""
    call = _current.get()
    left = call.seconds_left() if call else None
    return None if left is None or left > FOREVER else max(0.0, left)
