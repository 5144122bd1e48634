"""Streams a campaign to the page: first as it stands, then what changes, until it has ended."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from cyclorama.async_client import AsyncClient
from cyclorama.errors import CycloramaError
from cyclorama.job_results import JobAd, JobReport
from cyclorama.web.campaign_json import JsonObject, ads_to_json, campaign_to_json, review_to_json
from cyclorama.web.campaigns import CampaignReport, count_ads_ahead, load_campaign
from cyclorama.web.error_messages import explain_error
from cyclorama.web.placed_ads import PlacedAd

# Seconds between two updates for a browser. Longer: ads appear later; shorter: more of them.
PAUSE_SECONDS = 0.2
# Seconds between two counts of the ads ahead of a campaign that waits for its turn.
QUEUE_SECONDS = 5.0
# Jobs of a campaign that are watched at a time. More: later jobs appear sooner, as they mostly run
# one after the other, and more streams are open at the gateway.
MAX_WATCHES = 16


async def stream_campaign(client: AsyncClient, campaign: str) -> AsyncGenerator[JsonObject, None]:
    """Yields a campaign as JSON, first with all ads, then with those that changed; last the error.

    Changes that come faster than the browser reads them are merged. campaign: its id.
    """
    try:
        report = await load_campaign(client, campaign)
        async with _watch_jobs(client, report.jobs) as board:
            before: Sequence[PlacedAd] = ()
            while True:
                report = CampaignReport(campaign, board.take())
                ads = report.place_ads()
                yield await _describe_change(client, report, before, ads)
                if report.ended:
                    return
                before = ads
                await asyncio.sleep(PAUSE_SECONDS)
                await board.wait(QUEUE_SECONDS if report.state == "queued" else None)
    except CycloramaError as error:
        yield explain_error(error).to_json()


async def _describe_change(
    client: AsyncClient,
    report: CampaignReport,
    before: Sequence[PlacedAd],
    ads: Sequence[PlacedAd],
) -> JsonObject:
    """Returns a campaign as JSON with the ads that are not as before; at its end, with a review."""
    changed = [
        (number, ad)
        for number, ad in enumerate(ads)
        if number >= len(before) or _has_changed(before[number].ad, ad.ad)
    ]
    return {
        **campaign_to_json(report),
        "stages": _count_stages(report.jobs),
        "ahead": await count_ads_ahead(client, report) if report.state == "queued" else 0,
        "ads": ads_to_json(changed),
        "review": review_to_json([each.ad for each in ads]) if report.ended else None,
    }


def _has_changed(before: JobAd, ad: JobAd) -> bool:
    """Returns whether an ad is another one than before; most are the same object."""
    return ad is not before and ad != before


def _measure_progress(job: JobReport) -> tuple[datetime, int]:
    """Returns what grows while a job runs: the time of its last change, and how many ads ended.

    Changes of one time are reported one by one.
    """
    return job.updated, -job.count("waiting")


def _count_stages(jobs: Iterable[JobReport]) -> dict[str, dict[str, int]]:
    """Returns how many results each stage computed for jobs, and how many were cached."""
    counts: dict[str, dict[str, int]] = {}
    for job in jobs:
        for stage, (computed, cached) in job.stages.items():
            count = counts.setdefault(stage, {"computed": 0, "cached": 0})
            count["computed"] += computed
            count["cached"] += cached
    return counts


class _JobBoard:
    """The newest state of the jobs of a campaign, of which a reader takes what it has time for."""

    def __init__(self, jobs: Sequence[JobReport]) -> None:
        self._jobs = list(jobs)
        self._changed = asyncio.Event()
        self.error: BaseException | None = None

    def set_job(self, index: int, job: JobReport) -> None:
        """Notes the state of a job, unless it is older than the known one."""
        if _measure_progress(job) >= _measure_progress(self._jobs[index]):
            self._jobs[index] = job
            self._changed.set()

    def fail(self, error: BaseException) -> None:
        """Notes that jobs can no longer be watched."""
        self.error = error
        self._changed.set()

    def take(self) -> tuple[JobReport, ...]:
        """Returns the jobs as they stand; raises the error that ended their watch."""
        self._changed.clear()
        if self.error:
            raise self.error
        return tuple(self._jobs)

    async def wait(self, seconds: float | None) -> None:
        """Waits until a job has changed, at most for some seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass


@asynccontextmanager
async def _watch_jobs(client: AsyncClient, jobs: Sequence[JobReport]) -> AsyncIterator[_JobBoard]:
    """Watches the jobs that have not ended, in their order, until the end of the block."""
    board, limit = _JobBoard(jobs), asyncio.Semaphore(MAX_WATCHES)

    async def watch_job(index: int, name: str) -> None:
        """Notes every change of a job."""
        try:
            async with limit:
                async for job in client.jobs.watch(name, with_stages=True):
                    board.set_job(index, job)
        except CycloramaError as error:
            board.fail(error)

    tasks = [
        asyncio.create_task(watch_job(index, job.name))
        for index, job in enumerate(jobs)
        if not job.ended
    ]
    try:
        yield board
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
