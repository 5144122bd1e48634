"""Follows jobs: shows them live, downloads their ads, and writes reports."""

import csv
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table

import cyclorama
from cyclorama.cli.output import color_by_state

# Lines of a terminal above the live table: the job, its bar, the header, and two spare ones.
HEAD_LINES = 5
# The order of the live table, most important first, when the terminal cannot show all ads.
URGENCY = ("running", "failed", "queued", "cancelled", "succeeded")
# Columns of results.csv.
COLUMNS = ("photo", "prompt", "size", "state", "file", "error")


def follow_job(
    client: "cyclorama.Client",
    name: str,
    output: Path,
    console: Console,
    prefix: str = "",
    photos: Sequence[Path] = (),
) -> dict[str, Any]:
    """Shows a job live and saves each ad as it is finished; returns the report that it writes.

    prefix: of the names of all files. photos: those that were submitted, if they are known.
    """
    saved: dict[int, Path] = {}
    start = time.monotonic()
    with Live(console=console, transient=not console.is_terminal) as live:
        for job in client.jobs.watch(name):
            live.update(_render_job(job, time.monotonic() - start, console.height - HEAD_LINES))
            for position, ad in enumerate(job.ads):
                if ad.artifact and position not in saved:
                    path = output / f"{prefix}{position + 1:04d}"
                    saved[position] = download_ad(client, ad, path)
    return write_report(report_job(job, saved, photos), output / f"{prefix}report.json")


def write_report(report: dict[str, Any], path: Path) -> dict[str, Any]:
    """Writes a report to a file and returns it with the file's path added."""
    report = report | {"report": str(path)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")
    return report


def download_ad(client: "cyclorama.Client", ad: "cyclorama.JobAd", path: Path) -> Path:
    """Downloads an ad and its manifest next to it; returns the path with the ad's suffix."""
    from cyclorama.formats import format_from_manifest

    manifest = client.jobs.fetch(ad.manifest)
    path = path.with_suffix(format_from_manifest(manifest).suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(client.jobs.fetch(ad.artifact))
    path.with_suffix(".json").write_bytes(manifest)
    return path


def tabulate_ads(job: "cyclorama.Job", positions: Sequence[int] | None = None) -> Table:
    """Returns a table of a job's ads, or of those at some positions."""
    table = Table("", "ad", "size", "state", box=None)
    for position in range(len(job.ads)) if positions is None else positions:
        ad = job.ads[position]
        state = color_by_state(ad.state, escape(ad.error) or ad.state)
        size = f"{ad.size[0]} x {ad.size[1]}"
        table.add_row(str(position + 1), escape(ad.prompt), size, state)
    return table


def report_job(
    job: "cyclorama.Job", saved: dict[int, Path] | None = None, photos: Sequence[Path] = ()
) -> dict[str, Any]:
    """Returns a job as JSON: results by stage, and every ad with its file or its error.

    saved: the files of finished ads by position. photos: those that were submitted.
    """
    files = saved or {}
    # A job's ads are ordered by photo.
    ads_per_photo = len(job.ads) // max(1, len(photos))
    return {
        "job": job.name,
        "state": job.state,
        "created": f"{job.created.isoformat()}Z",
        "updated": f"{job.updated.isoformat()}Z",
        "stages": {
            stage: {"computed": computed, "cached": cached}
            for stage, (computed, cached) in job.stages.items()
        },
        "ads": [
            {
                "photo": str(photos[position // ads_per_photo]) if photos else None,
                "file": files[position].name if position in files else None,
                "prompt": ad.prompt,
                "size": list(ad.size),
                "seed": ad.seed,
                "state": ad.state,
                "error": ad.error,
            }
            for position, ad in enumerate(job.ads)
        ],
    }


def write_results_csv(reports: Iterable[dict[str, Any]], path: Path) -> Iterator[dict[str, Any]]:
    """Yields reports unchanged, and writes a CSV row for each of their ads as they arrive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        lines = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        lines.writeheader()
        for report in reports:
            lines.writerows(map(_format_csv_row, report["ads"]))
            file.flush()
            yield report


def _render_job(job: "cyclorama.Job", seconds: float, max_rows: int) -> RenderableType:
    """Renders a job for a terminal: counts, a progress bar, and as many ads as fit."""
    counts = Counter(ad.state for ad in job.ads)
    states = "  ".join(
        f"{color_by_state(state)} {counts[state]}" for state in URGENCY if counts[state]
    )
    from cyclorama.jobs import END_STATES

    ended = sum(counts[state] for state in END_STATES)
    head = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=len(job.ads), completed=ended, width=28)
    head.add_row(bar, f"{ended} of {len(job.ads)}", _format_time_left(ended, len(job.ads), seconds))
    positions = sorted(range(len(job.ads)), key=lambda at: URGENCY.index(job.ads[at].state))
    return Group(
        f"{job.name}  {states}", head, tabulate_ads(job, sorted(positions[: max(max_rows, 1)]))
    )


def _format_time_left(ended: int, count: int, seconds: float) -> str:
    """Estimates the time left from the mean time per ad so far; empty before the first ad ends."""
    if not 0 < ended < count:
        return ""
    return f"[dim]about {seconds / ended * (count - ended):.0f} s left[/]"


def _format_csv_row(ad: dict[str, Any]) -> dict[str, Any]:
    """Returns an ad of a report as a row of results.csv."""
    size = "x".join(map(str, ad["size"])) if ad["size"] else ""
    return ad | {"size": size, "file": ad["file"] or ""}
