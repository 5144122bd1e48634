"""A durable queue of ads: what was put into it is done, however often the process dies."""

import asyncio
from collections.abc import Awaitable, Callable

import sqlalchemy as sa
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

NAME, WORKFLOW = "cyclorama-ads", "cyclorama.ad"
# Workflows of another version would be left alone after an update, so there is one for ever.
VERSION = "1"
POLL_SECONDS = 0.05
# So that the lowest priority's last turn is within the 31 bits that DBOS has.
PRIORITIES, TURNS = 10, 10**8

Make = Callable[[str, int], Awaitable[None]]


class Queue:
    """Runs `make(job, position)` on an event loop, `max_concurrent_ads` at a time.

    DBOS keeps one queue per process. worker: the same name after a restart takes up what that
    worker had at work. make: must be safe to run again for an ad that it did not finish.
    """

    def __init__(
        self,
        engine: sa.Engine,
        worker: str,
        max_concurrent_ads: int,
        make: Make,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        global _run
        _run = lambda job, position: asyncio.run_coroutine_threadsafe(  # noqa: E731
            make(job, position), loop
        ).result()
        DBOS(
            config={
                "name": "cyclorama",
                "system_database_engine": engine,
                "application_version": VERSION,
                "executor_id": worker,
                "max_executor_threads": max_concurrent_ads + 4,
                "log_level": "WARNING",
            }
        )
        DBOS.launch()
        DBOS.register_queue(
            NAME,
            worker_concurrency=max_concurrent_ads,
            polling_interval_sec=POLL_SECONDS,
            on_conflict="always_update",
        )

    def put(self, job: str, position: int, priority: int = 0, turn: int = 0) -> None:
        """Enters an ad; one that was entered before is not entered again.

        priority: 0 to 9, higher ones first; among equals the lower turn.
        """
        # DBOS takes the lowest number first.
        options = SetEnqueueOptions(priority=(PRIORITIES - priority) * TURNS + turn % TURNS)
        with SetWorkflowID(f"{job}/{position}"), options:
            DBOS.enqueue_workflow(NAME, _ad, job, position)

    def take_over(self, worker: str) -> None:
        """Queues anew what another worker had at work when it died."""
        left = DBOS.list_workflows(
            name=WORKFLOW, status="PENDING", executor_id=worker, load_input=False, load_output=False
        )
        if left:
            DBOS.resume_workflows([workflow.workflow_id for workflow in left])

    def close(self) -> None:
        """Takes no more; what is at work is taken up at the next start."""
        DBOS.destroy(workflow_completion_timeout_sec=0)


def _run(job: str, position: int) -> None:
    raise RuntimeError("no queue is open")


@DBOS.workflow(name=WORKFLOW)
def _ad(job: str, position: int) -> None:
    _run(job, position)
