"""Jobs as the gateway serves them: submitted, looked at, watched, cancelled, fetched."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from typing import Self

import structlog

from cyclorama.v1 import ads_pb2, jobs_pb2
from gateway.artifacts import Artifacts
from gateway.callers.caller import LOCAL, Caller
from gateway.database import ask, open_database
from gateway.engine_reports import EngineReports
from gateway.jobs.leases import Leases
from gateway.jobs.ledger import Ledger, Spend
from gateway.jobs.making import Maker
from gateway.jobs.metrics import jobs_shown
from gateway.jobs.news import News
from gateway.jobs.plan import count_ads, pictures_of, settle
from gateway.jobs.progress import ENDED, Progress
from gateway.jobs.queue import Queue
from gateway.jobs.retention import keep_tidy
from gateway.reuse import Reuse
from gateway.rules import MOST_JOBS
from gateway.settings import Settings
from gateway.stages import Stages
from services.runtime.errors import ArtifactStoreUnavailable, NotFound, Overloaded

RETRY_SECONDS = 30
# Other gateways' news comes by looking for it.
LOOK_SECONDS = 0.5
PAGE = 100
# What ids are derived in, so that no caller's request id leads to the job of another.
IDS = uuid.UUID("0cd4d3b5-5b0e-4a7e-9a43-6f4f1c2d7c55")

log = structlog.get_logger()


class Jobs:
    """Campaigns that survive; its coroutines run on `loop`, beside which it is made.

    reuse: the results of stages that are kept, for ads that are no job's as well.
    """

    def __init__(
        self,
        stages: Stages,
        reports: EngineReports,
        artifacts: Artifacts,
        settings: Settings,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._settings = settings
        self._artifacts = artifacts
        database = open_database(settings.database)
        writes = open_database(settings.database, writes_first=True)
        self._news = News(loop)
        self._ledger = Ledger(database, writes, self._news.tell)
        self.reuse = Reuse(reports, self._artifacts)
        maker = Maker(stages, reports, self.reuse, self._artifacts, self._ledger, settings)
        self._queue = Queue(database, settings.name, settings.max_concurrent_ads, maker.make, loop)
        self._leases = Leases(writes, settings.name, self._queue.take_over)
        # A job that was entered and not queued when the process died.
        for progress in self._ledger.unfinished():
            self._put(progress)

    @classmethod
    async def open(
        cls, stages: Stages, reports: EngineReports, artifacts: Artifacts, settings: Settings
    ) -> Self | None:
        """Opens the jobs that the settings name on the running loop; None where they name none."""
        if not settings.database:
            return None
        loop = asyncio.get_running_loop()
        await warn_of_other_versions(artifacts)
        jobs = await asyncio.to_thread(cls, stages, reports, artifacts, settings, loop)
        days, gib = settings.retention_days, settings.retention_gib
        tidying = keep_tidy(jobs._ledger, artifacts, days, gib)
        jobs._tidying = asyncio.create_task(tidying)
        jobs._shown = ExitStack()
        jobs._shown.enter_context(jobs_shown(jobs._ledger, artifacts, settings.max_queued_ads))
        return jobs

    async def find(self, request_id: str, caller: Caller) -> jobs_pb2.Job | None:
        """The caller's job of a request id, if there is one."""
        if not request_id:
            return None
        try:
            return await self.get(f"jobs/{job_for(request_id, caller.name)}", caller)
        except NotFound:
            return None

    async def submit(
        self, request: ads_pb2.SubmitJobRequest, caller: Caller, spend: Spend
    ) -> jobs_pb2.Job:
        """Starts a job, or finds the caller's one of that request id.

        spend: called in the transaction that enters the job; what it raises keeps the job out.
        """
        job = job_for(request.request_id, caller.name)
        campaign = settle(request.campaign)
        for picture in pictures_of(campaign):
            picture.uri = await self._artifacts.put(picture.data)
        return await ask(self._enter, job, campaign, request.priority, caller, spend)

    async def get(self, name: str, caller: Caller) -> jobs_pb2.Job:
        """A job as it stands; raises NotFound, for somebody else's as for none."""
        return (await self._progress(name, caller)).job()

    async def page(
        self, request: ads_pb2.ListJobsRequest, caller: Caller
    ) -> ads_pb2.ListJobsResponse:
        """A page of the caller's jobs, or of all for an admin; newest first."""
        before = int(request.page_token) if request.page_token else None
        size = min(request.page_size or PAGE, MOST_JOBS)
        found, more = await ask(self._ledger.page, size, before, request.state, caller.sees)
        return ads_pb2.ListJobsResponse(jobs=found, next_page_token=str(more or ""))

    async def watch(
        self, name: str, after: int, caller: Caller
    ) -> AsyncIterator[ads_pb2.WatchJobResponse]:
        """The job after each event that follows on a sequence, until it has ended."""
        progress, job = await self._progress(name, caller, after), job_id(name)
        begun = False
        with self._news.of(job) as wait:
            while True:
                for event in await ask(self._ledger.events, job, after):
                    progress.tell(event)
                    after = event.sequence
                    changed = [event.position] if begun else range(len(progress))
                    told = progress.job(changed)
                    yield ads_pb2.WatchJobResponse(sequence=after, job=told, positions=changed)
                    begun = True
                if progress.state in ENDED:
                    return
                await wait(LOOK_SECONDS)

    async def cancel(self, name: str, caller: Caller) -> jobs_pb2.Job:
        """Ends every ad that has not ended; makers see it within a second."""
        await self._progress(name, caller)
        await ask(self._ledger.cancel, job_id(name))
        return await self.get(name, caller)

    async def artifact(
        self, name: str, offset: int, caller: Caller
    ) -> AsyncIterator[ads_pb2.GetArtifactResponse]:
        """The bytes of a picture or manifest of a job, in chunks; only through that job."""
        job, _, key = name.partition("/artifacts/")
        if not key or not (await self._progress(job, caller)).holds(key):
            raise NotFound(f"there is no {name}")
        async for data, size in self._artifacts.chunks(key, offset):
            yield ads_pb2.GetArtifactResponse(data=data, total_bytes=size)

    async def close(self) -> None:
        """Stops; what is at work is taken up at the next start."""
        self._tidying.cancel()
        self._shown.close()
        await asyncio.to_thread(self._leases.close)
        await asyncio.to_thread(self._queue.close)

    def _enter(
        self, job: str, campaign: jobs_pb2.Campaign, priority: int, caller: Caller, spend: Spend
    ) -> jobs_pb2.Job:
        limit = self._settings.max_queued_ads
        if self._ledger.waiting() + count_ads(campaign) > limit:
            raise Overloaded(limit, RETRY_SECONDS)
        self._ledger.open(job, campaign, caller.name, spend, priority)
        progress = self._ledger.progress(job, owner=caller.sees)
        self._put(progress)
        return progress.job()

    def _put(self, progress: Progress) -> None:
        job = job_id(progress.name)
        for position in progress.waiting():
            self._queue.put(job, position, progress.priority, progress.turn + position)

    async def _progress(self, name: str, caller: Caller, until: int | None = None) -> Progress:
        return await ask(self._ledger.progress, job_id(name), until, caller.sees)


def job_for(request_id: str, owner: str) -> str:
    """The id of a job: a new one, or the one that the owner's request id always leads to."""
    if not request_id:
        return uuid.uuid4().hex
    return request_id if owner == LOCAL.name else str(uuid.uuid5(IDS, f"{owner}/{request_id}"))


def job_id(name: str) -> str:
    """The id in `jobs/{job}`; raises NotFound for any other name."""
    kind, _, job = name.partition("/")
    if kind != "jobs" or not job:
        raise NotFound(f"there is no {name}")
    return job


async def warn_of_other_versions(artifacts: Artifacts) -> None:
    """Says in the log which part of the store another version wrote."""
    with suppress(ArtifactStoreUnavailable):
        if foreign := await artifacts.foreign_prefixes():
            log.warning(
                "the artifact store has data that another version wrote; it is not used, does not "
                "count towards retention_gib and is never deleted: remove it when it is not needed",
                prefixes=foreign,
            )
