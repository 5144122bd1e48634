"""The folder of a campaign's ads: its report.json, report.html and results.csv."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cyclorama
from cyclorama.cli.campaigns import FilePart
from cyclorama.cli.follow import CampaignJob, report_job
from cyclorama.cli.results_csv import write_results_csv
from cyclorama.documents import read_json_object

# Files that say that a folder has a campaign.
REPORT, TABLE = "report.json", "results.csv"


@dataclass(frozen=True)
class CampaignRecord:
    """A campaign in its folder: where it came from, its request ID, and its jobs as of now."""

    source: str
    request_id: str
    jobs: Sequence[CampaignJob]

    def report(self, review: dict[str, Any] | None = None) -> dict[str, Any]:
        """Returns the report of the campaign as JSON; review: None until all jobs have ended."""
        jobs = [
            {"line": each.part.line or None, "photos": [str(path) for path in each.part.photos]}
            | (report_job(each.job) if each.job else {"job": None, "state": "failed"})
            | {"error": each.error, "ads": each.report_ads()}
            for each in self.jobs
        ]
        head = {"campaign": self.source, "request_id": self.request_id}
        return head | {"jobs": jobs, "review": review}


def choose_folder(folder: Path, request_id: str) -> Path:
    """Returns a folder for a new campaign: a numbered one next to `folder` if that has another.

    request_id: of the campaign, which continues in the folder that has one with the same ID.
    """
    number, chosen = 1, folder
    while _has_other_campaign(chosen, request_id):
        number += 1
        # The folder "." has no name of its own.
        named = folder if folder.name.strip(".") else folder.resolve()
        chosen = named.with_name(f"{named.name}-{number}")
    return chosen


def write_campaign(record: CampaignRecord, folder: Path) -> None:
    """Writes a campaign that has not ended, so that it can be continued: table and report."""
    _write_report(record.report(), folder)
    ads = [ad for each in record.jobs for ad in each.report_ads()]
    write_results_csv(ads, folder / TABLE)


def read_campaign_record(client: "cyclorama.Client", folder: Path) -> CampaignRecord | None:
    """Reads the campaign of a folder and the state of its jobs; None if there is none."""
    if not (folder / REPORT).is_file():
        return None
    document = read_json_object(folder / REPORT)
    try:
        jobs = [_read_job(client, each) for each in document["jobs"]]
        return CampaignRecord(document["campaign"], document["request_id"], jobs)
    except (KeyError, TypeError):
        raise ValueError(f"{folder / REPORT}: is no report of a campaign") from None


def write_review(
    record: CampaignRecord, folder: Path, flawed_share: float | None
) -> dict[str, Any]:
    """Writes report.html, report.json and results.csv of a campaign; returns its report as JSON.

    flawed_share: the largest expected share of flawed ads among those that need no look, 0 to 1;
    None: as plan_review chooses.
    """
    # Here: --help starts faster without gRPC.
    from cyclorama.engine_mix import describe_engine_mix
    from cyclorama.report_page import render_report
    from cyclorama.review import describe_review, plan_review

    ads = [ad for each in record.jobs for ad in each.list_reported_ads()]
    finished = [ad for ad in ads if ad.file]
    review = plan_review([each.ad for each in finished], flawed_share)
    look_at = [finished[at].file for at in review.look_at]
    page = folder / "report.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    # Photos may have names that are no valid text.
    text = render_report(finished, review, [ad for ad in ads if not ad.file])
    page.write_text(text, encoding="utf-8", errors="replace")
    report = record.report(
        {
            "text": describe_review(review),
            "mixed_engines": describe_engine_mix(each.ad for each in finished),
            "look_at": look_at,
            "flawed_share": round(review.flawed_share, 4),
            "report": str(page),
        }
    )
    reported = [ad for each in report["jobs"] for ad in each["ads"]]
    for ad in reported:
        ad["needs_review"] = ad["file"] in look_at if ad["file"] else None
    write_results_csv(reported, folder / TABLE)
    _write_report(report, folder)
    return report


def _has_other_campaign(folder: Path, request_id: str) -> bool:
    """Whether a folder has the files of a campaign with another request ID, or without one.

    A campaign of which no part was submitted leaves nothing to keep.
    """
    if not any((folder / name).exists() for name in (REPORT, TABLE)):
        return False
    try:
        report = read_json_object(folder / REPORT)
    except (OSError, ValueError):
        return True
    jobs = report.get("jobs")
    is_empty = isinstance(jobs, list) and not any(map(_find_job_name, jobs))
    return not is_empty and not (request_id and report.get("request_id") == request_id)


def _find_job_name(job: Any) -> object:
    """Returns the name of a job of a report; None if it was rejected."""
    return job.get("job") if isinstance(job, dict) else None


def _write_report(report: dict[str, Any], folder: Path) -> None:
    """Writes a report as JSON to the folder, which is created."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / REPORT).write_text(json.dumps(report, indent=2) + "\n")


def _read_job(client: "cyclorama.Client", document: dict[str, Any]) -> CampaignJob:
    """Returns a job of a report as of now."""
    photos = tuple(map(Path, document["photos"]))
    if document["job"]:
        part = FilePart(photos, (), {}, document["line"] or 0)
        return CampaignJob(part, client.jobs.get(document["job"]))
    (ad,) = document["ads"]
    size = {"sizes": [tuple(ad["size"])]} if ad["size"] else {}
    part = FilePart(photos, (ad["prompt"],), size, document["line"] or 0)
    return CampaignJob(part, error=document["error"])
