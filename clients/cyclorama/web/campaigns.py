"""Campaigns for the page: submits, watches, lists and downloads them."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import asdict
from typing import Any

from cyclorama.async_client import AsyncClient
from cyclorama.engine_mix import describe_engine_mix
from cyclorama.errors import CycloramaError
from cyclorama.formats import find_format
from cyclorama.job_results import JobAd, JobReport
from cyclorama.measurement_texts import word_reasons
from cyclorama.report_page import ReportedAd, render_report
from cyclorama.results import Ad
from cyclorama.review import describe_review, format_probability, plan_review
from cyclorama.web.error_messages import explain_error, format_sentence
from cyclorama.web.form_options import read_campaign_arguments, read_prompts
from cyclorama.web.forms import AdForm
from cyclorama.web.measurements import describe_profile, describe_quality

JsonObject = dict[str, Any]
# Campaigns in the page's list. More: older ones are listed too, and the list is slower.
MAX_RECENT = 12


async def submit_campaign(client: AsyncClient, form: AdForm) -> JsonObject:
    """Submits a form as a campaign, many ads as one job, and returns the job as JSON.

    Raises the errors of Client.jobs.submit, and ValueError when a value is invalid.
    """
    arguments = read_campaign_arguments(form.options)
    # A mask corrects the cut-out of one photo.
    arguments |= {name: data for name, data in form.pictures.items() if name != "mask"}
    job = await client.jobs.submit(form.photo, read_prompts(form.options), **arguments)
    return job_to_json(job)


async def watch_campaign(client: AsyncClient, name: str) -> AsyncGenerator[JsonObject, None]:
    """Yields a campaign's job, such as "jobs/5f0c", as JSON after each event; last the error."""
    try:
        async for job in client.jobs.watch(name):
            yield job_to_json(job)
    except CycloramaError as error:
        yield explain_error(error).to_json()


async def list_recent_campaigns(client: AsyncClient) -> list[JsonObject]:
    """Returns the newest campaigns, at most MAX_RECENT, as JSON without their ads."""
    recent: list[JsonObject] = []
    async for job in client.jobs.list():
        recent.append({key: value for key, value in job_to_json(job).items() if key != "ads"})
        if len(recent) == MAX_RECENT:
            break
    return recent


async def download_ad_file(client: AsyncClient, name: str, position: int) -> Ad | None:
    """Downloads an ad of a job; None when there is none at the position or it is not finished.

    name: of the job, such as "jobs/5f0c". position: of the ad in the job, counted from 0.
    """
    ads = (await client.jobs.get(name)).ads
    is_finished = position < len(ads) and ads[position].artifact
    return await client.jobs.fetch_ad(ads[position]) if is_finished else None


async def download_ad_files(client: AsyncClient, name: str) -> AsyncIterator[tuple[str, bytes]]:
    """Yields the names and contents of the files of every finished ad of a job, then its report.

    These are two for each ad, its picture and its manifest, and report.html. name: of the job, such
    as "jobs/5f0c".
    """
    reported = []
    for position, ad in enumerate((await client.jobs.get(name)).ads):
        if ad.artifact:
            made = await client.jobs.fetch_ad(ad)
            stem = f"{position + 1:03d}-{ad.size[0]}x{ad.size[1]}"
            file = f"{stem}{find_format(made.format).suffix}"
            yield file, made.data
            yield f"{stem}.json", made.manifest_json.encode()
            preview = await client.jobs.fetch(ad.preview) if ad.preview else b""
            reported.append(ReportedAd(ad, "", file, preview))
        else:
            reported.append(ReportedAd(ad))
    finished = [each for each in reported if each.file]
    review = plan_review([each.ad for each in finished])
    page = render_report(finished, review, [each for each in reported if not each.file])
    yield "report.html", page.encode(errors="replace")


def job_to_json(job: JobReport) -> JsonObject:
    """Returns a job, the state of a campaign and its ads, as JSON for the page."""
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
        "review": _review_to_json(job) if job.ended else None,
    }


def _review_to_json(job: JobReport) -> JsonObject:
    """Returns which of a job's ads need a person as JSON: a sentence and positions in the job."""
    positions = [position for position, ad in enumerate(job.ads) if ad.artifact]
    finished = [job.ads[position] for position in positions]
    review = plan_review(finished)
    return {
        "text": f"{describe_review(review)} {describe_engine_mix(finished)}".strip(),
        "look_at": [positions[at] for at in review.look_at],
        "rest": [positions[at] for at in review.rest],
    }


def _job_ad_to_json(ad: JobAd) -> JsonObject:
    """Returns the state of one ad of a campaign as JSON for the page."""
    width, height = ad.size
    return {
        "prompt": ad.prompt,
        "width": width,
        "height": height,
        "state": ad.state,
        "seed": ad.seed,
        "error": format_sentence(ad.error),
        "left_out": [asdict(words) for each in ad.warnings for words in each.left_out],
        "score": ad.score,
        "likely": format_probability(ad.flaw_probability),
        "reasons": word_reasons(ad.reasons),
        "quality": describe_quality(ad.measurements),
        "profile": describe_profile(ad.profile),
    }
