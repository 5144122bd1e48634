"""Makes the ads of jobs: each alone, from stored results where there are any."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import structlog
from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2, jobs_pb2
from gateway.ads import Ads
from gateway.artifacts import Artifacts
from gateway.database import ask
from gateway.engine_reports import EngineReports
from gateway.jobs.ledger import Ledger
from gateway.jobs.plan import Plan, extras_of
from gateway.jobs.progress import ENDED
from gateway.metrics import RESULTS
from gateway.requests import with_defaults
from gateway.reuse import Reuse
from gateway.settings import Settings
from gateway.stages import Stages, stage_name
from services.runtime.errors import JobDatabaseUnavailable, NotFound, ServiceError
from services.runtime.tracing import start_current_span

# What goes wrong for now: a stage or the store that is away, or has too much to do, and pictures
# that have to be made again.
PASSING = (
    *(
        "STAGE_UNREACHABLE",
        "ARTIFACT_STORE_UNAVAILABLE",
        "JOB_DATABASE_UNAVAILABLE",
        "OVERLOADED",
        "BACKEND_UNAVAILABLE",
    ),
    "ARTIFACT_LOST",
)
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
LOOK_SECONDS = 0.5
RECENT_ORDERS = 64

R = TypeVar("R")

log = structlog.get_logger()


class Maker:
    """Makes one ad after the other and tells the ledger."""

    def __init__(
        self,
        stages: Stages,
        reports: EngineReports,
        reuse: Reuse,
        artifacts: Artifacts,
        ledger: Ledger,
        settings: Settings,
    ) -> None:
        self._stages = stages
        self._artifacts = artifacts
        self._ledger = ledger
        self._settings = settings
        self._reuse = reuse
        self._ads = Ads(reports, artifacts, settings)
        self._orders: dict[str, tuple[str, Plan]] = {}

    async def make(self, job: str, position: int) -> None:
        """Makes an ad that has not ended, unless it is cancelled; safe to run again."""
        tell = partial(_insist, self._ledger.tell, job, position)
        state = partial(_insist, self._ledger.state, job, position)
        # Where it was at work before there is no news of it, nor where it has ended.
        if not await tell(jobs_pb2.JOB_STATE_RUNNING) and await state() in ENDED:
            return
        ids = {"job": job, "ad": position}
        with structlog.contextvars.bound_contextvars(**ids), start_current_span("ad", **ids):
            work = asyncio.create_task(self._try(job, position))
            try:
                facts = await self._unless_cancelled(work, job, position)
            except ServiceError as error:
                log.info("ad failed", reason=error.reason)
                await tell(jobs_pb2.JOB_STATE_FAILED, error=str(error))
            except Exception:
                log.exception("ad failed")
                text = "internal error; the gateway's log has the details"
                await tell(jobs_pb2.JOB_STATE_FAILED, error=text)
            else:
                if facts is not None:
                    await tell(jobs_pb2.JOB_STATE_SUCCEEDED, **facts)

    async def _unless_cancelled(self, work: asyncio.Task, job: str, position: int) -> dict | None:
        try:
            while not (await asyncio.wait([work], timeout=LOOK_SECONDS))[0]:
                if await _insist(self._ledger.state, job, position) == jobs_pb2.JOB_STATE_CANCELLED:
                    return None
            return await work
        finally:
            work.cancel()

    async def _try(self, job: str, position: int) -> dict:
        """Makes an ad; waits and tries again where that can help."""
        owner, plan = await self._order(job)
        asked = plan.ad(position)
        end, pause = time.monotonic() + self._settings.stage_wait_timeout_seconds, FIRST_PAUSE
        while True:
            try:
                return await self._make(asked, owner)
            except ServiceError as error:
                if error.reason not in PASSING or time.monotonic() + pause > end:
                    raise
                log.info("ad waits", reason=error.reason, seconds=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _order(self, job: str) -> tuple[str, Plan]:
        """A job's owner and plan, which never change."""
        if job not in self._orders:
            owner, campaign = await _insist(self._ledger.order, job)
            self._orders[job] = owner, Plan(campaign)
            if len(self._orders) > RECENT_ORDERS:
                del self._orders[next(iter(self._orders))]
        return self._orders[job]

    async def _make(self, asked: ads_pb2.CreateAdRequest, owner: str) -> dict:
        ad = with_defaults(asked, asked.seed)
        for picture in (ad.photo, *extras_of(ad)):
            data = await self._artifacts.read(picture.uri)
            if data is None:
                raise NotFound("a picture is no longer kept; submit the campaign again")
            picture.data = data
        deadline = time.monotonic() + self._settings.ad_timeout_seconds
        cached: dict[int, bool] = {}

        async def call(stage: int, request: Message) -> Message:
            compute = partial(self._stages.call, stage, request, deadline, lambda _: None)
            result, cached[stage] = await self._reuse.call(stage, request, compute, owner)
            origin = "cached" if cached[stage] else "computed"
            RESULTS.labels(stage_name(stage), origin).inc()
            return result

        made = await self._ads.make(ad, call, "")
        return {
            "artifact": await self._artifacts.mend(made.image.data),
            "manifest": await self._artifacts.mend(made.manifest.encode()),
            "computed": tuple(stage_name(stage) for stage in sorted(cached) if not cached[stage]),
            "cached": tuple(stage_name(stage) for stage in sorted(cached) if cached[stage]),
        }


async def _insist(work: Callable[..., R], *args: object, **kwargs: object) -> R:
    """Asks the database, again and again while it is away: a job has time."""
    while True:
        try:
            return await ask(work, *args, **kwargs)
        except JobDatabaseUnavailable:
            await asyncio.sleep(FIRST_PAUSE)
