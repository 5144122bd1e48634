"""The folder of a campaign's ads: its report.json, report.html and results.csv."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import cyclorama
from cyclorama.cli.campaigns import FilePart
from cyclorama.cli.folder_claims import claim_folder
from cyclorama.cli.follow import CampaignJob, parse_reported_ad, report_job
from cyclorama.cli.results_csv import write_results_csv
from cyclorama.documents import read_json_object
from cyclorama.file_replacement import replace_file

# Files that say that a folder has a campaign.
REPORT, TABLE = "report.json", "results.csv"
# The state of a part in a report until it is submitted.
PENDING = "pending"


@dataclass(frozen=True)
class CampaignRecord:
    """A campaign in its folder: where it came from, its request ID, and its jobs as of now.

    fingerprint: that of its Campaign, or empty.
    """

    source: str
    request_id: str
    jobs: Sequence[CampaignJob]
    fingerprint: str = ""

    def report(self, review: dict[str, Any] | None = None) -> dict[str, Any]:
        """Returns the report of the campaign as JSON; review: None until all jobs have ended."""
        jobs = [
            {"line": each.part.line or None, "photos": [str(path) for path in each.part.photos]}
            | (report_job(each.job) if each.job else _report_missing_job(each))
            | {"error": each.error, "ads": each.report_ads()}
            for each in self.jobs
        ]
        head = {"campaign": self.source, "request_id": self.request_id}
        head["fingerprint"] = self.fingerprint
        return head | {"jobs": jobs, "review": review}


@contextmanager
def claim_campaign_folder(
    folder: Path, request_id: str = "", fingerprint: str = ""
) -> Iterator[tuple[Path, str]]:
    """Claims a folder for a campaign: a numbered one next to `folder` if that has another.

    Yields the folder, which no other command writes to inside the context, and the request ID of
    the campaign. A campaign continues where one has the same ID and, without an ID, where one has
    the same fingerprint and parts that were not submitted: it has that one's ID then.
    """
    number, chosen = 1, folder
    while True:
        with claim_folder(chosen) as is_claimed:
            found = _choose_request_id(chosen, request_id, fingerprint) if is_claimed else ""
            if found:
                yield chosen, found
                return
        number += 1
        # The folder "." has no name of its own.
        named = folder if folder.name.strip(".") else folder.resolve()
        chosen = named.with_name(f"{named.name}-{number}")


def forget_campaign(folder: Path) -> None:
    """Removes the files of a campaign of which nothing was made, and the folder if it is empty."""
    for name in (REPORT, TABLE):
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def write_campaign(record: CampaignRecord, folder: Path) -> None:
    """Writes a campaign that has not ended, so that it can be continued: table and report."""
    _write_report(record.report(), folder)
    ads = [ad for each in record.jobs for ad in each.report_ads()]
    write_results_csv(ads, folder / TABLE)


def has_campaign(folder: Path, job: str = "") -> bool:
    """Whether a folder has a campaign; job: the name of a job that it must have, or empty."""
    if not (folder / REPORT).is_file():
        return False
    jobs = read_json_object(folder / REPORT).get("jobs")
    return not job or any(each.get("job") == job for each in _list_objects(jobs))


def list_recorded_jobs(folder: Path) -> list[str]:
    """Returns the names of the jobs of a folder's campaign; ValueError if there are none."""
    jobs = _list_objects(read_json_object(folder / REPORT).get("jobs"))
    names = [each["job"] for each in jobs if isinstance(each.get("job"), str)]
    if not names:
        raise ValueError(f"{folder / REPORT}: names no jobs")
    return names


