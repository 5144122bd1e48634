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
        """Yields a coroutine function that waits until the job has another event.

        job: its id. The function takes a timeout in seconds, after which it returns too. Events
        between two waits are not missed.
        """
        event_added = asyncio.Event()
        self._watchers[job].add(event_added)

        async def wait_for_event(timeout_seconds: float) -> None:
            """Returns as soon as the job has an event since the last wait, or after the timeout."""
            try:
                await asyncio.wait_for(event_added.wait(), timeout_seconds)
            except TimeoutError:
                return
            event_added.clear()

        try:
            yield wait_for_event
        finally:
            self._watchers[job].discard(event_added)
            if not self._watchers[job]:
                del self._watchers[job]

    def _wake_watchers(self, job: str) -> None:
        """Wakes all coroutines that watch a job, given by its id; runs on the event loop."""
        for event_added in self._watchers.get(job, ()):
            event_added.set()
