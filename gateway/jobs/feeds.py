"""Feeds of events: all watchers of a job share one poll of the database, and what it returns."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from gateway.database import call_database
from gateway.jobs.ledger import JobLedger
from gateway.jobs.plan import CampaignPlan
from gateway.jobs.progress import JobEvent
from services.runtime.errors import ServiceError

# Time between two queries for events of other gateways; those of this one arrive at once.
# Smaller: watchers see them sooner; more queries for each job that is watched.
POLL_SECONDS = 0.5
# Events that are loaded at once, each of up to 5 kB. Larger: fewer queries for a watcher that
# begins late; more memory for one that reads slowly.
PAGE_EVENTS = 50
# Pages that a feed keeps for watchers at other events. Larger: fewer queries when watchers are
# apart; more memory for each job that is watched.
MAX_PAGES = 4


class JobFeed:
    """The events of one job for all coroutines that watch it.

    version: changes when there may be new events. plan: of the job, shared by its watchers; None
    until the first of them sets it.
    """

    def __init__(self, job: str, ledger: JobLedger) -> None:
        """Starts to poll the ledger for events of a job; `close` stops that."""
        self.version = 0
        self.plan: CampaignPlan | None = None
        self._job, self._ledger = job, ledger
        self._changed = asyncio.Event()
        self._error: ServiceError | None = None
        # By the number of the event before them.
        self._pages: dict[int, asyncio.Future[list[JobEvent]]] = {}
        self._poll = asyncio.ensure_future(self._poll_ledger())

    async def load_events(self, after_sequence: int) -> list[JobEvent]:
        """Returns the next events after a sequence number, at most PAGE_EVENTS, in their order.

        Watchers at the same event share one query. Raises what the last poll raised, such as
        NotFound for a job that was deleted.
        """
        if self._error:
            raise self._error
        page = self._pages.get(after_sequence)
        if page is None:
            query = call_database(
                self._ledger.load_events, self._job, after_sequence, max_events=PAGE_EVENTS
            )
            page = self._pages[after_sequence] = asyncio.ensure_future(query)
            forget = partial(self._forget_useless_page, after_sequence, self.version)
            page.add_done_callback(forget)
            if len(self._pages) > MAX_PAGES:
                del self._pages[next(iter(self._pages))]
        # A watcher that leaves does not cancel the query of the others.
        return await asyncio.shield(page)

    async def wait_for_events(self, version: int) -> None:
        """Waits until there may be events that were not there at a version of the feed."""
        while self.version == version:
            await self._changed.wait()

    def wake_watchers(self) -> None:
        """Has all watchers look for new events."""
        self.version += 1
        # Pages without events may have some by now.
        for after_sequence, page in list(self._pages.items()):
            if page.done() and not _has_events(page):
                del self._pages[after_sequence]
        self._changed.set()
        self._changed = asyncio.Event()

    def close(self) -> None:
        """Stops the poll."""
        self._poll.cancel()

    def _forget_useless_page(
        self, after_sequence: int, version: int, page: "asyncio.Future[list[JobEvent]]"
    ) -> None:
        """Drops a page that could not be loaded, or that has no events and is outdated.

        version: of the feed when the query began.
        """
        is_failed = page.cancelled() or page.exception() is not None
        is_outdated = version != self.version and not _has_events(page)
        if (is_failed or is_outdated) and self._pages.get(after_sequence) is page:
            del self._pages[after_sequence]

    async def _poll_ledger(self) -> None:
        """Wakes the watchers when another gateway added events, or the database fails."""
        count = None
        while True:
            try:
                latest = await call_database(self._ledger.count_events, self._job)
            except ServiceError as error:
                self._error, count = error, None
                self.wake_watchers()
            else:
                self._error = None
                if latest != count:
                    count = latest
                    self.wake_watchers()
            await asyncio.sleep(POLL_SECONDS)


def _has_events(page: "asyncio.Future[list[JobEvent]]") -> bool:
    """Returns whether a query that has ended found events."""
    return not page.cancelled() and page.exception() is None and bool(page.result())


class JobFeeds:
    """The feeds of all jobs that are watched; passes events of this gateway on at once."""

    def __init__(self, ledger: JobLedger) -> None:
        """Starts without feeds. ledger: stores jobs and their events."""
        self._ledger = ledger
        self._feeds: dict[str, JobFeed] = {}
        self._watchers: defaultdict[str, int] = defaultdict(int)

    def wake_watchers(self, job: str) -> None:
        """Has the watchers of a job, given by its id, look for new events."""
        if feed := self._feeds.get(job):
            feed.wake_watchers()

    @contextmanager
    def watch_job(self, job: str) -> Iterator[JobFeed]:
        """Yields the feed of a job, given by its id; it ends with its last watcher."""
        feed = self._feeds.get(job)
        if feed is None:
            feed = self._feeds[job] = JobFeed(job, self._ledger)
        self._watchers[job] += 1
        try:
            yield feed
        finally:
            self._watchers[job] -= 1
            if not self._watchers[job]:
                del self._watchers[job], self._feeds[job]
                feed.close()
