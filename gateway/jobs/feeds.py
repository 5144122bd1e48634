"""Feeds of events: all watchers of a job share the events that arrive, and queries for others."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from gateway.database_threads import read_database
from gateway.jobs.ledger import JobLedger
from gateway.jobs.plan import CampaignPlan
from gateway.jobs.progress import JobEvent
from services.runtime.errors import NotFound, ServiceError

# Time between two queries for events of other gateways; those of this one arrive at once.
# Smaller: watchers see them sooner; more queries while any job is watched.
POLL_SECONDS = 0.5
# Events that are loaded at once, and latest events of this gateway that a feed keeps, each of up to
# 5 kB. Larger: fewer queries for a watcher that begins late or is slow; more memory.
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
        """Starts without events, which are loaded from the ledger."""
        self.version = 0
        self.plan: CampaignPlan | None = None
        self._job, self._ledger = job, ledger
        self._changed = asyncio.Event()
        self._error: ServiceError | None = None
        # Without gaps.
        self._latest: deque[JobEvent] = deque(maxlen=PAGE_EVENTS)
        # Number of the last event that watchers were woken for.
        self._last_sequence = 0
        # By the number of the event before them.
        self._pages: dict[int, asyncio.Future[list[JobEvent]]] = {}

    async def load_events(self, after_sequence: int) -> list[JobEvent]:
        """Returns the next events after a sequence number, at most PAGE_EVENTS, in their order.

        Watchers at the same event share one query. Raises what the last poll raised, such as
        NotFound for a job that was deleted.
        """
        self.raise_error()
        if 0 < self._last_sequence <= after_sequence:
            return []
        if self._latest and self._latest[0].sequence <= after_sequence + 1:
            arrived = [each for each in self._latest if each.sequence > after_sequence]
            if arrived:
                return arrived
        page = self._pages.get(after_sequence)
        if page is None:
            query = read_database(
                self._ledger.load_events, self._job, after_sequence, max_events=PAGE_EVENTS
            )
            page = self._pages[after_sequence] = asyncio.ensure_future(query)
            page.add_done_callback(partial(self._check_page, after_sequence, self.version))
            if len(self._pages) > MAX_PAGES:
                del self._pages[next(iter(self._pages))]
        # A watcher that leaves does not cancel the query of the others.
        return await asyncio.shield(page)

    def raise_error(self) -> None:
        """Raises what the last poll raised, such as NotFound for a job that was deleted."""
        if self._error:
            raise self._error

    async def wait_for_events(self, version: int) -> None:
        """Waits until there may be events that were not there at a version of the feed."""
        while self.version == version:
            await self._changed.wait()

    def add_events(self, events: Sequence[JobEvent]) -> None:
        """Passes on events that this gateway added to the ledger."""
        if self._latest and events[0].sequence != self._latest[-1].sequence + 1:
            # Another gateway added those between, which are loaded.
            self._latest.clear()
        self._latest.extend(events)
        self._last_sequence = max(self._last_sequence, events[-1].sequence)
        self.wake()

    def note_count(self, events: int | None) -> None:
        """Has the watchers look for new events if there are any.

        events: number of events in the ledger; None when the job was deleted.
        """
        if events is None:
            self.fail(NotFound(f"there is no jobs/{self._job}"))
        elif self._error or events > self._last_sequence:
            self._error, self._last_sequence = None, events
            self.wake()

    def fail(self, error: ServiceError) -> None:
        """Has the watchers raise an error, until the next poll of the ledger succeeds."""
        self._error = error
        self.wake()

    def wake(self) -> None:
        """Has all watchers look for new events."""
        self.version += 1
        # Pages without events may have some by now.
        for after_sequence, page in list(self._pages.items()):
            if page.done() and not _list_events(page):
                del self._pages[after_sequence]
        self._changed.set()
        self._changed = asyncio.Event()

    def _check_page(
        self, after_sequence: int, version: int, page: "asyncio.Future[list[JobEvent]]"
    ) -> None:
        """Drops a page that could not be loaded, or that has no events and is outdated.

        version: of the feed when the query began.
        """
        if _list_events(page):
            return
        is_failed = page.cancelled() or page.exception() is not None
        is_outdated = version != self.version
        if (is_failed or is_outdated) and self._pages.get(after_sequence) is page:
            del self._pages[after_sequence]


def _list_events(page: "asyncio.Future[list[JobEvent]]") -> list[JobEvent]:
    """Returns the events that a query that has ended found; none when it failed."""
    return [] if page.cancelled() or page.exception() else page.result()


class JobFeeds:
    """The feeds of all jobs that are watched; one poll looks for events of other gateways."""

    def __init__(self, ledger: JobLedger) -> None:
        """Starts without feeds. ledger: stores jobs and their events."""
        self._ledger = ledger
        self._feeds: dict[str, JobFeed] = {}
        self._watchers: defaultdict[str, int] = defaultdict(int)
        # Only while a job is watched.
        self._poll: asyncio.Task[None] | None = None

    def add_events(self, job: str, events: Sequence[JobEvent]) -> None:
        """Passes events of a job, given by its id, on to its watchers."""
        if feed := self._feeds.get(job):
            feed.add_events(events)

    def wake(self, job: str) -> None:
        """Has the watchers of a job, given by its id, look for changes that are no events."""
        if feed := self._feeds.get(job):
            feed.wake()

    @contextmanager
    def watch_job(self, job: str) -> Iterator[JobFeed]:
        """Yields the feed of a job, given by its id; it ends with its last watcher."""
        feed = self._feeds.get(job)
        if feed is None:
            feed = self._feeds[job] = JobFeed(job, self._ledger)
        self._watchers[job] += 1
        self._poll = self._poll or asyncio.create_task(self._poll_ledger())
        try:
            yield feed
        finally:
            self._watchers[job] -= 1
            if not self._watchers[job]:
                del self._watchers[job], self._feeds[job]
            if not self._feeds and self._poll:
                self._poll.cancel()
                self._poll = None

    async def _poll_ledger(self) -> None:
        """Reports to the feeds how many events their jobs have, or that the database fails."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            jobs = list(self._feeds)
            try:
                counts = await read_database(self._ledger.count_events, jobs)
            except ServiceError as error:
                for feed in self._feeds.values():
                    feed.fail(error)
            else:
                for job in self._feeds.keys() & jobs:
                    self._feeds[job].note_count(counts.get(job))
