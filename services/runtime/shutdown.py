"""Shutdown of this process: requested by a signal, or by an engine that only a restart repairs."""

import threading
from collections.abc import Callable

StopWork = Callable[[float], bool]
"""Stops work that goes on in a thread of its own, and fails those who wait for it.

Gets the seconds to wait for the end of the thread, at most; returns whether it has ended.
"""

_requested = threading.Event()
_stop_functions: list[StopWork] = []


def request_shutdown() -> None:
    """Makes the server of this process drain and the process end; its supervisor restarts it."""
    _requested.set()


def is_shutdown_requested() -> bool:
    """Whether this process is about to end."""
    return _requested.is_set()


def wait_for_shutdown() -> None:
    """Returns once the shutdown of this process is requested."""
    _requested.wait()


def call_at_shutdown(stop: StopWork) -> None:
    """Has a function called when the calls of this process had their time to finish."""
    _stop_functions.append(stop)


def stop_work(timeout: float) -> bool:
    """Stops what still works in other threads; returns whether all of it has ended.

    May be called again, to wait longer.

    timeout: most seconds to wait for each.
    """
    have_ended = [stop(timeout) for stop in _stop_functions]
    return all(have_ended)
