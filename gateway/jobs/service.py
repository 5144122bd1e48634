"""Jobs of the gateway: submits, lists, watches, cancels and retries them, and reads artifacts."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import Self

import sqlalchemy as sa
import structlog

from cyclorama.v1 import ads_pb2, jobs_pb2
from gateway.artifacts import ArtifactStore
from gateway.callers.caller import LOCAL_CALLER, Caller
from gateway.database import close_database, open_database
from gateway.database_check import exit_if_unusable, is_file_missing
from gateway.database_threads import leave_database, read_database, write_database
from gateway.engine_reports import EngineReports
from gateway.jobs.ad_stages import AdStages
from gateway.jobs.dispatcher import AdDispatcher
from gateway.jobs.erasure import JobEraser
from gateway.jobs.erasure_ledger import ErasureLedger
from gateway.jobs.feeds import JobFeeds
from gateway.jobs.leases import WorkerLeases
from gateway.jobs.ledger import ChargeQuota, JobLedger
from gateway.jobs.listing import JobFilter
from gateway.jobs.metrics import export_job_metrics
from gateway.jobs.monitor import DatabaseMonitor
from gateway.jobs.plan import fill_campaign_defaults, list_images
from gateway.jobs.progress import JobEvent, JobProgress
from gateway.jobs.queue import AdQueue
from gateway.jobs.retention import run_cleanups
from gateway.jobs.watches import stream_job, wait_until_ended
from gateway.jobs.worker import AdWorker
from gateway.result_cache import ResultCache
from gateway.rules import MAX_PAGE_SIZE
from gateway.settings import GatewaySettings
from gateway.stage_client import StageClient
from gateway.uploads import ImageUploads
from gateway.webhooks.service import WebhookService
from services.runtime.errors import ArtifactStoreUnavailable, NotFound

# Jobs on a page whose size the request leaves to the gateway, as ListJobsRequest states.
DEFAULT_PAGE_SIZE = 100
# Longest time to end the lease and close the database. Larger: a gateway ends later while its
# database stands still; smaller: more leases expire in place of being ended.
CLOSE_SECONDS = 2.0
# Namespace of the UUIDs derived from request ids: the same request id of two callers leads to two
# jobs.
JOB_ID_NAMESPACE = uuid.UUID("0cd4d3b5-5b0e-4a7e-9a43-6f4f1c2d7c55")

log = structlog.get_logger()


class JobService:
    """Runs campaigns as durable jobs; open it with `open`.

    loop: runs its coroutines; the constructor runs in another thread. result_cache, uploads: also
    for ads that belong to no job. write_engine: of the database, for others that write to it.
    webhooks: None without a file of endpoints.
    """

    def __init__(
        self,
        stages: StageClient,
        reports: EngineReports,
        artifacts: ArtifactStore,
        settings: GatewaySettings,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Opens database and queue, announces this gateway as a worker, and continues its jobs.

        Blocks, and therefore runs in another thread than `loop`, which runs the coroutines.
        stages: calls the stages. reports: the engines that they list. artifacts: stores images and
        files.
        """
        self._settings = settings
        self._artifacts = artifacts
        with exit_if_unusable(settings.database):
            self._open_database(stages, reports, loop)

    def _open_database(
        self, stages: StageClient, reports: EngineReports, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Opens ledger, queue and lease; see the constructor, which passes its arguments on."""
        settings, artifacts = self._settings, self._artifacts
        read_engine = open_database(settings.database)
        write_engine = open_database(settings.database, begin_immediate=True)
        self._read_engine, self.write_engine = read_engine, write_engine
        self._monitor = DatabaseMonitor(read_engine)
        self._loop = loop
        self._ledger = JobLedger(read_engine, write_engine, self._note_events, self._store_events)
        self.webhooks = self._open_webhooks()
        # The worker notes the stages on the loop that watchers run on.
        self._stages = AdStages(lambda job: self._feeds.wake(job))
        self._feeds = JobFeeds(self._ledger)
        self.result_cache = ResultCache(reports, artifacts)
        self.uploads = ImageUploads(artifacts)
        self._worker = AdWorker(
            stages, reports, self.result_cache, artifacts, self._ledger, settings, self._stages
        )
        # While its lease is renewed, other gateways leave the ads of this one alone.
        self._leases = WorkerLeases(
            write_engine, name=settings.name, check_database=self._monitor.check
        )
        queue = AdQueue(write_engine, settings.name, self._note_events, self._store_events)
        self._dispatcher = AdDispatcher(
            queue,
            self._worker.create_ad,
            lambda: stages.ad_slots.job_limit,
            settle=self._worker.wait_until_stored,
        )
        self._erasures = ErasureLedger(read_engine, write_engine)
        self._eraser = JobEraser(self._erasures, artifacts, self.uploads, self._dispatcher)
        # From now on: an error before ends the process.
        for engine in (read_engine, write_engine):
            self._monitor.watch_engine(engine)
        days, gib = settings.retention_days, settings.retention_gib
        cleanups = run_cleanups(
            self._ledger, artifacts, self._erasures, self._eraser, days=days, gib=gib
        )
        self._tasks = [
            asyncio.run_coroutine_threadsafe(each, loop)
            for each in (cleanups, self._dispatcher.run(), self._monitor.report_stalls())
        ]
        if self.webhooks:
            self.webhooks.start(loop)
        self._metrics = ExitStack()
        self._metrics.enter_context(
            export_job_metrics(self._ledger, self._monitor, artifacts, settings.max_queued_ads)
        )

    @classmethod
    async def open(
        cls,
        stages: StageClient,
        reports: EngineReports,
        artifacts: ArtifactStore,
        settings: GatewaySettings,
    ) -> Self | None:
        """Opens the service in a thread, for use on the running event loop.

        Returns None when the settings name no job database.
        """
        if not settings.database:
            return None
        loop = asyncio.get_running_loop()
        await warn_of_other_versions(artifacts)
        await warn_of_missing_database(artifacts, settings.database)
        return await asyncio.to_thread(cls, stages, reports, artifacts, settings, loop)

    def report_health(self, report: Callable[[bool], None]) -> None:
        """Calls a function with whether jobs can be used: now, and when that changes.

        report: may be called in any thread.
        """
        self._monitor.add_listener(report)

    def raise_if_failed(self) -> None:
        """Raises JobDatabaseUnavailable, or a more precise class of it, while jobs cannot be used.

        A corrupt database may still accept a job, which is lost when its backup is restored.
        """
        self._monitor.raise_failure()

    async def find_submitted_job(self, request_id: str, caller: Caller) -> jobs_pb2.Job | None:
        """Returns the job that a caller submitted before with a request id.

        request_id: a UUID that the caller chose, so that repeating a request starts no second job.
        None when it is empty or there is no such job.
        """
        if not request_id:
            return None
        try:
            return await self.get_job(
                f"jobs/{job_id_from_request(request_id, caller.name)}", caller
            )
        except NotFound:
            return None

    async def submit_job(
        self, request: ads_pb2.SubmitJobRequest, caller: Caller, charge_quota: ChargeQuota
    ) -> jobs_pb2.Job:
        """Stores a job and queues its ads; returns the job.

        With a request id that the caller has used before, returns the job of that id. charge_quota:
        called in the transaction that adds the job; it is not added when this raises. Raises
        JobQueueFull when the queue has no space for the job.
        """
        job = job_id_from_request(request.request_id, caller.name)
        campaign = fill_campaign_defaults(request.campaign)
        for image in list_images(campaign):
            if not image.uri:
                image.uri = await self._artifacts.put_object(image.data)
        progress = await write_database(
            self._ledger.add_job,
            job,
            campaign,
            owner=caller.name,
            charge_quota=charge_quota,
            priority=request.priority,
            max_queued_ads=self._settings.max_queued_ads,
        )
        if progress is None:
            return await self.get_job(f"jobs/{job}", caller)
        self._worker.add_plan(job, caller.name, progress.plan)
        self._dispatcher.wake()
        return progress.to_message()

    async def get_job(
        self, name: str, caller: Caller, view: "jobs_pb2.JobView" = jobs_pb2.JOB_VIEW_FULL
    ) -> jobs_pb2.Job:
        """Returns a job; raises NotFound when it does not exist or belongs to another caller.

        name: `jobs/{job}`. view: whether the job contains its ads, as by default.
        """
        if view == jobs_pb2.JOB_VIEW_BASIC:
            return await read_database(
                self._ledger.load_basic_job, job_id_from_name(name), owner=caller.visible_owner
            )
        return (await self._load_progress(name, caller)).to_message()

    async def list_jobs(
        self, request: ads_pb2.ListJobsRequest, caller: Caller
    ) -> ads_pb2.ListJobsResponse:
        """Lists a page of jobs, newest first: those of the caller, for an admin those of all.

        A page token is the number of the last job on the page before, as text.
        """
        before_number = int(request.page_token) if request.page_token else None
        page_size = min(request.page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
        jobs, next_before_number = await read_database(
            self._ledger.list_jobs,
            page_size,
            before_number=before_number,
            matching=JobFilter.from_request(request, caller.visible_owner),
        )
        return ads_pb2.ListJobsResponse(jobs=jobs, next_page_token=str(next_before_number or ""))

    async def watch_job(
        self, name: str, after_sequence: int, caller: Caller, *, with_stages: bool = False
    ) -> AsyncIterator[ads_pb2.WatchJobResponse]:
        """Yields a job after each of its events, until it has ended.

        name: `jobs/{job}`. after_sequence: number of the last event that the caller has seen; 0 for
        none. with_stages: whether there are responses as well when an ad gets on within the
        pipeline. The first response contains all ads, each other one those that changed. Raises
        NotFound when the job does not exist or belongs to another caller.
        """
        job, owner = job_id_from_name(name), caller.visible_owner
        with self._feeds.watch_job(job) as feed:
            stages = partial(self._stages.list_stages, job) if with_stages else dict
            async for response in stream_job(
                self._ledger, feed, job, after_sequence, owner, stages
            ):
                yield response

    async def wait_for_job(self, name: str, seconds: float, caller: Caller) -> None:
        """Waits until a job has ended, or for some seconds.

        Raises NotFound when the job does not exist or belongs to another caller, also when it is
        deleted meanwhile.
        """
        job, owner = job_id_from_name(name), caller.visible_owner
        with self._feeds.watch_job(job) as feed, suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await wait_until_ended(self._ledger, feed, job, owner)

    async def cancel_job(self, name: str, caller: Caller) -> jobs_pb2.Job:
        """Cancels every ad of a job that has not ended; returns the job.

        name: `jobs/{job}`. Its ads in flight stop at once, those in other gateways within a second.
        Raises NotFound when the job does not exist or belongs to another caller.
        """
        await self._load_progress(name, caller)
        await write_database(self._ledger.cancel_job, job_id_from_name(name))
        self._dispatcher.wake()
        return await self.get_job(name, caller)

    async def retry_job(
        self,
        name: str,
        caller: Caller,
        charge_quota: Callable[[sa.Connection, int], None],
        positions: Collection[int] = (),
    ) -> jobs_pb2.Job:
        """Queues the failed ads of a job once more; returns the job.

        name: `jobs/{job}`. charge_quota: called with the number of ads in the transaction that
        queues them. positions: of the ads to queue; none for all. Raises NotFound when the job does
        not exist or belongs to another caller, and JobQueueFull.
        """
        await self._load_progress(name, caller)
        await write_database(
            self._ledger.retry_failed_ads,
            job_id_from_name(name),
            charge_quota,
            max_queued_ads=self._settings.max_queued_ads,
            chosen=frozenset(positions),
        )
        self._dispatcher.wake()
        return await self.get_job(name, caller)

    async def delete_job(self, name: str, caller: Caller) -> None:
        """Cancels a job, and erases all that is stored of it.

        name: `jobs/{job}`. Raises NotFound when the job does not exist or belongs to another
        caller, and JobStillStopping when another gateway does not stop its ads.
        """
        job = job_id_from_name(name)
        await write_database(self._erasures.begin_erasure, job, owner=caller.visible_owner)
        await self._eraser.erase_job(job)

    async def read_artifact(
        self, name: str, offset: int, caller: Caller
    ) -> AsyncIterator[ads_pb2.GetArtifactResponse]:
        """Yields the bytes of a file or manifest of a job in chunks, with their total number.

        name: `jobs/{job}/artifacts/{key}`. offset: number of bytes to leave out at the beginning.
        Raises NotFound when the job does not contain it or belongs to another caller.
        """
        job, _, key = name.partition("/artifacts/")
        if not key or not await read_database(
            self._ledger.has_artifact, job_id_from_name(job), key, owner=caller.visible_owner
        ):
            raise NotFound(f"there is no {name}")
        async for data, size in self._artifacts.read_chunks(key, offset):
            yield ads_pb2.GetArtifactResponse(data=data, total_bytes=size)

    async def close(self) -> None:
        """Stops cleanups, ads in flight, metrics and lease.

        Unfinished ads continue at once in another gateway, or when this one starts again.
        """
        for task in self._tasks:
            task.cancel()
        if self.webhooks:
            self.webhooks.close()
        self._eraser.close()
        self._metrics.close()
        if not await leave_database(self._close_database, CLOSE_SECONDS):
            log.warning("the job database does not answer; its lease expires by itself")

    def _close_database(self) -> None:
        """Ends the lease, and closes the connections to the database; blocks."""
        self._leases.close()
        close_database(self.write_engine)
        self._read_engine.dispose()

    def _open_webhooks(self) -> WebhookService | None:
        """Opens the webhooks when the settings name a file of endpoints; starts nothing yet."""
        settings = self._settings
        if not settings.webhooks:
            return None
        return WebhookService(
            settings.webhooks,
            self._read_engine,
            self.write_engine,
            worker=settings.name,
            retention_days=settings.retention_days,
        )

    def _note_events(self, job: str, events: Sequence[JobEvent]) -> None:
        """Passes new events of a job on to its watchers, and has webhooks sent; thread-safe."""
        self._loop.call_soon_threadsafe(self._feeds.add_events, job, events)
        if self.webhooks:
            self._loop.call_soon_threadsafe(self.webhooks.wake)

    def _store_events(
        self, connection: sa.Connection, job: str, events: Sequence[JobEvent]
    ) -> None:
        """Adds webhooks in the transaction that ends ads of a job; thread-safe."""
        if self.webhooks:
            self.webhooks.add_deliveries(connection, job, events)

    async def _load_progress(self, name: str, caller: Caller) -> JobProgress:
        """Loads a job by its name, `jobs/{job}`, with the states of its ads.

        Raises NotFound when the job does not exist or belongs to another caller.
        """
        return await read_database(
            self._ledger.load_job, job_id_from_name(name), owner=caller.visible_owner
        )


def job_id_from_request(request_id: str, owner: str) -> str:
    """Returns the id for a job: always the same for one request id of one owner.

    request_id: a UUID that the caller chose; when it is empty, the job id is random. owner: name of
    the caller.
    """
    if not request_id:
        return uuid.uuid4().hex
    # Without authentication there is one owner only, whose request ids cannot collide with others.
    if owner == LOCAL_CALLER.name:
        return request_id
    return str(uuid.uuid5(JOB_ID_NAMESPACE, f"{owner}/{request_id}"))


def job_id_from_name(name: str) -> str:
    """Returns the id of a job from its name, `jobs/{job}`; raises NotFound for any other name."""
    kind, _, job = name.partition("/")
    if kind != "jobs" or not job:
        raise NotFound(f"there is no {name}")
    return job


async def warn_of_other_versions(artifacts: ArtifactStore) -> None:
    """Logs a warning when the artifact store contains data that another version wrote.

    Logs nothing when the store is not available.
    """
    with suppress(ArtifactStoreUnavailable):
        if foreign := await artifacts.list_foreign_prefixes():
            log.warning(
                "the artifact store has data that another version wrote; it is not used, does not "
                "count towards retention_gib and is never deleted: remove it when it is not needed",
                prefixes=foreign,
            )


async def warn_of_missing_database(artifacts: ArtifactStore, address: str) -> None:
    """Logs a warning when the file of the database is created next to results of earlier jobs.

    address: of the database. Logs nothing when the store or the folder is not available.
    """
    with suppress(ArtifactStoreUnavailable, OSError):
        if is_file_missing(address) and await artifacts.has_objects():
            log.warning(
                "the job database does not exist and is created, and the artifact store has "
                "results of earlier jobs: stop and restore the backup unless it was moved away",
                database=address,
            )
