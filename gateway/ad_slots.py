"""Divides the ads that are in flight at a time between single ads, which come first, and jobs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

OnPlace = Callable[[int], None]
"""Called with the number of ads that come before one: those in flight, and those that wait."""


# Compared by identity, as two ads of one caller are not the same.
@dataclass(eq=False)
class _Wait:
    """A single ad that waits. caller: its name. place: the number that was reported last."""

    caller: str
    on_place: OnPlace
    granted: asyncio.Event = field(default_factory=asyncio.Event)
    place: int | None = None

    def report_place(self, place: int) -> None:
        """Reports the number of ads before this one, if it is another than before."""
        if place != self.place:
            self.place = place
            self.on_place(place)


class AdSlots:
    """Limits the ads in flight; for one event loop.

    Single ads, which somebody waits for, come before those of jobs, but jobs always have one slot,
    so that no number of single ads stops them. Callers take turns, however many ads each sends.
    """

    def __init__(self, limit: int) -> None:
        """Starts without ads. limit: number of ads in flight, at least 1."""
        self._limit = limit
        self._in_flight = Counter[str]()
        self._waiting: list[_Wait] = []
        self._of_jobs = 0

    @property
    def job_limit(self) -> int:
        """Number of ads of jobs that may be in flight now: what single ads leave, at least one."""
        return max(1, self._limit - self._in_flight.total() - len(self._waiting))

    def count_ads(self) -> int:
        """Returns the number of ads in flight."""
        return self._in_flight.total() + self._of_jobs

    @contextmanager
    def count_job_ad(self) -> Iterator[None]:
        """Counts an ad of a job, which `job_limit` has admitted, as in flight during the block."""
        self._of_jobs += 1
        try:
            yield
        finally:
            self._of_jobs -= 1
            self._grant_slots()

    @asynccontextmanager
    async def acquire(self, caller: str, on_place: OnPlace) -> AsyncIterator[None]:
        """Waits for a slot for a single ad, and keeps it during the block.

        caller: name of the caller. on_place: called when the ad has to wait, and whenever its place
        in the queue changes.
        """
        wait = _Wait(caller, on_place)
        self._waiting.append(wait)
        self._grant_slots()
        try:
            await wait.granted.wait()
            yield
        finally:
            if wait in self._waiting:
                self._waiting.remove(wait)
            else:
                self._in_flight[caller] -= 1
            self._grant_slots()

    def _grant_slots(self) -> None:
        """Grants free slots to those who are next; reports their places to the others."""
        while self._waiting and self.count_ads() < self._limit:
            first = self._sort_waiting()[0]
            self._waiting.remove(first)
            self._in_flight[first.caller] += 1
            first.granted.set()
        for place, wait in enumerate(self._sort_waiting(), self.count_ads()):
            wait.report_place(place)

    def _sort_waiting(self) -> list[_Wait]:
        """Returns the ads that wait in their order: each after those that its caller has before it.

        At equal turns, the ad that came first is first.
        """
        before = self._in_flight.copy()
        turns = dict[_Wait, int]()
        for wait in self._waiting:
            turns[wait] = before[wait.caller]
            before[wait.caller] += 1
        return sorted(turns, key=lambda wait: turns[wait])
