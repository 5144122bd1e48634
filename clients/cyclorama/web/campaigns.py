"""Campaigns as the page shows them: started, followed, fetched."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from cyclorama.client import AsyncClient
from cyclorama.errors import CycloramaError
from cyclorama.formats import Format, read_format
from cyclorama.jobs import Job, JobAd
from cyclorama.web.failures import explain, sentence
from cyclorama.web.wishes import campaign_wishes, prompts_of

Facts = dict[str, Any]
RECENT = 12


@dataclass(frozen=True)
class File:
    """The file of a finished ad, and its manifest."""

    data: bytes
    manifest: bytes

    @property
    def format(self) -> Format:
        """What it is, by its manifest."""
        return read_format(self.manifest)


async def start(client: AsyncClient, photo: bytes, form: Mapping[str, Any]) -> Facts:
    """Starts a campaign; raises what the client raises."""
    return job_facts(await client.jobs.submit(photo, prompts_of(form), **campaign_wishes(form)))


async def follow(client: AsyncClient, name: str) -> AsyncIterator[Facts]:
    """The campaign after each of its events, and last the failure if there is one."""
    try:
        async for job in client.jobs.watch(name):
            yield job_facts(job)
    except CycloramaError as error:
        yield {"kind": "failure", **explain(error).facts()}


async def recent(client: AsyncClient) -> list[Facts]:
    """The last campaigns, newest first, without their ads."""
    found: list[Facts] = []
    async for job in client.jobs.list():
        found.append({key: value for key, value in job_facts(job).items() if key != "ads"})
        if len(found) == RECENT:
            break
    return found


async def fetch(client: AsyncClient, name: str, position: int) -> File | None:
    """The file of a finished ad; None where there is none."""
    ads = (await client.jobs.get(name)).ads
    return await _file(client, ads[position]) if position < len(ads) else None


async def files(client: AsyncClient, name: str) -> AsyncIterator[tuple[str, bytes]]:
    """Every finished ad and its manifest, with names that say what they are."""
    for position, ad in enumerate((await client.jobs.get(name)).ads):
        if file := await _file(client, ad):
            stem = f"{position + 1:03d}-{ad.size[0]}x{ad.size[1]}"
            yield f"{stem}{file.format.suffix}", file.data
            yield f"{stem}.json", file.manifest


def job_facts(job: Job) -> Facts:
    """A campaign for the page."""
    return {
        "kind": "campaign",
        "id": job.name.removeprefix("jobs/"),
        "state": job.state,
        "ended": job.ended,
        "created": f"{job.created:%Y-%m-%dT%H:%M:%SZ}",
        "total": job.total,
        "done": job.count("succeeded"),
        "failed": job.count("failed"),
        "stages": {
            stage: {"computed": computed, "cached": cached}
            for stage, (computed, cached) in job.stages.items()
        },
        "ads": [_ad_facts(ad) for ad in job.ads],
    }


async def _file(client: AsyncClient, ad: JobAd) -> File | None:
    if not ad.artifact:
        return None
    return File(await client.jobs.fetch(ad.artifact), await client.jobs.fetch(ad.manifest))


def _ad_facts(ad: JobAd) -> Facts:
    width, height = ad.size
    told = {"prompt": ad.prompt, "width": width, "height": height, "state": ad.state}
    return told | {"seed": ad.seed, "error": sentence(ad.error)}
