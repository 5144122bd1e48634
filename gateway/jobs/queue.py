"""A durable queue of ads: a queued ad is processed even if the process dies meanwhile."""

import asyncio
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

ProcessAd = Callable[[str, int], Coroutine[Any, Any, None]]


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

        def process_on_loop(job: str, position: int) -> None:
            """Processes an ad on the event loop; blocks this thread of DBOS until it is done."""
            asyncio.run_coroutine_threadsafe(process_ad(job, position), loop).result()

        _process_ad = process_on_loop
        DBOS(
            config={
                "name": "cyclorama",
                "system_database_engine": engine,
                "application_version": APPLICATION_VERSION,
                "executor_id": worker,
                "max_executor_threads": max_concurrent_ads + SPARE_THREADS,
                "log_level": "WARNING",
            }
        )
        DBOS.launch()
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
        with SetWorkflowID(f"{job}/{position}"), options:
            DBOS.enqueue_workflow(QUEUE_NAME, _run_ad, job, position)
        self._pace.note_queued_ad()

    def requeue_ads_of_worker(self, worker: str) -> None:
        """Puts the ads that another worker began and did not finish back into the queue.

        worker: name of that worker, which has died.
        """
        pending = DBOS.list_workflows(
            name=WORKFLOW_NAME,
            status="PENDING",
            executor_id=worker,
            # Their ids suffice.
            load_input=False,
            load_output=False,
        )
        if pending:
            DBOS.resume_workflows([workflow.workflow_id for workflow in pending])
            self._pace.note_queued_ad()

    def close(self) -> None:
        """Stops; unfinished ads continue when the process starts again."""
        self._pace.close()
        DBOS.destroy(workflow_completion_timeout_sec=0)


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
