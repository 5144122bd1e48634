"""Creates the ads of jobs one by one, with cached stage results where possible."""

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from typing import ParamSpec, TypeVar

import structlog

from cyclorama.v1 import ads_pb2, finishing_pb2, jobs_pb2
from gateway.ad_images import AdImages
from gateway.ads import AdCreator
from gateway.artifacts import ArtifactStore
from gateway.database_threads import read_database
from gateway.engine_reports import EngineReports
from gateway.jobs.ad_logs import describe_error
from gateway.jobs.ad_stages import AdStage, AdStages
from gateway.jobs.ad_timeout import limit_ad_time
from gateway.jobs.erasure import note_files
from gateway.jobs.events import AdChange
from gateway.jobs.ledger import JobLedger
from gateway.jobs.plan import CampaignPlan
from gateway.jobs.progress import AdOutcome, create_failure
from gateway.manifest import list_engines, list_warnings
from gateway.metrics import STAGE_RESULTS
from gateway.requests import fill_ad_defaults, find_source
from gateway.result_cache import ResultCache
from gateway.retries import ReplicaLosses
from gateway.settings import GatewaySettings
from gateway.stage_client import StageClient
from gateway.stage_methods import RequestT, ResultT, StageMethod, StageResult, name_from_stage
from services.runtime.errors import JobDatabaseUnavailable, ServiceError
from services.runtime.guards.call_log import create_call_id
from services.runtime.objects import hash_content
from services.runtime.tracing import start_current_span

# Exponential backoff between attempts, unless the error asks for a longer pause. A smaller first
# delay: short outages cost less time. A smaller last one: ads continue sooner after a long outage,
# and log more lines during it.
FIRST_DELAY_SECONDS, MAX_DELAY_SECONDS = 0.5, 15.0
INTERNAL_ERROR = "internal error; the gateway's log has the details"
# Verdicts of the findings that a job's record repeats.
TO_BE_REPORTED = (finishing_pb2.VERDICT_WARN, finishing_pb2.VERDICT_FAIL)
# Campaigns in memory; those beyond are read from the database again for each ad.
MAX_CACHED_PLANS = 64

NoteStage = Callable[[AdStage], None]
"""Called with the stage that an ad is in."""
P = ParamSpec("P")
R = TypeVar("R")
ReportT = TypeVar("ReportT", finishing_pb2.QualityReport, finishing_pb2.ProfileReport)

log = structlog.get_logger()


class StageResults:
    """What an ad keeps of the results of its stages: previews, and whether they were cached."""

    def __init__(self) -> None:
        self._was_cached: dict[ads_pb2.Stage, bool] = {}
        # Small pictures of results; not every engine makes one.
        self.previews: dict[ads_pb2.Stage, bytes] = {}

    def add(self, stage: ads_pb2.Stage, result: StageResult, *, is_cached: bool) -> None:
        """Notes the result of a stage, and counts it in the metrics."""
        self._was_cached[stage] = is_cached
        self.previews[stage] = result.run.preview.data
        origin = "cached" if is_cached else "computed"
        STAGE_RESULTS.labels(name_from_stage(stage), origin).inc()

    def list_stages(self, *, were_cached: bool) -> tuple[str, ...]:
        """Returns the names of the stages whose results were cached, or were not."""
        stages = sorted(self._was_cached)
        return tuple(
            name_from_stage(stage) for stage in stages if self._was_cached[stage] == were_cached
        )


