"""Downloads of the page's campaigns: single ads, previews, and zips of all or the chosen ads."""

import json
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

import grpc

from cyclorama.async_client import AsyncClient
from cyclorama.errors import NotFound
from cyclorama.formats import find_format
from cyclorama.job_results import JobAd
from cyclorama.report_page import ReportedAd, render_report
from cyclorama.result_names import name_results, simplify_text
from cyclorama.results import Ad
from cyclorama.review import plan_review

# Names of the scenes that the page has pictures of, by their descriptions.
SCENE_NAMES: Mapping[str, str] = {
    scene["prompt"]: scene["name"]
    for scene in json.loads(Path(__file__).with_name("static").joinpath("scenes.json").read_bytes())
}
# Folder of the manifests in a zip, so that the pictures are alone in theirs.
PROOF = "proof"
RANGES = re.compile(r"\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*")


def read_numbers(text: str) -> set[int]:
    """Returns the numbers of ads that ascending ranges such as "0-5,9" name.

    Raises ValueError for any other text.
    """
    if not RANGES.fullmatch(text):
        raise ValueError(f"ads: {text[:40]} is no list of numbers, such as 0-5,9")
    numbers, after = set[int](), -1
    for part in text.split(","):
        first, _, last = part.partition("-")
        # Each number is read once, however many ranges there are.
        if int(first) <= after:
            raise ValueError(f"ads: {part} comes after {after}; write the numbers in order")
        after = int(last or first)
        numbers.update(range(int(first), after + 1))
    return numbers


def name_ad_files(ads: Sequence[JobAd]) -> list[str]:
    """Returns the name of the files of each ad of a campaign, without a suffix, all different."""
    # An unknown photo is named by its content.
    return list(
        name_results(
            (ad.photo_name or ad.photo[:8], SCENE_NAMES.get(ad.prompt, ad.prompt), ad.size)
            for ad in ads
        )
    )


def name_zip(campaign: str, ads: Sequence[JobAd], day: date) -> str:
    """Returns the name of the zip of a campaign: its own or its only scene, and its day."""
    scenes = {SCENE_NAMES.get(ad.prompt, ad.prompt) for ad in ads}
    scene = scenes.pop().lower() if len(scenes) == 1 else ""
    return f"{simplify_text(campaign) or simplify_text(scene) or 'campaign'}_{day}.zip"


async def download_campaign_ad(client: AsyncClient, job: str, position: int) -> tuple[str, Ad]:
    """Downloads an ad of a job; returns the name of its file, and the ad.

    job: its name, such as "jobs/5f0c". position: of the ad in the job, counted from 0. Raises
    NotFound when there is no such ad or it is not finished.
    """
    ads = (await client.jobs.get(job)).ads
    if position >= len(ads) or not ads[position].artifact:
        raise NotFound(grpc.StatusCode.NOT_FOUND, "the ad is not finished", reason="NOT_FOUND")
    made = await client.jobs.fetch_ad(ads[position])
    return f"{name_ad_files(ads)[position]}{find_format(made.format).suffix}", made


async def download_ad_files(
    client: AsyncClient, ads: Sequence[JobAd], chosen: Collection[int] | None
) -> AsyncIterator[tuple[str, bytes]]:
    """Yields the names and contents of the files of finished ads of a campaign, then its report.

    These are the picture of each ad, its manifest in the folder PROOF of the same name, and
    report.html. ads: of the campaign. chosen: numbers of the ads to download, counted from 0; None
    for all.
    """
    finished, unfinished = list[ReportedAd](), list[ReportedAd]()
    for number, (ad, name) in enumerate(zip(ads, name_ad_files(ads), strict=True)):
        if chosen is not None and number not in chosen:
            continue
        if not ad.artifact:
            unfinished.append(ReportedAd(ad, ad.photo_name))
            continue
        made = await client.jobs.fetch_ad(ad)
        file = f"{name}{find_format(made.format).suffix}"
        yield file, made.data
        manifest = f"{PROOF}/{name}.json"
        yield manifest, made.manifest_json.encode()
        preview = await client.jobs.fetch(ad.preview) if ad.preview else b""
        finished.append(ReportedAd(ad, ad.photo_name, file, preview, manifest))
    review = plan_review([each.ad for each in finished])
    yield "report.html", render_report(finished, review, unfinished).encode(errors="replace")
