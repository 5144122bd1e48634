"""Queues the ads of jobs in a thread of its own, so that a large job is answered at once."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice

import structlog
from sqlalchemy.exc import DBAPIError

from gateway.jobs.progress import JobProgress

# Ads of one job that are queued before the next job has its turn. Each takes a millisecond. Larger:
# a small job waits longer behind a large one; smaller: an urgent job has fewer ads in the queue.
ADS_PER_TURN = 50
# Pause after the database failed. Smaller: ads are queued sooner after an outage; more log lines.
RETRY_SECONDS = 1.0

log = structlog.get_logger()


class AdFeeder:
    """Queues the ads of jobs, a few of each job in turn.

    The ledger has the job by then: a process that dies before all ads are queued continues with
    those of all unfinished jobs when it starts again. Another gateway on the same database does so
    when the lease of this one expires.
    """

    def __init__(
        self,
        enqueue_ads: Callable[[JobProgress, Iterable[int]], None],
        load_unfinished_jobs: Callable[[], Iterable[JobProgress]],
    ) -> None:
        """Starts the thread, which first queues what unfinished jobs may lack in the queue.

        enqueue_ads: queues ads of a job, given by their positions, unless they are queued already.
        load_unfinished_jobs: loads the jobs that have not ended. Both use the database.
        """
        self._enqueue_ads = enqueue_ads
        self._load_unfinished_jobs = load_unfinished_jobs
        self._jobs: deque[tuple[JobProgress, deque[int]]] = deque()
        self._is_reload_requested = self._is_closing = False
        self._changed = threading.Condition()
        self.reload_jobs()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def add_job(self, progress: JobProgress) -> None:
        """Queues the ads of a job that have not ended, soon; thread-safe."""
        with self._changed:
            self._jobs.append((progress, deque(progress.list_unfinished())))
            self._changed.notify()

    def reload_jobs(self) -> None:
        """Queues the ads of all unfinished jobs that are not in the queue, soon; thread-safe."""
        with self._changed:
            self._is_reload_requested = True
            self._changed.notify()

    def close(self) -> None:
        """Stops the thread; ads that are not queued yet are when a gateway starts."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        """Queues ads until `close` is called; repeats what failed while the database was down."""
        while self._wait_for_work():
            try:
                if self._is_reload_requested:
                    self._reload()
                else:
                    self._feed_next_job()
            except DBAPIError as error:
                log.warning("ads not queued; retrying", cause=type(error.orig).__name__)
                with self._changed:
                    self._changed.wait_for(lambda: self._is_closing, RETRY_SECONDS)

    def _wait_for_work(self) -> bool:
        """Waits until there are ads to queue; returns False when the thread must end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_closing or self._is_reload_requested or self._jobs
            )
            return not self._is_closing

    def _reload(self) -> None:
        """Replaces the jobs to feed by all those in the database that have not ended."""
        self._is_reload_requested = False
        try:
            jobs = list(self._load_unfinished_jobs())
        except DBAPIError:
            self._is_reload_requested = True
            raise
        for progress in jobs:
            self.add_job(progress)

    def _feed_next_job(self) -> None:
        """Queues some ads of the job whose turn it is."""
        progress, positions = self._jobs[0]
        chunk = list(islice(positions, ADS_PER_TURN))
        self._enqueue_ads(progress, chunk)
        # Only now, so that ads whose database failed are queued again.
        for _ in chunk:
            positions.popleft()
        with self._changed:
            self._jobs.rotate(-1)
            if not positions:
                self._jobs.remove((progress, positions))
