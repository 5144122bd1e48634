"""A durable queue of ads: a queued ad is processed even if the process dies meanwhile."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

from gateway.jobs.polling import POLL_SECONDS, PollingPace

QUEUE_NAME, WORKFLOW_NAME = "cyclorama-ads", "cyclorama.ad"
# Fixed: DBOS does not run the workflows of another application version, as after an update.
APPLICATION_VERSION = "1"
# DBOS priorities have 31 bits: 10 priorities of 100 million turns each fit into them.
PRIORITIES, TURNS = 10, 10**8
# Threads for the work of DBOS itself besides one for each concurrent ad.
SPARE_THREADS = 4

# Time in which DBOS logs a line only once. Larger: fewer lines in an outage.
REPEAT_SECONDS = 60.0
# Characters by which its lines are compared: those after them differ, such as delays.
COMPARED_CHARACTERS = 40
# Different lines to remember; some contain an id.
MAX_COMPARED_LINES = 1000

ProcessAd = Callable[[str, int], Coroutine[Any, Any, None]]


class RepeatedLines(logging.Filter):
    """Drops a log line that was logged within the last REPEAT_SECONDS."""

    def __init__(self) -> None:
        super().__init__()
        self._logged: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Returns whether the line is to be logged."""
        line, now = record.getMessage()[:COMPARED_CHARACTERS], time.monotonic()
        if now - self._logged.get(line, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return False
        if len(self._logged) >= MAX_COMPARED_LINES:
            self._logged.clear()
        self._logged[line] = now
        return True


_repeated_lines = RepeatedLines()


class AdQueue:
    """Calls `process_ad(job, position)` on an event loop, for several ads at a time.

    DBOS allows one queue per process. worker: name of this process; after a restart under the same
    name, its unfinished ads continue. process_ad: must be safe to repeat for an ad that it did not
    finish.
    """

    def __init__(
        self,
        engine: sa.Engine,
        worker: str,
        max_concurrent_ads: int,
        process_ad: ProcessAd,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Opens the queue, and continues the ads that this worker did not finish.

        engine: connects to the database of the queue. worker: name of this process.
        max_concurrent_ads: of this process. process_ad: coroutine function of the job's id and the
        position of an ad in it; runs on `loop`.
        """
        # The workflow _run_ad must exist before DBOS starts; it reaches `process_ad` by a global.
        global _process_ad
        self._worker = worker
        # Ids of the workflows that run in this process.
        self._running: set[str] = set()

        def process_on_loop(job: str, position: int) -> None:
            """Processes an ad on the event loop; blocks this thread of DBOS until it is done."""
            workflow = _name_workflow(job, position)
            self._running.add(workflow)
            try:
                asyncio.run_coroutine_threadsafe(process_ad(job, position), loop).result()
            finally:
                self._running.discard(workflow)

        _process_ad = process_on_loop
        _launch_dbos(engine, worker, threads=max_concurrent_ads + SPARE_THREADS)
        queue = DBOS.register_queue(
            QUEUE_NAME,
            worker_concurrency=max_concurrent_ads,
            polling_interval_sec=POLL_SECONDS,
            on_conflict="always_update",
        )
        self._pace = PollingPace(queue.set_polling_interval_sec, _has_unfinished_ads)

    def enqueue_ad(self, job: str, position: int, priority: int = 0, turn: int = 0) -> None:
        """Adds an ad to the queue unless it has been added before.

        job, position: id of its job, and its number in the job. priority: 0 to 9, higher first.
        turn: order of the ads of equal priority, lower first.
        """
        # DBOS runs the lowest number first. It must fit 31 bits, so that turns wrap around.
        options = SetEnqueueOptions(priority=(PRIORITIES - priority) * TURNS + turn % TURNS)
        with SetWorkflowID(_name_workflow(job, position)), options:
            DBOS.enqueue_workflow(QUEUE_NAME, _run_ad, job, position)
        self._pace.note_queued_ad()

    def requeue_ads_of_worker(self, worker: str) -> None:
        """Puts the ads that another worker began and did not finish back into the queue.

        worker: name of that worker, which has died.
        """
        self._requeue_ads(worker, except_for=frozenset())

    def requeue_lost_ads(self) -> None:
        """Puts ads back into the queue that this process began, and that do not run in it.

        The database failed when they ended, or it is an older copy by now.
        """
        self._requeue_ads(self._worker, except_for=frozenset(self._running))

    def _requeue_ads(self, worker: str, except_for: frozenset[str]) -> None:
        """Queues the ads that a worker began again. except_for: ids of workflows to leave out."""
        pending = DBOS.list_workflows(
            name=WORKFLOW_NAME,
            status="PENDING",
            executor_id=worker,
            # Their ids suffice.
            load_input=False,
            load_output=False,
        )
        ids = [each.workflow_id for each in pending if each.workflow_id not in except_for]
        if ids:
            DBOS.resume_workflows(ids)
            self._pace.note_queued_ad()

    def close(self) -> None:
        """Stops; unfinished ads continue when the process starts again."""
        self._pace.close()
        DBOS.destroy(workflow_completion_timeout_sec=0)


def _launch_dbos(engine: sa.Engine, worker: str, threads: int) -> None:
    """Starts DBOS, which continues the workflows that this worker did not finish.

    engine: connects to the database of the queue. worker: name of this process. threads: at most.
    """
    logger = logging.getLogger("dbos")
    # While the database is down it would repeat its warnings many times a second.
    logger.addFilter(_repeated_lines)
    DBOS(
        config={
            "name": "cyclorama",
            "system_database_engine": engine,
            "application_version": APPLICATION_VERSION,
            "executor_id": worker,
            "max_executor_threads": threads,
            "log_level": "WARNING",
        }
    )
    # It logs a stack trace of what it raises.
    logger.disabled = True
    try:
        DBOS.launch()
    finally:
        logger.disabled = False


def _name_workflow(job: str, position: int) -> str:
    """Returns the id of the workflow that processes an ad."""
    return f"{job}/{position}"


def _has_unfinished_ads() -> bool:
    """Whether any gateway that shares the database has an ad queued or in progress."""
    states = ["ENQUEUED", "PENDING"]
    return bool(
        DBOS.list_workflows(
            name=WORKFLOW_NAME, status=states, limit=1, load_input=False, load_output=False
        )
    )


def _process_ad(job: str, position: int) -> None:
    """Processes an ad; AdQueue replaces this placeholder."""
    raise RuntimeError("no queue is open")


@DBOS.workflow(name=WORKFLOW_NAME)
def _run_ad(job: str, position: int) -> None:
    """Runs as a durable workflow: DBOS repeats it after a crash."""
    _process_ad(job, position)
