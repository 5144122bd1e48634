"""Wakes those who watch a job when this process has news of it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class News:
    """Lets coroutines on a loop wait for what other threads tell of a job."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watchers: dict[str, set[asyncio.Event]] = defaultdict(set)

    def tell(self, job: str) -> None:
        """Wakes the watchers of a job; any thread may call it."""
        self._loop.call_soon_threadsafe(self._wake, job)

    @contextmanager
    def of(self, job: str) -> Iterator[Callable]:
        """Gives a coroutine function that waits for news, at most so many seconds."""
        woken = asyncio.Event()
        self._watchers[job].add(woken)

        async def wait(seconds: float) -> None:
            try:
                await asyncio.wait_for(woken.wait(), seconds)
            except TimeoutError:
                return
            woken.clear()

        try:
            yield wait
        finally:
            self._watchers[job].discard(woken)
            if not self._watchers[job]:
                del self._watchers[job]

    def _wake(self, job: str) -> None:
        for woken in self._watchers.get(job, ()):
            woken.set()
