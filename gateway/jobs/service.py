"""Jobs of the gateway: submits, returns, lists, watches and cancels them, and reads artifacts."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from typing import Self

import structlog

from cyclorama.v1 import ads_pb2, jobs_pb2
from gateway.artifacts import ArtifactStore
from gateway.callers.caller import LOCAL_CALLER, Caller
from gateway.database import call_database, open_database
from gateway.engine_reports import EngineReports
from gateway.jobs.leases import WorkerLeases
from gateway.jobs.ledger import ChargeQuota, JobLedger
from gateway.jobs.metrics import export_job_metrics
from gateway.jobs.notifications import JobNotifier
from gateway.jobs.plan import count_ads, fill_campaign_defaults, list_images
from gateway.jobs.progress import ENDED, JobProgress
from gateway.jobs.queue import AdQueue
from gateway.jobs.retention import run_cleanups
from gateway.jobs.worker import AdWorker
from gateway.result_cache import ResultCache
from gateway.rules import MAX_PAGE_SIZE
from gateway.settings import GatewaySettings
from gateway.stage_client import StageClient
from services.runtime.errors import ArtifactStoreUnavailable, NotFound, Overloaded

# Retry delay sent with a full queue. An ad takes seconds, so that there is space again by then.
RETRY_SECONDS = 30
# Time between two queries for events of other gateways; those of this one arrive at once.
# Smaller: watchers see them sooner; more queries for each watcher.
POLL_SECONDS = 0.5
# Jobs on a page whose size the request leaves to the gateway, as ListJobsRequest states.
DEFAULT_PAGE_SIZE = 100
# Namespace of the UUIDs derived from request ids: the same request id of two callers leads to two
# jobs.
JOB_ID_NAMESPACE = uuid.UUID("0cd4d3b5-5b0e-4a7e-9a43-6f4f1c2d7c55")

log = structlog.get_logger()


class JobService:
    """Runs campaigns as durable jobs; open it with `open`.

    loop: runs its coroutines; the constructor runs in another thread. result_cache: also for ads
    that belong to no job.
    """

    def __init__(
        self,
        stages: StageClient,
        reports: EngineReports,
        artifacts: ArtifactStore,
        settings: GatewaySettings,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._settings = settings
        self._artifacts = artifacts
        read_engine = open_database(settings.database)
        write_engine = open_database(settings.database, begin_immediate=True)
        self._notifier = JobNotifier(loop)
        self._ledger = JobLedger(read_engine, write_engine, self._notifier.notify_watchers)
        self.result_cache = ResultCache(reports, artifacts)
        worker = AdWorker(stages, reports, self.result_cache, artifacts, self._ledger, settings)
        self._queue = AdQueue(
            read_engine, settings.name, settings.max_concurrent_ads, worker.process_ad, loop
        )
        requeue_ads = self._queue.requeue_ads_of_worker
        self._leases = WorkerLeases(write_engine, settings.name, requeue_ads)
        # The process may have died between adding a job and queueing its ads.
        for progress in self._ledger.load_unfinished_jobs():
            self._enqueue_ads(progress)
        days, gib = settings.retention_days, settings.retention_gib
        cleanups = run_cleanups(self._ledger, artifacts, days, gib)
        self._cleanups = asyncio.run_coroutine_threadsafe(cleanups, loop)
        self._metrics = ExitStack()
        self._metrics.enter_context(
            export_job_metrics(self._ledger, artifacts, settings.max_queued_ads)
        )

    @classmethod
    async def open(
        cls,
        stages: StageClient,
        reports: EngineReports,
        artifacts: ArtifactStore,
        settings: GatewaySettings,
    ) -> Self | None:
        """Opens the job database on the running loop; returns None when the settings name none."""
        if not settings.database:
            return None
        loop = asyncio.get_running_loop()
        await warn_of_other_versions(artifacts)
        return await asyncio.to_thread(cls, stages, reports, artifacts, settings, loop)

    async def find_submitted_job(self, request_id: str, caller: Caller) -> jobs_pb2.Job | None:
        """Returns the job that the caller submitted with a request id; None when there is none."""
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
        """Starts a job, or returns the one that the caller submitted with the same request id.

        charge_quota: called in the transaction that adds the job; it is not added when this
        raises. Raises Overloaded when the queue is full.
        """
        job = job_id_from_request(request.request_id, caller.name)
        campaign = fill_campaign_defaults(request.campaign)
        for image in list_images(campaign):
            image.uri = await self._artifacts.put_object(image.data)
        return await call_database(
            self._add_job, job, campaign, request.priority, caller, charge_quota
        )

    async def get_job(self, name: str, caller: Caller) -> jobs_pb2.Job:
        """Returns a job; raises NotFound when it does not exist or belongs to another caller."""
        return (await self._load_progress(name, caller)).to_message()

    async def list_jobs(
        self, request: ads_pb2.ListJobsRequest, caller: Caller
    ) -> ads_pb2.ListJobsResponse:
        """Lists a page of the caller's jobs, for an admin of all jobs, newest first."""
        before = int(request.page_token) if request.page_token else None
        page_size = min(request.page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
        jobs, next_before = await call_database(
            self._ledger.list_jobs, page_size, before, request.state, caller.visible_owner
        )
        return ads_pb2.ListJobsResponse(jobs=jobs, next_page_token=str(next_before or ""))

    async def watch_job(
        self, name: str, after_sequence: int, caller: Caller
    ) -> AsyncIterator[ads_pb2.WatchJobResponse]:
        """Yields the job after each event that follows a sequence number, until it has ended.

        The first response contains all ads, the others the ad that changed.
        """
        progress = await self._load_progress(name, caller, after_sequence)
        job, is_first = job_id_from_name(name), True
        with self._notifier.watch_job(job) as wait_for_event:
            while True:
                for event in await call_database(self._ledger.load_events, job, after_sequence):
                    progress.apply_event(event)
                    after_sequence = event.sequence
                    changed = list(range(len(progress))) if is_first else [event.position]
                    yield ads_pb2.WatchJobResponse(
                        sequence=after_sequence,
                        job=progress.to_message(changed),
                        positions=changed,
                    )
                    is_first = False
                if progress.state in ENDED:
                    return
                await wait_for_event(POLL_SECONDS)

    async def cancel_job(self, name: str, caller: Caller) -> jobs_pb2.Job:
        """Cancels every ad that has not ended; returns the job. Workers stop within a second."""
        await self._load_progress(name, caller)
        await call_database(self._ledger.cancel_job, job_id_from_name(name))
        return await self.get_job(name, caller)

    async def read_artifact(
        self, name: str, offset: int, caller: Caller
    ) -> AsyncIterator[ads_pb2.GetArtifactResponse]:
        """Yields the bytes of a file or manifest of a job in chunks.

        Raises NotFound when the job does not contain it or belongs to another caller.
        """
        job, _, key = name.partition("/artifacts/")
        if not key or not (await self._load_progress(job, caller)).has_artifact(key):
            raise NotFound(f"there is no {name}")
        async for data, size in self._artifacts.read_chunks(key, offset):
            yield ads_pb2.GetArtifactResponse(data=data, total_bytes=size)

    async def close(self) -> None:
        """Stops; unfinished ads continue when the gateway starts again."""
        self._cleanups.cancel()
        self._metrics.close()
        await asyncio.to_thread(self._leases.close)
        await asyncio.to_thread(self._queue.close)

    def _add_job(
        self,
        job: str,
        campaign: jobs_pb2.Campaign,
        priority: int,
        caller: Caller,
        charge_quota: ChargeQuota,
    ) -> jobs_pb2.Job:
        """Adds a job and queues its ads; raises Overloaded when the queue is full."""
        limit = self._settings.max_queued_ads
        if self._ledger.count_unfinished_ads() + count_ads(campaign) > limit:
            raise Overloaded(limit, RETRY_SECONDS)
        self._ledger.add_job(job, campaign, caller.name, charge_quota, priority)
        progress = self._ledger.load_job(job, owner=caller.visible_owner)
        self._enqueue_ads(progress)
        return progress.to_message()

    def _enqueue_ads(self, progress: JobProgress) -> None:
        """Queues the ads of a job that have not ended."""
        job = job_id_from_name(progress.name)
        for position in progress.list_unfinished():
            self._queue.enqueue_ad(job, position, progress.priority, progress.turn + position)

    async def _load_progress(
        self, name: str, caller: Caller, last_sequence: int | None = None
    ) -> JobProgress:
        """Loads a job by its name; raises NotFound when the caller cannot see it."""
        return await call_database(
            self._ledger.load_job, job_id_from_name(name), last_sequence, caller.visible_owner
        )


def job_id_from_request(request_id: str, owner: str) -> str:
    """Returns the job id that a request id of an owner leads to; a random one without it."""
    if not request_id:
        return uuid.uuid4().hex
    if owner == LOCAL_CALLER.name:
        return request_id
    return str(uuid.uuid5(JOB_ID_NAMESPACE, f"{owner}/{request_id}"))


def job_id_from_name(name: str) -> str:
    """Returns the id in `jobs/{job}`; raises NotFound for any other name."""
    kind, _, job = name.partition("/")
    if kind != "jobs" or not job:
        raise NotFound(f"there is no {name}")
    return job


async def warn_of_other_versions(artifacts: ArtifactStore) -> None:
    """Logs a warning when the artifact store contains data that another version wrote."""
    with suppress(ArtifactStoreUnavailable):
        if foreign := await artifacts.list_foreign_prefixes():
            log.warning(
                "the artifact store has data that another version wrote; it is not used, does not "
                "count towards retention_gib and is never deleted: remove it when it is not needed",
                prefixes=foreign,
            )
