"""Runs many calls with a bounded number at a time, and yields their results in order."""

import asyncio
from collections import deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Sized,
)
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")
# Called with the number of calls that have ended, and that of all, None when it is not known.
OnProgress = Callable[[int, int | None], object]
# Calls that are started before the oldest one's result is read, for each that may run. Larger: one
# slow call stops the others later, and more results wait in memory.
AHEAD = 2


@dataclass(frozen=True)
class BatchOptions:
    """How a batch of calls runs.

    concurrency: calls at a time. return_exceptions: whether a call that fails yields its error in
    place of a result, and the others continue. on_progress: called as each call ends.
    """

    concurrency: int
    return_exceptions: bool
    on_progress: OnProgress | None

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ValueError(f"concurrency: is {self.concurrency}; give 1 or more")

    @property
    def started(self) -> int:
        """Number of calls that are started before the oldest one's result is read."""
        return self.concurrency * AHEAD


def run_batch(
    call: Callable[[ItemT], ResultT], items: Iterable[ItemT], options: BatchOptions
) -> Iterator[ResultT | Exception]:
    """Calls a function for every item, in threads; yields the results in the order of the items.

    Leaving it early starts no further calls; those that run end in the background.
    """
    report, waiting = _count_ends(items, options.on_progress), iter(items)
    pool = ThreadPoolExecutor(options.concurrency)
    started: deque[Future[ResultT]] = deque()
    running: set[Future[ResultT]] = set()
    try:
        while True:
            for item in _take(waiting, options.started - len(started)):
                started.append(pool.submit(call, item))
                running.add(started[-1])
            if not started:
                return
            while started[0] in running:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                report(ended)
            yield _read_result(started.popleft().result, options)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


async def run_async_batch(
    call: Callable[[ItemT], Awaitable[ResultT]], items: Iterable[ItemT], options: BatchOptions
) -> AsyncIterator[ResultT | Exception]:
    """As run_batch, with tasks of the event loop; leaving it early cancels those that run."""
    report, waiting = _count_ends(items, options.on_progress), iter(items)
    limit = asyncio.Semaphore(options.concurrency)

    async def run_limited(item: ItemT) -> ResultT:
        """Calls the function once few enough calls run."""
        async with limit:
            return await call(item)

    started: deque[asyncio.Task[ResultT]] = deque()
    running: set[asyncio.Task[ResultT]] = set()
    try:
        while True:
            for item in _take(waiting, options.started - len(started)):
                started.append(asyncio.create_task(run_limited(item)))
                running.add(started[-1])
            if not started:
                return
            while started[0] in running:
                ended, running = await asyncio.wait(running, return_when=FIRST_COMPLETED)
                report(ended)
            yield _read_result(started.popleft().result, options)
    finally:
        for task in started:
            task.cancel()
        await asyncio.gather(*started, return_exceptions=True)


def _take(items: Iterator[ItemT], count: int) -> Iterator[ItemT]:
    """Yields the next items, at most as many as `count`."""
    for _, item in zip(range(count), items, strict=False):
        yield item


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


def _count_ends(
    items: object, on_progress: OnProgress | None
) -> Callable[[Collection[object]], None]:
    """Returns a function that takes the calls that have ended, and reports how many there are."""
    total = len(items) if isinstance(items, Sized) else None
    count = 0

    def report(ended: Collection[object]) -> None:
        nonlocal count
        for _ in ended:
            count += 1
            if on_progress:
                on_progress(count, total)

    return report
