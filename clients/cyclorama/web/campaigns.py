"""Campaigns of the page: jobs with a common label, which are shown, canceled and deleted as one.

A table has rows with options of their own, and each set of options is a job. A job without the
label, as other clients submit it, is a campaign by itself.
"""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypeVar, cast

from cyclorama.async_client import AsyncClient
from cyclorama.batches import BatchOptions, run_async_batch
from cyclorama.errors import NotFound
from cyclorama.job_results import JobReport
from cyclorama.web.placed_ads import PlacedAd, place_ads, replaces_ads

# Labels of jobs: the campaign that they belong to, and their order in it.
CAMPAIGN_LABEL, PART_LABEL = "page-campaign", "page-part"
# Campaigns in the page's list. More: older ones are listed too, and the list is slower.
MAX_RECENT = 12
# Jobs that are searched for them. More: campaigns behind one with very many jobs are listed too.
MAX_LISTED_JOBS = 2000
# Calls at a time for the jobs of one campaign. More: large campaigns open sooner, and others wait.
CONCURRENCY = 8

UNFINISHED: tuple[Literal["running", "queued"], ...] = ("running", "queued")

T = TypeVar("T")


@dataclass(frozen=True)
class CampaignReport:
    """A campaign as the gateway reports it: its jobs in their order. id: of the campaign."""

    id: str
    jobs: tuple[JobReport, ...]

    @property
    def name(self) -> str:
        """Its name for people; empty if it has none."""
        return self.jobs[0].display_name

    @property
    def state(self) -> str:
        """Its state, one of those that a job has."""
        if self.has_replacements:
            return combine_states([each.ad.state for each in self.place_ads()])
        return combine_states([job.state for job in self.jobs])

    @property
    def ended(self) -> bool:
        """Whether all of its jobs have ended."""
        return all(job.ended for job in self.jobs)

    @property
    def counts(self) -> Counter[str]:
        """Number of its ads by state, as JobReport.counts."""
        if self.has_replacements:
            return Counter(each.ad.state for each in self.place_ads())
        return sum((Counter(job.counts) for job in self.jobs), Counter[str]())

    @property
    def has_replacements(self) -> bool:
        """Whether ads were replaced, so that it is known by its ads alone."""
        return any(map(replaces_ads, self.jobs))

    def place_ads(self) -> list[PlacedAd]:
        """Returns its ads in their order, those that were replaced by their replacements."""
        return place_ads(self.jobs)


def combine_states(states: Sequence[str]) -> str:
    """Returns the state of a campaign by those of its jobs, or of its ads."""
    distinct = set(states)
    if len(distinct) == 1:
        return states[0]
    if distinct.intersection(UNFINISHED):
        return "running"
    return "cancelled" if "cancelled" in distinct else "partially_succeeded"


async def list_campaign_jobs(client: AsyncClient, campaign: str) -> list[JobReport]:
    """Returns the jobs of a campaign in their order, with or without their ads.

    campaign: its id, or that of a job which is none of the page's. Raises NotFound when there is
    neither.
    """
    labels = {CAMPAIGN_LABEL: campaign}
    jobs: list[JobReport] = [job async for job in client.jobs.list(labels=labels)]
    jobs.sort(key=lambda job: job.labels.get(PART_LABEL, ""))
    return jobs or [await client.jobs.get(f"jobs/{campaign}")]


async def load_campaign(client: AsyncClient, campaign: str) -> CampaignReport:
    """Returns a campaign with all of its ads; arguments and errors as of list_campaign_jobs."""
    jobs = await list_campaign_jobs(client, campaign)
    missing = [job.name for job in jobs if not job.ads]
    loaded = dict(zip(missing, await call_for_each(client.jobs.get, missing), strict=True))
    return CampaignReport(campaign, tuple(loaded.get(job.name, job) for job in jobs))


async def list_recent_campaigns(client: AsyncClient) -> list[CampaignReport]:
    """Returns the newest campaigns, at most MAX_RECENT, mostly without their ads."""
    jobs_by_campaign: dict[str, list[JobReport]] = {}
    count = 0
    async for job in client.jobs.list():
        campaign = job.labels.get(CAMPAIGN_LABEL) or job.name.removeprefix("jobs/")
        is_new = campaign not in jobs_by_campaign
        count += 1
        if count > MAX_LISTED_JOBS or (is_new and len(jobs_by_campaign) == MAX_RECENT):
            break
        jobs_by_campaign.setdefault(campaign, []).append(job)
    listed = [CampaignReport(campaign, tuple(jobs)) for campaign, jobs in jobs_by_campaign.items()]
    return [
        await load_campaign(client, each.id) if each.has_replacements else each for each in listed
    ]


async def cancel_campaign(client: AsyncClient, campaign: str) -> None:
    """Cancels all jobs of a campaign; its finished ads stay."""
    jobs = await list_campaign_jobs(client, campaign)
    await call_for_each(client.jobs.cancel, [job.name for job in jobs if not job.ended])


async def delete_campaign(client: AsyncClient, campaign: str) -> None:
    """Deletes all jobs of a campaign, with their photos and ads."""

    async def delete_job(name: str) -> None:
        """Deletes a job unless another call has deleted it meanwhile."""
        with suppress(NotFound):
            await client.jobs.delete(name)

    jobs = await list_campaign_jobs(client, campaign)
    await call_for_each(delete_job, [job.name for job in jobs])


async def retry_campaign(client: AsyncClient, campaign: str, positions: Sequence[int]) -> None:
    """Queues failed ads of a campaign once more.

    positions: of the ads in the only job of the campaign; none for all that failed.
    """
    report = await load_campaign(client, campaign)
    if positions:
        if len(report.jobs) > 1:
            raise ValueError("position: is that of an ad in a job; name the job")
        await client.jobs.retry_failed(report.jobs[0].name, positions)
        return
    # Jobs that run may have failed ads as well; those that were replaced stay as they are.
    failed = defaultdict[str, list[int]](list)
    for each in report.place_ads():
        if each.ad.state == "failed":
            failed[each.job].append(each.position)
    await call_for_each(lambda name: client.jobs.retry_failed(name, failed[name]), list(failed))


async def list_preview_names(client: AsyncClient, campaign: str, most: int) -> list[str]:
    """Returns the names of the previews of the first finished ads of a campaign, at most `most`."""
    previews: list[str] = []
    for job in (await list_campaign_jobs(client, campaign))[:most]:
        report = job if job.ads else await client.jobs.get(job.name)
        previews += [ad.preview for ad in report.ads if ad.preview]
        if len(previews) >= most:
            break
    return previews[:most]


async def count_ads_ahead(client: AsyncClient, campaign: CampaignReport) -> int:
    """Returns how many unfinished ads the caller's earlier campaigns have, which come first."""
    begin = min(job.created for job in campaign.jobs)
    own = {job.name for job in campaign.jobs}
    count = 0
    for state in UNFINISHED:
        async for job in client.jobs.list(state, created_before=begin):
            count += job.count("waiting") if job.name not in own else 0
    return count


async def call_for_each(call: Callable[[str], Awaitable[T]], names: Sequence[str]) -> list[T]:
    """Returns the results of calls, CONCURRENCY at a time, in their order.

    Raises the first error, and cancels the other calls.
    """
    options = BatchOptions(CONCURRENCY, return_exceptions=False, on_progress=None)
    return [cast(T, result) async for result in run_async_batch(call, names, options)]
