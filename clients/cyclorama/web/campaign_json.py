"""Describes campaigns of the page as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import grpc

from cyclorama.engine_mix import count_mixed_engines
from cyclorama.errors import CycloramaError
from cyclorama.job_results import JobAd
from cyclorama.review import plan_review
from cyclorama.web.campaigns import CampaignReport
from cyclorama.web.error_messages import explain_error, name_cause
from cyclorama.web.flaw_texts import describe_verdict, word_review
from cyclorama.web.measurements import describe_profile, describe_quality
from cyclorama.web.placed_ads import PlacedAd
from cyclorama.web.quality_texts import word_mark, word_score
from cyclorama.web.warning_texts import word_glass

JsonObject = dict[str, Any]
# In place of the verdict on an ad that is not finished.
UNFINISHED: JsonObject = {"ready": False, "verdict": "", "looks": []}
MIXED = "They were not all made in the same way, so compare how they look."


def campaign_to_json(campaign: CampaignReport) -> JsonObject:
    """Returns a campaign without its ads as JSON: its name, state and counts."""
    counts = campaign.counts
    return {
        "kind": "campaign",
        "id": campaign.id,
        "name": campaign.name,
        "state": campaign.state,
        "ended": campaign.ended,
        "created": f"{min(job.created for job in campaign.jobs):%Y-%m-%dT%H:%M:%SZ}",
        "total": counts.total(),
        "succeeded": counts["succeeded"],
        "failed": counts["failed"],
        "cancelled": counts["cancelled"],
    }


def ads_to_json(ads: Iterable[tuple[int, PlacedAd]]) -> list[JsonObject]:
    """Returns ads of a campaign as JSON; each with its number in the campaign, from 0."""
    return [{"at": number, **_placed_ad_to_json(ad)} for number, ad in ads]


def review_to_json(ads: Sequence[JobAd]) -> JsonObject:
    """Returns which of a campaign's ads need a person as JSON: a sentence and numbers of ads."""
    numbers = [number for number, ad in enumerate(ads) if ad.artifact]
    finished = [ads[number] for number in numbers]
    review = plan_review(finished)
    return {
        "text": f"{word_review(review)} {MIXED if count_mixed_engines(finished) else ''}".strip(),
        "look_at": [numbers[at] for at in review.look_at],
        "rest": [numbers[at] for at in review.rest],
    }


def name_artifact_path(kind: str, artifact: str) -> str:
    """Returns the address of a kind of artifact by its name, `jobs/{job}/artifacts/{artifact}`.

    kind: "previews", "cards" for a picture in a size to choose, or "briefs" for what a manifest
    says of the prompt.
    """
    _, job, _, key = artifact.split("/")
    return f"{kind}/{job}/{key}"


def _placed_ad_to_json(placed: PlacedAd) -> JsonObject:
    """Returns the state of one ad as JSON, with the addresses of its picture and preview."""
    ad = placed.ad
    width, height = ad.size
    job = placed.job.removeprefix("jobs/")
    return {
        "job": job,
        "position": placed.position,
        "picture": f"campaigns/{job}/{placed.position}" if ad.artifact else "",
        "preview": name_artifact_path("previews", ad.preview) if ad.preview else "",
        "card": name_artifact_path("cards", ad.artifact) if ad.artifact else "",
        "brief": name_artifact_path("briefs", ad.manifest) if ad.manifest else "",
        "photo": ad.photo_name,
        "photo_uri": ad.photo,
        "prompt": ad.prompt,
        "width": width,
        "height": height,
        "state": ad.state,
        "stage": ad.stage,
        "stage_fraction": round(ad.stage_fraction, 2),
        "attempt": ad.attempt,
        "retry_cause": name_cause(ad.retry_reason),
        "seed": ad.seed,
        "error": _explain_failure(ad) if ad.error else None,
        "left_out": [asdict(words) for each in ad.warnings for words in each.left_out],
        "glass": word_glass(ad.warnings),
        **(describe_verdict(ad.measurements, ad.profile) if ad.artifact else UNFINISHED),
        "mark": word_mark(ad.score),
        "reasons": word_score(ad.reasons),
        "quality": describe_quality(ad.measurements),
        "profile": describe_profile(ad.profile),
    }


def _explain_failure(ad: JobAd) -> dict[str, str | bool]:
    """Returns why an ad failed as JSON, as the page explains the error of a single ad."""
    code = grpc.StatusCode[ad.error_status or "UNKNOWN"]
    error = CycloramaError(code, ad.error, reason=ad.error_reason, stage=ad.error_stage)
    return explain_error(error).to_json()
