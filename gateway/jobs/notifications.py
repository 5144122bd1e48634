"""Wakes the coroutines that watch a job when this process adds an event to it."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager


class JobNotifier:
    """Passes events of jobs from any thread to the coroutines of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watchers: dict[str, set[asyncio.Event]] = defaultdict(set)

    def notify_watchers(self, job: str) -> None:
        """Wakes the watchers of a job; thread-safe."""
        self._loop.call_soon_threadsafe(self._wake_watchers, job)

    @contextmanager
    def watch_job(self, job: str) -> Iterator[Callable[[float], Awaitable[None]]]:
        """Yields a coroutine function that waits for the next event, for at most some seconds."""
        woken = asyncio.Event()
        self._watchers[job].add(woken)

        async def wait_for_event(timeout_seconds: float) -> None:
            try:
                await asyncio.wait_for(woken.wait(), timeout_seconds)
            except TimeoutError:
                return
            woken.clear()

        try:
            yield wait_for_event
        finally:
            self._watchers[job].discard(woken)
            if not self._watchers[job]:
                del self._watchers[job]

    def _wake_watchers(self, job: str) -> None:
        """Wakes the watchers of a job; runs on the event loop."""
        for woken in self._watchers.get(job, ()):
            woken.set()
