"""Campaigns for the page: submits, watches, lists and downloads them."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from cyclorama.client import AsyncClient
from cyclorama.errors import CycloramaError
from cyclorama.formats import Format, format_from_manifest
from cyclorama.jobs import Job, JobAd
from cyclorama.web.error_messages import explain_error, format_sentence
from cyclorama.web.form_options import read_campaign_arguments, read_prompts

JsonObject = dict[str, Any]
# Campaigns in the page's list. More: older ones are listed too, and the list is slower.
MAX_RECENT = 12


@dataclass(frozen=True)
class AdFile:
    """The file of a finished ad, and its manifest."""

    data: bytes
    manifest: bytes

    @property
    def format(self) -> Format:
        """The format that the manifest states."""
        return format_from_manifest(self.manifest)


async def submit_campaign(client: AsyncClient, photo: bytes, form: Mapping[str, Any]) -> JsonObject:
    """Submits a campaign and returns it as JSON; raises the client's errors."""
    arguments = read_campaign_arguments(form)
    return job_to_json(await client.jobs.submit(photo, read_prompts(form), **arguments))


async def watch_campaign(client: AsyncClient, name: str) -> AsyncGenerator[JsonObject, None]:
    """Yields the campaign as JSON after each of its events, and last the error, if any."""
    try:
        async for job in client.jobs.watch(name):
            yield job_to_json(job)
    except CycloramaError as error:
        yield explain_error(error).to_json()


async def list_recent_campaigns(client: AsyncClient) -> list[JsonObject]:
    """Lists the newest campaigns as JSON, without their ads."""
    recent: list[JsonObject] = []
    async for job in client.jobs.list():
        recent.append({key: value for key, value in job_to_json(job).items() if key != "ads"})
        if len(recent) == MAX_RECENT:
            break
    return recent


async def download_ad_file(client: AsyncClient, name: str, position: int) -> AdFile | None:
    """Downloads an ad of a job by its position; None when there is none or it is not finished."""
    ads = (await client.jobs.get(name)).ads
    return await _download_ad(client, ads[position]) if position < len(ads) else None


async def download_ad_files(client: AsyncClient, name: str) -> AsyncIterator[tuple[str, bytes]]:
    """Downloads every finished ad of a job; yields file names and contents, manifests included."""
    for position, ad in enumerate((await client.jobs.get(name)).ads):
        if file := await _download_ad(client, ad):
            stem = f"{position + 1:03d}-{ad.size[0]}x{ad.size[1]}"
            yield f"{stem}{file.format.suffix}", file.data
            yield f"{stem}.json", file.manifest


def job_to_json(job: Job) -> JsonObject:
    """Returns a campaign as JSON for the page."""
    return {
        "kind": "campaign",
        "id": job.name.removeprefix("jobs/"),
        "state": job.state,
        "ended": job.ended,
        "created": f"{job.created:%Y-%m-%dT%H:%M:%SZ}",
        "total": job.total,
        "succeeded": job.count("succeeded"),
        "failed": job.count("failed"),
        "stages": {
            stage: {"computed": computed, "cached": cached}
            for stage, (computed, cached) in job.stages.items()
        },
        "ads": [_job_ad_to_json(ad) for ad in job.ads],
    }


async def _download_ad(client: AsyncClient, ad: JobAd) -> AdFile | None:
    """Downloads the file and the manifest of an ad; None when it is not finished."""
    if not ad.artifact:
        return None
    return AdFile(await client.jobs.fetch(ad.artifact), await client.jobs.fetch(ad.manifest))


def _job_ad_to_json(ad: JobAd) -> JsonObject:
    """Returns an ad of a campaign as JSON for the page."""
    width, height = ad.size
    return {
        "prompt": ad.prompt,
        "width": width,
        "height": height,
        "state": ad.state,
        "seed": ad.seed,
        "error": format_sentence(ad.error),
    }