def read_campaign_record(client: "cyclorama.Client", folder: Path) -> CampaignRecord:
    """Reads the campaign of a folder and the state of its jobs.

    Of a job that the gateway no longer has, it is the state that the folder's report has.
    """
    document = read_json_object(folder / REPORT)
    try:
        jobs = [_read_job(client, each, folder) for each in document["jobs"]]
        fingerprint = document.get("fingerprint", "")
        return CampaignRecord(document["campaign"], document["request_id"], jobs, fingerprint)
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
    from cyclorama.review import plan_review
    from cyclorama.web.flaw_texts import word_review

    ads = [ad for each in record.jobs for ad in each.list_reported_ads()]
    finished = [ad for ad in ads if ad.file]
    review = plan_review([each.ad for each in finished], flawed_share)
    look_at = [finished[at].file for at in review.look_at]
    page = folder / "report.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    text = render_report(finished, review, [ad for ad in ads if not ad.file])
    # Photos may have names that are no valid text.
    replace_file(page, text.encode(errors="replace"))
    report = record.report(
        {
            "text": word_review(review),
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


def _choose_request_id(folder: Path, request_id: str, fingerprint: str) -> str:
    """Returns the ID of a campaign that may be written to a folder; empty if that has another.

    request_id, fingerprint: as of claim_campaign_folder.
    """
    if not any((folder / name).exists() for name in (REPORT, TABLE)):
        return request_id or str(uuid4())
    try:
        report = read_json_object(folder / REPORT)
    except (OSError, ValueError):
        return ""
    if not isinstance(report.get("jobs"), list):
        return ""
    jobs, recorded = _list_objects(report["jobs"]), str(report.get("request_id") or "")
    if request_id and recorded == request_id:
        return request_id
    is_pending = any(each.get("state") == PENDING for each in jobs)
    if is_pending and not request_id and fingerprint and report.get("fingerprint") == fingerprint:
        return recorded
    # A campaign of which every part was rejected leaves nothing to keep.
    is_kept = is_pending or any(each.get("job") for each in jobs)
    return "" if is_kept else request_id or str(uuid4())


def _list_objects(values: Any) -> list[dict[str, Any]]:
    """Returns the objects of a list of JSON; none of anything else."""
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _report_missing_job(job: CampaignJob) -> dict[str, Any]:
    """Returns what a report says of a part without a job, as report_job does of a job."""
    return {"job": None, "state": PENDING if job.is_pending else "failed"}


def _write_report(report: dict[str, Any], folder: Path) -> None:
    """Writes a report as JSON to the folder, which is created."""
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / REPORT, f"{json.dumps(report, indent=2)}\n".encode())


def _read_job(client: "cyclorama.Client", document: dict[str, Any], folder: Path) -> CampaignJob:
    """Returns a job of a report as of now; folder: of the report."""
    photos = tuple(map(Path, document["photos"]))
    if document["job"]:
        part = FilePart(photos, (), {}, document["line"] or 0)
        try:
            return CampaignJob(part, client.jobs.get(document["job"]))
        except cyclorama.NotFound:
            return _restore_job(part, document, folder)
    (ad,) = document["ads"]
    size = {"sizes": [tuple(ad["size"])]} if ad["size"] else {}
    part = FilePart(photos, (ad["prompt"],), size, document["line"] or 0)
    return CampaignJob(part, error=document["error"])


def _restore_job(part: FilePart, document: dict[str, Any], folder: Path) -> CampaignJob:
    """Returns a job that the gateway no longer has, as a report in a folder describes it."""
    ads = tuple(map(parse_reported_ad, document["ads"]))
    created, updated = map(_parse_time, (document["created"], document["updated"]))
    job = cyclorama.Job(document["job"], document["state"], created, updated, ads, {}, {})
    files = {at: ad["file"] for at, ad in enumerate(document["ads"]) if ad["file"]}
    saved = {at: folder / name for at, name in files.items() if (folder / name).is_file()}
    restored = CampaignJob(part, job, saved=saved)
    restored.mark_deleted()
    return restored


def _parse_time(text: str) -> datetime:
    """Returns a time of a report, in UTC without a time zone, as jobs have it."""
    return datetime.fromisoformat(text.removesuffix("Z"))
