"""Follows jobs: a live table on a terminal, ads into files, a report and a table at the end."""

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
from cyclorama.cli.output import colored

# Lines of a terminal that a live table leaves for its head.
HEAD = 5
# What a live table shows first where there is no room for all.
URGENCY = ("running", "failed", "queued", "cancelled", "succeeded")
# Of the table of what became of each photo of a campaign.
COLUMNS = ("photo", "prompt", "size", "state", "file", "error")


def follow(
    client: "cyclorama.Client",
    name: str,
    output: Path,
    console: Console,
    prefix: str = "",
    photos: Sequence[Path] = (),
) -> dict[str, Any]:
    """Draws a job live and saves each ad as it is made; returns what is also in the report file.

    photos: the files that it was submitted with, where they are known.
    """
    saved: dict[int, Path] = {}
    start = time.monotonic()
    with Live(console=console, transient=not console.is_terminal) as live:
        for job in client.jobs.watch(name):
            live.update(_drawn(job, time.monotonic() - start, console.height - HEAD))
            for position, ad in enumerate(job.ads):
                if ad.artifact and position not in saved:
                    path = output / f"{prefix}{position + 1:04d}"
                    saved[position] = save(client, ad, path)
    return write_report(report_of(job, saved, photos), output / f"{prefix}report.json")


def write_report(report: dict[str, Any], path: Path) -> dict[str, Any]:
    """Writes a report to a file, and returns it with the file's name."""
    report = report | {"report": str(path)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")
    return report


def save(client: "cyclorama.Client", ad: "cyclorama.JobAd", path: Path) -> Path:
    """Writes an ad, and its manifest beside it; the path gets the suffix that fits."""
    from cyclorama.formats import read_format

    manifest = client.jobs.fetch(ad.manifest)
    path = path.with_suffix(read_format(manifest).suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(client.jobs.fetch(ad.artifact))
    path.with_suffix(".json").write_bytes(manifest)
    return path


def table_of(job: "cyclorama.Job", positions: Sequence[int] | None = None) -> Table:
    """The ads of a job, or some of them, a line each."""
    table = Table("", "ad", "size", "state", box=None)
    for position in range(len(job.ads)) if positions is None else positions:
        ad = job.ads[position]
        state = colored(ad.state, escape(ad.error) or ad.state)
        size = f"{ad.size[0]} x {ad.size[1]}"
        table.add_row(str(position + 1), escape(ad.prompt), size, state)
    return table


def report_of(
    job: "cyclorama.Job", saved: dict[int, Path] | None = None, photos: Sequence[Path] = ()
) -> dict[str, Any]:
    """A job for programs: what each stage did, and every ad with its file or its error."""
    files = saved or {}
    # A job's ads are ordered by photo.
    each = len(job.ads) // max(1, len(photos))
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
                "photo": str(photos[position // each]) if photos else None,
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


def write_results(reports: Iterable[dict[str, Any]], path: Path) -> Iterator[dict[str, Any]]:
    """The reports as they come, each ad of them a line of a .csv file as soon as it is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        lines = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        lines.writeheader()
        for report in reports:
            lines.writerows(map(_line, report["ads"]))
            file.flush()
            yield report


def _drawn(job: "cyclorama.Job", seconds: float, room: int) -> RenderableType:
    """A job on a terminal: its counts, a bar with the time left, and as many ads as fit."""
    counts = Counter(ad.state for ad in job.ads)
    told = "  ".join(f"{colored(state)} {counts[state]}" for state in URGENCY if counts[state])
    from cyclorama.jobs import ENDED

    ended = sum(counts[state] for state in ENDED)
    head = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=len(job.ads), completed=ended, width=28)
    head.add_row(bar, f"{ended} of {len(job.ads)}", _left(ended, len(job.ads), seconds))
    shown = sorted(range(len(job.ads)), key=lambda each: URGENCY.index(job.ads[each].state))
    return Group(f"{job.name}  {told}", head, table_of(job, sorted(shown[: max(room, 1)])))


def _left(ended: int, count: int, seconds: float) -> str:
    """The time left, from that of the ads that have ended while we watched."""
    if not 0 < ended < count:
        return ""
    return f"[dim]about {seconds / ended * (count - ended):.0f} s left[/]"


def _line(ad: dict[str, Any]) -> dict[str, Any]:
    size = "x".join(map(str, ad["size"])) if ad["size"] else ""
    return ad | {"size": size, "file": ad["file"] or ""}