class AdWorker:
    """Creates ads of jobs, with retries while a stage is away."""

    def __init__(
        self,
        stages: StageClient,
        reports: EngineReports,
        cache: ResultCache,
        artifacts: ArtifactStore,
        ledger: JobLedger,
        settings: GatewaySettings,
        progress: AdStages,
    ) -> None:
        """Keeps what the creation of ads needs.

        stages: calls the stages. reports: the engines that they list. cache: results of stages.
        artifacts: stores images and files. ledger: stores the campaigns. progress: notes the stage
        that each ad is in.
        """
        self._stages = stages
        self._progress = progress
        self._artifacts = artifacts
        self._ledger = ledger
        self._settings = settings
        self._cache = cache
        self._ads = AdCreator(reports, artifacts, settings)
        self._plans: dict[str, tuple[str, CampaignPlan]] = {}

    async def create_ad(self, job: str, position: int) -> AdChange:
        """Creates one ad of a job; returns its last event: that it succeeded, or why it failed.

        job, position: id of the job, and number of the ad in it. Safe to repeat after a crash.
        """
        # Logs and traces of the ad name it.
        ids: dict[str, str | int] = {"job": job, "position": position}
        with structlog.contextvars.bound_contextvars(**ids), start_current_span("ad", **ids):
            try:
                outcome = await self._create_and_log(job, position)
            except ServiceError as error:
                return AdChange(position, jobs_pb2.JOB_STATE_FAILED, create_failure(error))
            except Exception:
                failure = create_failure(ServiceError(INTERNAL_ERROR))
                return AdChange(position, jobs_pb2.JOB_STATE_FAILED, failure)
            finally:
                self._progress.end(job, position)
        return AdChange(position, jobs_pb2.JOB_STATE_SUCCEEDED, outcome)

    async def _create_and_log(self, job: str, position: int) -> AdOutcome:
        """Creates an ad of a job with retries; logs one line at its end, and returns its outcome.

        The line has the id that the calls of the last attempt have in the logs of the stages, and
        the cause of an error, but no words of the ad.
        """
        start = time.perf_counter()
        request = ads_pb2.CreateAdRequest()

        def elapsed_ms() -> int:
            return round((time.perf_counter() - start) * 1000)

        try:
            owner, plan = await self._load_plan(job)
            request = plan.build_ad_request(position)
            async with limit_ad_time(plan.ad_timeout_seconds):
                note = partial(self._progress.note, job, position)
                outcome = await self._create_with_retries(job, request, owner, note)
        except ServiceError as error:
            log.warning("ad failed", **describe_error(error, request), ms=elapsed_ms())
            raise
        except Exception:
            log.exception("ad failed", reason="INTERNAL", ms=elapsed_ms())
            raise
        stages = {"computed": list(outcome.computed), "cached": list(outcome.cached)}
        log.info("ad done", ms=elapsed_ms(), **stages)
        return outcome

    async def _create_with_retries(
        self, job: str, request: ads_pb2.CreateAdRequest, owner: str, note: NoteStage
    ) -> AdOutcome:
        """Creates an ad of a job; returns the keys of its file and manifest.

        job, request, owner, note: as of _create_ad. Transient errors are retried with growing
        delays until `stage_wait_timeout_seconds` have passed; then the last one is raised. Replicas
        that the ad loses count through all retries: a second one of a stage is final.
        """
        retry_until = time.monotonic() + self._settings.stage_wait_timeout_seconds
        losses = defaultdict[ads_pb2.Stage, ReplicaLosses](ReplicaLosses)
        delay, reason = FIRST_DELAY_SECONDS, ""
        for attempt in itertools.count(1):
            # As of a caller's call, so that the logs of the stages can be searched for it.
            call_id = create_call_id()
            structlog.contextvars.bind_contextvars(call_id=call_id, attempt=attempt)
            note_attempt = partial(_note_attempt, note, attempt, reason)
            try:
                # Not during the pauses, in which single ads may use the stages that work.
                with self._stages.ad_slots.count_job_ad():
                    return await self._create_ad(job, request, owner, losses, note_attempt)
            except ServiceError as error:
                if error.retry_seconds is None:
                    raise
                pause = max(delay, error.retry_seconds)
                if time.monotonic() + pause > retry_until:
                    raise
                reason = error.reason
                log.info("ad waits for a retry", **describe_error(error, request), seconds=pause)
            await asyncio.sleep(pause)
            delay = min(2 * delay, MAX_DELAY_SECONDS)
        raise AssertionError("the last attempt returns or raises")

    def add_plan(self, job: str, owner: str, plan: CampaignPlan) -> None:
        """Caches the plan of a job, which is loaded otherwise. owner: name of its caller."""
        self._plans[job] = owner, plan
        if len(self._plans) > MAX_CACHED_PLANS:
            # The oldest one.
            del self._plans[next(iter(self._plans))]

    async def _load_plan(self, job: str) -> tuple[str, CampaignPlan]:
        """Returns the owner's name and the plan of a job: the requests for its ads.

        Neither ever changes, so that both are cached.
        """
        if cached := self._plans.get(job):
            return cached
        owner, campaign = await _wait_for_database(self._ledger.load_campaign, job)
        plan = CampaignPlan(campaign)
        self.add_plan(job, owner, plan)
        return owner, plan

    async def _create_ad(
        self,
        job: str,
        request: ads_pb2.CreateAdRequest,
        owner: str,
        losses: Mapping[ads_pb2.Stage, ReplicaLosses],
        note: NoteStage,
    ) -> AdOutcome:
        """Creates an ad and stores it; returns the keys of its file and manifest.

        The outcome also has the warnings and the engines, and names the stages that ran and those
        whose result was cached.

        job: its id. request: its images are keys of the artifact store. owner: name of the caller,
        whose cached results are used. losses: replicas lost so far, by stage. note: called with the
        stage that the ad is in. Raises NotFound when an image is missing from the store.
        """
        ad = fill_ad_defaults(request, request.seed)
        images = await AdImages.find_stored(ad, self._artifacts)
        deadline = time.monotonic() + self._settings.ad_timeout_seconds
        results = StageResults()

        async def call_stage(
            method: StageMethod[RequestT, ResultT], stage_request: RequestT
        ) -> ResultT:
            """Returns the cached result of a stage, or calls the stage; counts either."""
            name = name_from_stage(method.stage)
            note(AdStage(name))
            compute = partial(
                self._stages.call_stage,
                *(method, stage_request, deadline),
                on_progress=lambda progress: note(AdStage(name, progress.fraction)),
                images=images,
                losses=losses[method.stage],
            )
            result, is_cached = await self._cache.get_or_compute(
                method, stage_request, compute, owner, find_source(method.stage, ad)
            )
            results.add(method.stage, result, is_cached=is_cached)
            return result

        created = await self._ads.create_ad(ad, images, call_stage, call_id="")
        outcome = _describe_outcome(created, results)
        await note_files(self._artifacts, job, owner, ad.photo.uri, outcome)
        await self._artifacts.overwrite_object(created.image.data, outcome.artifact)
        await self._artifacts.overwrite_object(created.manifest.encode(), outcome.manifest)
        if outcome.preview:
            preview = results.previews[ads_pb2.STAGE_FINISHING]
            await self._artifacts.overwrite_object(preview, outcome.preview)
        return outcome

    async def wait_until_stored(self) -> None:
        """Waits until all that ads had written by now is stored, those that were stopped too."""
        await self._cache.wait_until_stored()
        await self._artifacts.wait_for_writes()


def _note_attempt(note: NoteStage, attempt: int, reason: str, stage: AdStage) -> None:
    """Notes the stage that an ad is in, with the number of its attempt and why there is another."""
    note(stage._replace(attempt=attempt, retry_reason=reason))


def _describe_outcome(created: ads_pb2.Ad, results: StageResults) -> AdOutcome:
    """Returns the outcome of an ad: the keys of its files, and what is known of it."""
    preview = results.previews[ads_pb2.STAGE_FINISHING]
    profile_report = created.profile_report if created.HasField("profile_report") else None
    return AdOutcome(
        artifact=hash_content(created.image.data),
        manifest=hash_content(created.manifest.encode()),
        preview=hash_content(preview) if preview else "",
        warnings=list_warnings(created.manifest),
        engines=list_engines(created.manifest),
        quality_report=_serialize_report(created.quality_report),
        profile_report=_serialize_report(profile_report) if profile_report else b"",
        computed=results.list_stages(were_cached=False),
        cached=results.list_stages(were_cached=True),
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
            return await read_database(function, *args, **kwargs)
        except JobDatabaseUnavailable:
            await asyncio.sleep(FIRST_DELAY_SECONDS)
