"""Runs many calls with a bounded number at a time, and yields their results in order."""

import asyncio
from collections import deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Sized,
)
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from cyclorama.callbacks import await_callback
from cyclorama.checks import check_count

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")
# Called with the number of calls that have ended, and that of all, None when it is not known.
OnProgress = Callable[[int, int | None], None]
OnAsyncProgress = Callable[[int, int | None], Awaitable[object] | None]
"""A function or a coroutine function, which is awaited."""
# Calls that are started before the oldest one's result is read, for each that may run. Larger: one
# slow call stops the others later, and more results wait in memory.
AHEAD = 2


@dataclass(frozen=True)
class BatchOptions:
    """How a batch of calls runs.

    concurrency: calls at a time. return_exceptions: whether a call that fails yields its error in
    place of a result, and the others continue. on_progress: called as each call ends, and awaited
    if it is async.
    """

    concurrency: int
    return_exceptions: bool
    on_progress: OnAsyncProgress | None

    def __post_init__(self) -> None:
        check_count(self.concurrency, "concurrency", 1)

    @property
    def started(self) -> int:
        """Number of calls that are started before the oldest one's result is read."""
        return self.concurrency * AHEAD


def run_batch(
    call: Callable[[ItemT], ResultT], items: Iterable[ItemT], options: BatchOptions
) -> Iterator[ResultT | Exception]:
    """Calls a function for every item, in threads; yields the results in the order of the items.

    Leaving it early starts no further calls; those that run end in the background, or with the
    process.
    """
    ends, waiting = _count_ends(items), iter(items)
    threads = _DaemonThreads(options.concurrency)
    started: deque[Future[ResultT]] = deque()
    running: set[Future[ResultT]] = set()
    try:
        while True:
            for item in islice(waiting, options.started - len(started)):
                started.append(threads.submit(partial(call, item)))
                running.add(started[-1])
            if not started:
                return
            while started[0] in running:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for counts in islice(ends, len(ended)):
                    if options.on_progress:
                        options.on_progress(*counts)
            yield _read_result(started.popleft().result, options)
    finally:
        threads.end()


async def run_async_batch(
    call: Callable[[ItemT], Awaitable[ResultT]], items: Iterable[ItemT], options: BatchOptions
) -> AsyncIterator[ResultT | Exception]:
    """As run_batch, with tasks of the event loop; leaving it early cancels those that run."""
    ends, waiting = _count_ends(items), iter(items)
    limit = asyncio.Semaphore(options.concurrency)

    async def run_limited(item: ItemT) -> ResultT:
        """Calls the function once few enough calls run."""
        async with limit:
            return await call(item)

    started: deque[asyncio.Task[ResultT]] = deque()
    running: set[asyncio.Task[ResultT]] = set()
    try:
        while True:
            for item in islice(waiting, options.started - len(started)):
                started.append(asyncio.create_task(run_limited(item)))
                running.add(started[-1])
            if not started:
                return
            while started[0] in running:
                ended, running = await asyncio.wait(running, return_when=FIRST_COMPLETED)
                for counts in islice(ends, len(ended)):
                    await await_callback(options.on_progress, *counts)
            yield _read_result(started.popleft().result, options)
    finally:
        for task in started:
            task.cancel()
        await asyncio.gather(*started, return_exceptions=True)


class _DaemonThreads:
    """Runs functions in threads that do not keep the process from ending, unlike an executor's."""

    def __init__(self, count: int) -> None:
        """Prepares threads, which start as they are needed; count: of functions at a time."""
        self._count = count
        self._threads: list[Thread] = []
        self._ended = False
        # Functions and their futures; None wakes a thread up to end.
        self._queue = SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None]()

    def submit(self, function: Callable[[], ResultT]) -> "Future[ResultT]":
        """Runs a function in one of the threads, after those that were submitted before."""
        future = Future[ResultT]()
        self._queue.put((function, future))
        if len(self._threads) < self._count:
            self._threads.append(Thread(target=self._work, daemon=True))
            self._threads[-1].start()
        return future

    def end(self) -> None:
        """Ends each thread when its function has ended; those that have not started never run.

        Takes no lock of a future: an interrupt may have left one locked.
        """
        self._ended = True
        for _ in self._threads:
            self._queue.put(None)

    def _work(self) -> None:
        """Runs functions until the end."""
        while (work := self._queue.get()) and not self._ended:
            function, future = work
            future.set_running_or_notify_cancel()
            try:
                future.set_result(function())
            except BaseException as error:
                future.set_exception(error)


def _read_result(result: Callable[[], ResultT], options: BatchOptions) -> ResultT | Exception:
    """Returns the result of a call, or its error; raises the error unless it is to be returned.

    result: returns the result of a call that has ended, or raises its error.
    """
    try:
        return result()
    except Exception as error:
        if not options.return_exceptions:
            raise
        return error


def _count_ends(items: object) -> Iterator[tuple[int, int | None]]:
    """Yields the number of calls that have ended, one more each time, and that of all if known."""
    total = len(items) if isinstance(items, Sized) else None
    return ((number, total) for number in count(1))
