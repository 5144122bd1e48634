"""Creates the ads of jobs one by one, with cached stage results where possible."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import structlog

from cyclorama.v1 import ads_pb2, finishing_pb2, jobs_pb2
from gateway.ads import AdCreator
from gateway.artifacts import ArtifactStore
from gateway.database import call_database
from gateway.engine_reports import EngineReports
from gateway.jobs.ledger import JobLedger
from gateway.jobs.plan import CampaignPlan, list_extra_images
from gateway.jobs.progress import ENDED, NO_OUTCOME, AdOutcome
from gateway.manifest import list_engines, list_warnings
from gateway.metrics import STAGE_RESULTS
from gateway.requests import fill_ad_defaults
from gateway.result_cache import ResultCache
from gateway.settings import GatewaySettings
from gateway.stage_client import StageClient
from gateway.stage_methods import RequestT, ResultT, StageMethod, name_from_stage
from services.runtime.errors import JobDatabaseUnavailable, NotFound, ServiceError
from services.runtime.tracing import start_current_span

# Exponential backoff between attempts, unless the error asks for a longer pause. A smaller first
# delay: short outages cost less time. A smaller last one: ads continue sooner after a long outage,
# and log more lines during it.
FIRST_DELAY_SECONDS, MAX_DELAY_SECONDS = 0.5, 15.0
# Time between two checks whether the ad was cancelled. Smaller: a cancelled ad stops sooner; more
# queries.
CANCELLATION_CHECK_SECONDS = 0.5
# Verdicts of the findings that a job's record repeats.
TO_BE_REPORTED = (finishing_pb2.VERDICT_WARN, finishing_pb2.VERDICT_FAIL)
# Campaigns in memory; those beyond are read from the database again for each ad.
MAX_CACHED_PLANS = 64

P = ParamSpec("P")
R = TypeVar("R")
ReportT = TypeVar("ReportT", finishing_pb2.QualityReport, finishing_pb2.ProfileReport)

log = structlog.get_logger()


class AdWorker:
    """Creates ads of jobs and adds their events to the ledger."""

    def __init__(
        self,
        stages: StageClient,
        reports: EngineReports,
        cache: ResultCache,
        artifacts: ArtifactStore,
        ledger: JobLedger,
        settings: GatewaySettings,
    ) -> None:
        """Keeps what the creation of ads needs.

        stages: calls the stages. reports: the engines that they list. cache: results of stages.
        artifacts: stores images and files. ledger: stores jobs and their events.
        """
        self._stages = stages
        self._artifacts = artifacts
        self._ledger = ledger
        self._settings = settings
        self._cache = cache
        self._ads = AdCreator(reports, artifacts, settings)
        self._plans: dict[str, tuple[str, CampaignPlan]] = {}

    async def process_ad(self, job: str, position: int) -> None:
        """Creates one ad of a job, and adds events to the ledger when it starts and ends.

        job, position: id of the job, and number of the ad in it. Does nothing for an ad that has
        ended, and stops when it is cancelled. Safe to repeat after a crash.
        """
        # No event is added to an ad that has ended, nor to one that ran before a restart.
        is_new = await self._add_event(job, position, jobs_pb2.JOB_STATE_RUNNING)
        if not is_new and await self._load_state(job, position) in ENDED:
            return
        # Logs and traces of the ad name it.
        ids: dict[str, str | int] = {"job": job, "ad": position}
        with structlog.contextvars.bound_contextvars(**ids), start_current_span("ad", **ids):
            task = asyncio.create_task(self._create_with_retries(job, position))
            try:
                outcome = await self._wait_unless_cancelled(task, job, position)
            except ServiceError as error:
                log.info("ad failed", reason=error.reason)
                failure = AdOutcome(error=str(error))
                await self._add_event(job, position, jobs_pb2.JOB_STATE_FAILED, failure)
            except Exception:
                log.exception("ad failed")
                failure = AdOutcome(error="internal error; the gateway's log has the details")
                await self._add_event(job, position, jobs_pb2.JOB_STATE_FAILED, failure)
            else:
                if outcome is not None:
                    await self._add_event(job, position, jobs_pb2.JOB_STATE_SUCCEEDED, outcome)

    async def _wait_unless_cancelled(
        self, task: asyncio.Task[AdOutcome], job: str, position: int
    ) -> AdOutcome | None:
        """Waits for the task that creates an ad; returns its outcome.

        When the caller cancels the ad meanwhile, cancels the task and returns None.
        """
        try:
            # Until the set of tasks that are done is not empty.
            while not (await asyncio.wait([task], timeout=CANCELLATION_CHECK_SECONDS))[0]:
                if await self._load_state(job, position) == jobs_pb2.JOB_STATE_CANCELLED:
                    return None
            return await task
        finally:
            task.cancel()

    async def _add_event(
        self,
        job: str,
        position: int,
        state: jobs_pb2.JobState,
        outcome: AdOutcome = NO_OUTCOME,
    ) -> bool:
        """Adds an event: an ad enters a state. Waits until the database is available.

        outcome: what the event says besides, such as the key of the file. Returns False, and adds
        nothing, when the ad has ended or is already in that state.
        """
        return await _wait_for_database(self._ledger.add_event, job, position, state, outcome)

    async def _load_state(self, job: str, position: int) -> jobs_pb2.JobState:
        """Loads the state of an ad when the database is available."""
        return await _wait_for_database(self._ledger.load_ad_state, job, position)

    async def _create_with_retries(self, job: str, position: int) -> AdOutcome:
        """Creates an ad of a job; returns the keys of its file and manifest.

        Transient errors are retried with growing delays until `stage_wait_timeout_seconds` have
        passed; then the last one is raised.
        """
        owner, plan = await self._load_plan(job)
        request = plan.build_ad_request(position)
        retry_until = time.monotonic() + self._settings.stage_wait_timeout_seconds
        delay = FIRST_DELAY_SECONDS
        while True:
            try:
                return await self._create_ad(request, owner)
            except ServiceError as error:
                if error.retry_seconds is None:
                    raise
                pause = max(delay, error.retry_seconds)
                if time.monotonic() + pause > retry_until:
                    raise
                log.info("ad waits for a retry", reason=error.reason, seconds=pause)
            await asyncio.sleep(pause)
            delay = min(2 * delay, MAX_DELAY_SECONDS)

    async def _load_plan(self, job: str) -> tuple[str, CampaignPlan]:
        """Returns the owner's name and the plan of a job: the requests for its ads.

        Neither ever changes, so that both are cached.
        """
        if job not in self._plans:
            owner, campaign = await _wait_for_database(self._ledger.load_campaign, job)
            self._plans[job] = owner, CampaignPlan(campaign)
            if len(self._plans) > MAX_CACHED_PLANS:
                # The oldest one.
                del self._plans[next(iter(self._plans))]
        return self._plans[job]

    async def _create_ad(self, request: ads_pb2.CreateAdRequest, owner: str) -> AdOutcome:
        """Creates an ad and stores it; returns the keys of its file and manifest.

        The outcome also has the warnings and the engines, and names the stages that ran and those
        whose result was cached. request: its images are keys of the artifact store. owner: name of
        the caller, whose cached results are used. Raises NotFound when an image is missing from the
        store.
        """
        ad = fill_ad_defaults(request, request.seed)
        for image in (ad.photo, *list_extra_images(ad.backdrop, ad.lettering)):
            data = await self._artifacts.read_object(image.uri)
            if data is None:
                raise NotFound("a picture is no longer kept; submit the campaign again")
            image.data = data
        deadline = time.monotonic() + self._settings.ad_timeout_seconds
        was_cached: dict[ads_pb2.Stage, bool] = {}
        # Small pictures of results; not every engine makes one.
        previews: dict[ads_pb2.Stage, bytes] = {}

        async def call_stage(
            method: StageMethod[RequestT, ResultT], stage_request: RequestT
        ) -> ResultT:
            """Returns the cached result of a stage, or calls the stage; counts either."""
            compute = partial(
                self._stages.call_stage,
                *(method, stage_request, deadline),
                # Clients see the progress of a job by ads, not within an ad.
                on_progress=lambda _progress: None,
            )
            result, is_cached = await self._cache.get_or_compute(
                method, stage_request, compute, owner
            )
            was_cached[method.stage] = is_cached
            previews[method.stage] = result.run.preview.data
            origin = "cached" if is_cached else "computed"
            STAGE_RESULTS.labels(name_from_stage(method.stage), origin).inc()
            return result

        created = await self._ads.create_ad(ad, call_stage, call_id="")
        preview = previews[ads_pb2.STAGE_FINISHING]
        return AdOutcome(
            artifact=await self._artifacts.overwrite_object(created.image.data),
            manifest=await self._artifacts.overwrite_object(created.manifest.encode()),
            preview=await self._artifacts.overwrite_object(preview) if preview else "",
            warnings=list_warnings(created.manifest),
            engines=list_engines(created.manifest),
            quality_report=_serialize_report(created.quality_report),
            profile_report=_serialize_report(created.profile_report)
            if created.HasField("profile_report")
            else b"",
            computed=tuple(
                name_from_stage(stage) for stage in sorted(was_cached) if not was_cached[stage]
            ),
            cached=tuple(
                name_from_stage(stage) for stage in sorted(was_cached) if was_cached[stage]
            ),
        )


def _serialize_report(report: ReportT) -> bytes:
    """Returns a report as bytes, with only what warns or fails of it.

    A job may have thousands of ads, and the manifest of each has the whole report.
    """
    shortened = type(report)()
    shortened.CopyFrom(report)
    del shortened.findings[:]
    shortened.findings.extend(each for each in report.findings if each.verdict in TO_BE_REPORTED)
    return shortened.SerializeToString()


async def _wait_for_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Calls a function that uses the database, in a thread; returns its result.

    While the database is not available, calls it again every FIRST_DELAY_SECONDS.
    """
    while True:
        try:
            return await call_database(function, *args, **kwargs)
        except JobDatabaseUnavailable:
            await asyncio.sleep(FIRST_DELAY_SECONDS)
