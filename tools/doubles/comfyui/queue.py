"""The queue of the double: one job at a time, with history, interruption and faults."""

import asyncio
import contextlib
import time
from collections import Counter
from typing import Any

from tools.doubles.comfyui.execution import GraphExecutor, GraphInterrupted, GraphJob
from tools.doubles.comfyui.options import DoubleOptions
from tools.doubles.comfyui.sockets import SocketHub

# Seconds until the history has a job with the fault "late history".
LATE_SECONDS = 0.3
# The share of its steps after which a job hangs.
HANGS_AT = 0.3


class GraphQueue:
    """Executes jobs in order of their numbers.

    fault: that of the next `times` jobs, of all if -1.
    """

    def __init__(self, options: DoubleOptions, hub: SocketHub) -> None:
        self.options, self.hub = options, hub
        self.executor: GraphExecutor
        self.pending: list[GraphJob] = []
        self.running: GraphJob | None = None
        self.history: dict[str, dict[str, Any]] = {}
        self.fault, self.times = "", -1
        self.counts: Counter = Counter()
        # The clients whose running jobs were interrupted, in order.
        self.interrupted: list[str | None] = []
        self.free_memory = False
        self._interrupt, self._added = asyncio.Event(), asyncio.Event()

    @property
    def jobs(self) -> list[GraphJob]:
        """The running job and those behind it."""
        return [*([self.running] if self.running else []), *self.pending]

    @property
    def status(self) -> dict[str, Any]:
        """The queue as the event `status` describes it."""
        return {"exec_info": {"queue_remaining": len(self.jobs)}}

    def set_fault(self, fault: str, times: int) -> None:
        """Sets the fault of the next `times` jobs; those that hang or will hang continue."""
        self.fault, self.times = fault, times
        for job in self.jobs:
            if job.fault == "hang":
                job.fault = ""

    def take_fault(self) -> str:
        """Returns the fault of the next job, "" for none, and counts it."""
        if not self.times:
            return ""
        self.times -= self.times > 0
        return self.fault

    def add(self, job: GraphJob) -> None:
        """Adds a valid job."""
        job.sequence = self.counts["added"]
        self.counts["added"] += 1
        self.pending.append(job)
        self.pending.sort(key=lambda each: (each.number, each.sequence))
        self.counts["max_in_flight"] = max(self.counts["max_in_flight"], len(self.jobs))
        self._added.set()
        self._report_status()

    def delete(self, prompt_id: str) -> bool:
        """Removes a pending job; returns whether there was one."""
        found = next((each for each in self.pending if each.prompt_id == prompt_id), None)
        if found:
            self.pending.remove(found)
            self._report_status()
        return found is not None

    def interrupt(self, prompt_id: str | None = None) -> bool:
        """Interrupts the running job, if it has the id; returns whether there was one."""
        self.counts["interrupts"] += 1
        if self.running is None or prompt_id not in (None, self.running.prompt_id):
            return False
        if not self._interrupt.is_set():
            self.interrupted.append(self.running.client_id)
        self._interrupt.set()
        return True

    async def reset(self) -> None:
        """Removes the fault, stops all jobs, and clears all records."""
        self.set_fault("", -1)
        self.pending.clear()
        while self.running is not None:
            self._interrupt.set()
            await asyncio.sleep(0.001)
        self.history.clear()
        self.interrupted.clear()
        self.counts.clear()

    async def run(self) -> None:
        """Executes jobs, forever."""
        while True:
            while not self.pending:
                self._added.clear()
                await self._added.wait()
            await self._run_job(self.pending.pop(0))

    async def wait_for_step(self, job: GraphJob, done: float, share: float) -> None:
        """Waits a share of the time of an image; raises GraphInterrupted once it is interrupted."""
        if job.fault == "hang" and done >= HANGS_AT:
            while job.fault == "hang" and not self._interrupt.is_set():
                await asyncio.sleep(0.005)
        if not self._interrupt.is_set():
            await _wait_up_to(self._interrupt, share * self.options.seconds)
        if self._interrupt.is_set():
            raise GraphInterrupted

    async def _run_job(self, job: GraphJob) -> None:
        self.running = job
        self._interrupt.clear()
        self.counts["started"] += 1
        self._report_status()
        start = time.time()
        result = await self.executor.execute(job)
        if job.fault == "late history":
            await asyncio.sleep(LATE_SECONDS)
        self.running = None
        self.counts["finished"] += 1
        if job.fault != "history lost":
            meta = {each: {"node_id": each, "display_node": each} for each in result.outputs}
            self.history[job.prompt_id] = {
                "prompt": job.listing,
                "outputs": result.outputs,
                "status": result.status,
                "meta": meta,
            }
        self.counts["milliseconds"] += int(1000 * (time.time() - start))
        self._report_status()
        if job.client_id is not None and job.fault != "no end event":
            end = {"node": None, "prompt_id": job.prompt_id}
            self.hub.send("executing", end, job.client_id)
        if self.free_memory:
            self.free_memory = False
            self.executor.cache.clear()

    def _report_status(self) -> None:
        self.hub.send("status", {"status": self.status}, None)


async def _wait_up_to(event: asyncio.Event, seconds: float) -> None:
    if seconds <= 0:
        return await asyncio.sleep(0)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
