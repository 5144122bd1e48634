"""Writes the reports of a whole campaign: report.html and results.csv."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cyclorama.cli.follow import FollowedJob

# Columns of results.csv.
COLUMNS = (
    *("photo", "prompt", "size", "state", "file", "error"),
    *("mark", "flaw_probability", "needs_review", "reasons", "engines"),
)


def write_results_csv(jobs: Iterable[FollowedJob], path: Path) -> Iterator[FollowedJob]:
    """Yields jobs unchanged, and writes a CSV row for each of their ads.

    Which ads need a review is known after the last job: `write_review` completes the rows.

    jobs: each is written as it arrives, while others are still to come. path: of the CSV file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        lines = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        lines.writeheader()
        for job in jobs:
            lines.writerows(map(_format_csv_row, job.report["ads"]))
            file.flush()
            yield job


def write_review(
    jobs: Sequence[FollowedJob], output: Path, flawed_share: float | None
) -> dict[str, Any]:
    """Writes report.html and results.csv of a campaign's jobs; returns the review as JSON.

    output: the folder of the ads. flawed_share: the largest expected share of flawed ads among
    those that need no look, 0 to 1; None: as plan_review chooses.
    """
    # Here: --help starts faster without gRPC.
    from cyclorama.engine_mix import describe_engine_mix
    from cyclorama.report_page import render_report
    from cyclorama.review import describe_review, plan_review

    ads = [ad for job in jobs for ad in job.ads]
    finished = [ad for ad in ads if ad.file]
    review = plan_review([each.ad for each in finished], flawed_share)
    look_at = [finished[at].file for at in review.look_at]
    for job in jobs:
        for ad in job.report["ads"]:
            ad["needs_review"] = ad["file"] in look_at if ad["file"] else None
    # Written again, now that every row is complete.
    list(write_results_csv(jobs, output / "results.csv"))
    report = output / "report.html"
    page = render_report(finished, review, [ad for ad in ads if not ad.file])
    # Photos may have names that are no valid text.
    report.write_text(page, encoding="utf-8", errors="replace")
    return {
        "text": describe_review(review),
        "mixed_engines": describe_engine_mix(each.ad for each in finished),
        "look_at": look_at,
        "flawed_share": round(review.flawed_share, 4),
        "report": str(report),
    }


def _format_csv_row(ad: Mapping[str, Any]) -> dict[str, Any]:
    """Returns an ad of a job's report as a row of results.csv.

    Its size and engines are texts, whether it needs a review is "yes" or "no", nothing is None.
    """
    needs_review = {True: "yes", False: "no", None: ""}[ad.get("needs_review")]
    size = "x".join(map(str, ad["size"] or ()))
    texts = {"size": size, "needs_review": needs_review, "engines": _format_engines(ad["engines"])}
    row = {**ad, **texts, "mark": ad["score"]}
    return {name: "" if value is None else value for name, value in row.items()}


def _format_engines(engines: Mapping[str, str]) -> str:
    """Returns engines by stage as a text, such as "background: studio, inpainting: grounding"."""
    return ", ".join(f"{stage}: {engine}" for stage, engine in engines.items())
