"""Jobs as the gateway serves them: submitted, looked at, watched, cancelled, fetched."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Self

from cyclorama.v1 import ads_pb2, jobs_pb2
from gateway.artifacts import Artifacts
from gateway.jobs.database import ask, open_database
from gateway.jobs.leases import Leases
from gateway.jobs.ledger import Ledger
from gateway.jobs.making import Maker
from gateway.jobs.metrics import jobs_shown
from gateway.jobs.news import News
from gateway.jobs.plan import ENDED, Progress, count_ads, pictures_of, settle
from gateway.jobs.queue import Queue
from gateway.jobs.retention import keep_tidy
from gateway.settings import Settings
from gateway.stages import Stages
from services.runtime.errors import NoSuchThing, Overloaded

RETRY_SECONDS = 30
# Other gateways' news comes by looking for it.
LOOK_SECONDS = 0.5
PAGE = 100


class Jobs:
    """Campaigns that survive; its coroutines run on `loop`, beside which it is made."""

    def __init__(
        self,
        stages: Stages,
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
        maker = Maker(stages, self._artifacts, self._ledger, settings)
        self._queue = Queue(database, settings.name, settings.ads_at_work, maker.make, loop)
        self._leases = Leases(writes, settings.name, self._queue.take_over)
        # A job that was entered and not queued when the process died.
        for progress in self._ledger.unfinished():
            self._put(progress.name.removeprefix("jobs/"), progress, 0)

    @classmethod
    async def open(cls, stages: Stages, artifacts: Artifacts, settings: Settings) -> Self | None:
        """Opens the jobs that the settings name on the running loop; None where they name none."""
        if not settings.database:
            return None
        loop = asyncio.get_running_loop()
        jobs = await asyncio.to_thread(cls, stages, artifacts, settings, loop)
        days, gib = settings.keep_days, settings.keep_gib
        tidying = keep_tidy(jobs._ledger, artifacts, days, gib)
        jobs._tidying = asyncio.create_task(tidying)
        jobs._shown = ExitStack()
        jobs._shown.enter_context(jobs_shown(jobs._ledger))
        return jobs

    async def submit(self, request: ads_pb2.SubmitJobRequest) -> jobs_pb2.Job:
        """Starts a job, or returns the one of the same request id."""
        job = request.request_id or uuid.uuid4().hex
        campaign = settle(request.campaign)
        for picture in pictures_of(campaign):
            picture.uri = await self._artifacts.put(picture.data)
        return await ask(self._enter, job, campaign, request.priority)

    async def get(self, name: str) -> jobs_pb2.Job:
        """A job as it stands; raises NoSuchThing."""
        return (await self._progress(name)).job()

    async def page(self, request: ads_pb2.ListJobsRequest) -> ads_pb2.ListJobsResponse:
        """A page of jobs, newest first."""
        before = int(request.page_token) if request.page_token else None
        found, more = await ask(self._ledger.page, request.page_size or PAGE, before, request.state)
        jobs = [progress.job() for progress in found]
        return ads_pb2.ListJobsResponse(jobs=jobs, next_page_token=str(more or ""))

    async def watch(self, name: str, after: int) -> AsyncIterator[ads_pb2.WatchJobResponse]:
        """The job after each event that follows on a sequence, until it has ended."""
        progress, job = await self._progress(name, after), job_id(name)
        with self._news.of(job) as wait:
            while True:
                for event in await ask(self._ledger.events, job, after):
                    progress.tell(event)
                    after = event.sequence
                    yield ads_pb2.WatchJobResponse(sequence=after, job=progress.job())
                if progress.job().state in ENDED:
                    return
                await wait(LOOK_SECONDS)

    async def cancel(self, name: str) -> jobs_pb2.Job:
        """Ends every ad that has not ended; makers see it within a second."""
        await self._progress(name)
        await ask(self._ledger.cancel, job_id(name))
        return await self.get(name)

    async def artifact(self, name: str, offset: int) -> AsyncIterator[ads_pb2.GetArtifactResponse]:
        """The bytes of a picture or manifest of a job, in chunks."""
        job, _, key = name.partition("/artifacts/")
        ads = (await self.get(job)).ads
        if not any(name in (ad.artifact, ad.manifest) for ad in ads):
            raise NoSuchThing(f"there is no {name}")
        async for data, size in self._artifacts.chunks(key, offset):
            yield ads_pb2.GetArtifactResponse(data=data, total_bytes=size)

    async def close(self) -> None:
        """Stops; what is at work is taken up at the next start."""
        self._tidying.cancel()
        self._shown.close()
        await asyncio.to_thread(self._leases.close)
        await asyncio.to_thread(self._queue.close)

    def _enter(self, job: str, campaign: jobs_pb2.Campaign, priority: int) -> jobs_pb2.Job:
        limit = self._settings.ads_waiting
        if self._ledger.waiting() + count_ads(campaign) > limit:
            raise Overloaded(limit, RETRY_SECONDS)
        self._ledger.open(job, campaign)
        progress = self._ledger.progress(job)
        self._put(job, progress, priority)
        return progress.job()

    def _put(self, job: str, progress: Progress, priority: int) -> None:
        for position, ad in enumerate(progress.job().ads):
            if ad.state not in ENDED:
                self._queue.put(job, position, priority)

    async def _progress(self, name: str, until: int | None = None) -> Progress:
        return await ask(self._ledger.progress, job_id(name), until)


def job_id(name: str) -> str:
    """The id in `jobs/{job}`; raises NoSuchThing for any other name."""
    kind, _, job = name.partition("/")
    if kind != "jobs" or not job:
        raise NoSuchThing(f"there is no {name}")
    return job
