"""Cancellation: lets work within a call find out whether its caller still waits."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from services.runtime.errors import CallCancelled
from services.runtime.guards.guarded_call import GuardedCall

# Seconds, about three years. gRPC reports a deadline that is centuries away for a call without
# one, and no caller sets one this long.
NO_DEADLINE_SECONDS = 1e8
# How often a sleeping call looks for its caller. Larger: a cancelled call occupies its thread for
# longer; smaller: more wake-ups.
POLL_SECONDS = 0.05

_current: ContextVar[GuardedCall | None] = ContextVar("current call", default=None)


@contextmanager
def track_call(call: GuardedCall) -> Iterator[None]:
    """Makes a gRPC call the current one within a `with` block, for check_active() and the like."""
    _current.set(call)
    try:
        yield
    finally:
        # _current.reset() would fail for a cancelled stream, which gRPC closes in another context
        # than it started in.
        _current.set(None)


def check_active() -> None:
    """Raises CallCancelled if the caller of the current call cancelled or its deadline passed.

    Does nothing outside a call.
    """
    check_current_call = bind_check_active()
    check_current_call()


def sleep_while_active(seconds: float) -> None:
    """Sleeps for some seconds; raises CallCancelled soon after the caller cancelled."""
    end = time.monotonic() + seconds
    while (seconds_left := end - time.monotonic()) > 0:
        time.sleep(min(seconds_left, POLL_SECONDS))
        check_active()


def bind_check_active() -> Callable[[], None]:
    """Returns a function that raises CallCancelled if the caller of this call no longer waits.

    Unlike check_active, it may be called in other threads, which do not know the current call.
    """
    call = _current.get()

    def check() -> None:
        if call and not call.is_active():
            raise CallCancelled("the caller no longer waits for this")

    return check


def get_remaining_seconds() -> float | None:
    """Returns the seconds until the deadline of the current gRPC call, at least 0.

    Returns None outside a call and for a call without a deadline.
    """
    call = _current.get()
    remaining = call.seconds_left() if call else None
    return None if remaining is None or remaining > NO_DEADLINE_SECONDS else max(0.0, remaining)
