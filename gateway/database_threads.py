"""Threads that use the job database: apart from those of single ads, and left behind at the end.

A database that stands still keeps its callers for as long as it likes. So they have few threads of
their own, nobody waits for one for long, and no process waits for them to end.
"""

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError

from gateway.database_failures import UNUSABLE, find_failure
from services.runtime.errors import JobDatabaseUnavailable

# Longest wait of a caller for the database, from its turn for a thread on. Larger: calls fail later
# while the database stands still; smaller: they fail while it is only busy.
CALL_SECONDS = 10.0
# Threads that read, those that write for callers, and those of the gateway's own work, which takes
# as long as it takes: the queue and cleanups. More: more calls of each kind at a time, and more
# connections to Postgres.
READERS, WRITERS, WORKERS = 8, 4, 2

P = ParamSpec("P")
R = TypeVar("R")


class DaemonThreads(Executor):
    """Some threads, each started when it is first needed, that end with the process."""

    def __init__(self, name: str, threads: int) -> None:
        """Starts no thread yet. name: of the threads. threads: their number."""
        self._name, self._most = name, threads
        self._threads = self._busy = 0
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> "Future[R]":
        """Calls a function in a thread, when one is free; returns the future of its result."""
        future: Future[R] = Future()

        def call() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._lock:
            self._busy += 1
            if self._threads < min(self._busy, self._most):
                self._threads += 1
                name = f"{self._name}-{self._threads}"
                threading.Thread(target=self._run, name=name, daemon=True).start()
        self._calls.put(call)
        return future

    def _run(self) -> None:
        """Makes the calls that are submitted, one after the other."""
        while True:
            self._calls.get()()
            with self._lock:
                self._busy -= 1


_readers = DaemonThreads("database-reader", READERS)
_writers = DaemonThreads("database-writer", WRITERS)
_workers = DaemonThreads("database-worker", WORKERS)


async def read_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Calls a function that reads the database, in a thread; returns its result.

    The arguments are passed on. Raises JobDatabaseUnavailable, or a more precise class of it, when
    the database cannot be used, or does not answer within CALL_SECONDS.
    """
    return await _call(_readers, CALL_SECONDS, lambda: function(*args, **kwargs))


async def write_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Does the same with a function that writes for a caller, for which no reader waits.

    A write that had begun when the time was over may still be made.
    """
    return await _call(_writers, CALL_SECONDS, lambda: function(*args, **kwargs))


async def work_on_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Does the same with a function that may take any time, and for which no caller waits."""
    return await _call(_workers, None, lambda: function(*args, **kwargs))


async def leave_database(function: Callable[[], object], seconds: float) -> bool:
    """Calls a function that ends the use of the database; returns whether it did so in time.

    seconds: that it may take; it then goes on in a thread that ends with the process.
    """
    try:
        await _call(DaemonThreads("database-end", 1), seconds, function)
    except JobDatabaseUnavailable:
        return False
    return True


async def _call(threads: Executor, seconds: float | None, function: Callable[[], R]) -> R:
    """Calls a function in one of some threads; see read_database.

    seconds: to wait for its result at most; None for any time. A call that has no thread by then is
    not made.
    """
    # Logs within the call name the call of the gateway.
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    try:
        async with asyncio.timeout(seconds):
            return await loop.run_in_executor(threads, context.run, function)
    except TimeoutError as error:
        raise JobDatabaseUnavailable() from error
    except DBAPIError as error:
        if failure := find_failure(error):
            raise failure() from error
        raise
    except UNUSABLE as error:
        raise JobDatabaseUnavailable() from error
