"""Cancellation: lets work within a call find out whether its caller still waits."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from services.runtime.errors import CallCancelled
from services.runtime.guards.interceptor import GuardedCall

# Seconds, about three years. gRPC reports a deadline that is centuries away for a call without
# one, and no caller sets one this long.
NO_DEADLINE_SECONDS = 1e8
# How often a sleeping call looks for its caller. Larger: a cancelled call occupies its thread for
# longer; smaller: more wake-ups.
POLL_SECONDS = 0.05

_current: ContextVar[GuardedCall | None] = ContextVar("current call", default=None)


@contextmanager
def track_call(call: GuardedCall) -> Iterator[None]:
    """Makes a call the current one for the other functions of this module."""
    _current.set(call)
    try:
        yield
    finally:
        # Not by token: a cancelled stream is closed in another context than it started in.
        _current.set(None)


def check_active() -> None:
    """Raises CallCancelled if the caller cancelled or its deadline passed.

    Does nothing outside a call.
    """
    bind_check_active()()


def sleep_while_active(seconds: float) -> None:
    """Sleeps; raises CallCancelled soon after the caller cancelled."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, POLL_SECONDS))
        check_active()


def bind_check_active() -> Callable[[], None]:
    """Returns check_active bound to the current call, for use in other threads."""
    call = _current.get()

    def check() -> None:
        if call and not call.is_active():
            raise CallCancelled("the caller no longer waits for this")

    return check


def get_remaining_seconds() -> float | None:
    """Returns the time until the caller's deadline, at least 0; None without a deadline."""
    call = _current.get()
    left = call.seconds_left() if call else None
    return None if left is None or left > NO_DEADLINE_SECONDS else max(0.0, left)
