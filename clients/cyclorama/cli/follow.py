"""Follows jobs: shows them live, downloads their ads, and reports on them."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table

import cyclorama
from cyclorama.cli.output import color_by_state, format_left_out

# Lines of a terminal above the live table: the job, its bar, the header, and two spare ones.
HEAD_LINES = 5
# The order of the live table, most important first, when the terminal cannot show all ads.
URGENCY = ("running", "failed", "queued", "cancelled", "succeeded")

if TYPE_CHECKING:
    from cyclorama.report_page import ReportedAd


@dataclass(frozen=True)
class FollowedJob:
    """A job that was followed to its end: its report as JSON, and its ads, in the same order."""

    report: dict[str, Any]
    ads: "Sequence[ReportedAd]"


def follow_job(
    client: "cyclorama.Client",
    name: str,
    output: Path,
    console: Console,
    prefix: str = "",
    photos: Sequence[Path] = (),
) -> FollowedJob:
    """Shows a job live until it ends, and saves each ad to a folder as soon as it is finished.

    name: of the job. output: the folder. console: where to show the job. prefix: of the names of
    all files. photos: paths of the submitted photos, in order, if they are known.

    Also writes the report of the job as JSON to the folder.
    """
    from cyclorama.report_page import ReportedAd  # Here: --help starts faster without gRPC.

    # Paths and previews by the position of the ad in the job.
    saved: dict[int, Path] = {}
    previews: dict[int, bytes] = {}
    start = time.monotonic()
    # Without a terminal, nothing of the live table stays in the output.
    with Live(console=console, transient=not console.is_terminal) as live:
        for job in client.jobs.watch(name):
            live.update(_render_job(job, time.monotonic() - start, console.height - HEAD_LINES))
            for position, ad in enumerate(job.ads):
                if ad.artifact and position not in saved:
                    path = output / f"{prefix}{position + 1:04d}"
                    saved[position] = download_ad(client, ad, path)
                    previews[position] = client.jobs.fetch(ad.preview) if ad.preview else b""
    report = report_job(job, saved, photos)
    ads = [
        ReportedAd(ad, fields["photo"] or "", fields["file"] or "", previews.get(position, b""))
        for position, (ad, fields) in enumerate(zip(job.ads, report["ads"], strict=True))
    ]
    return FollowedJob(write_report(report, output / f"{prefix}report.json"), ads)


def write_report(report: dict[str, Any], path: Path) -> dict[str, Any]:
    """Writes the report of a job as JSON to a file, and returns it with the file's path added."""
    report = report | {"report": str(path)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")
    return report


def download_ad(client: "cyclorama.Client", ad: "cyclorama.JobAd", path: Path) -> Path:
    """Downloads a finished ad of a job, and its manifest next to it as .json.

    path: of the ad without a suffix. Returns it with the suffix of the ad's format.
    """
    from cyclorama.formats import format_from_manifest  # Here: --help starts faster.

    manifest = client.jobs.fetch(ad.manifest)
    path = path.with_suffix(format_from_manifest(manifest).suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(client.jobs.fetch(ad.artifact))
    path.with_suffix(".json").write_bytes(manifest)
    return path


def tabulate_ads(job: "cyclorama.Job", positions: Sequence[int] | None = None) -> Table:
    """Returns a table of a job's ads for a terminal: number, prompt, size, state or error.

    Next to the state are the words of the prompt that the ad does not show, and, where different
    engines ran for the job's ads, those of the ad.

    positions: of the ads to list, counted from 0; None lists all.
    """
    from cyclorama.engine_mix import count_mixed_engines  # Here: --help starts faster without gRPC.

    mixed = count_mixed_engines(job.ads)
    table = Table("", "ad", "size", "state", *(["engines"] if mixed else []), box=None)
    for position in range(len(job.ads)) if positions is None else positions:
        ad = job.ads[position]
        state = color_by_state(ad.state, escape(ad.error) or ad.state)
        if omitted := format_left_out(ad.warnings):
            state += f", left out: {escape(omitted)}"
        size = f"{ad.size[0]} x {ad.size[1]}{', draft' if ad.draft else ''}"
        engines = ", ".join(ad.engines[stage] for stage in mixed if stage in ad.engines)
        cells = (str(position + 1), escape(ad.prompt), size, state)
        table.add_row(*cells, *([escape(engines)] if mixed else []))
    return table


def report_job(
    job: "cyclorama.Job", saved: dict[int, Path] | None = None, photos: Sequence[Path] = ()
) -> dict[str, Any]:
    """Returns the report of a job as JSON: results by stage, each ad with its file or its error.

    saved: the paths of finished ads by position in the job; None if none were downloaded. photos:
    the paths of the submitted photos, in order; empty if they are not known.
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
            report_job_ad(
                ad,
                str(photos[position // ads_per_photo]) if photos else None,
                files[position].name if position in files else None,
            )
            for position, ad in enumerate(job.ads)
        ],
    }


def report_job_ad(ad: "cyclorama.JobAd", photo: str | None, file: str | None) -> dict[str, Any]:
    """Returns the report of an ad as JSON; its quality is null until it is finished.

    photo: path of its photo, if known. file: name of its file, if it was downloaded.
    """
    is_finished = ad.state == "succeeded"
    return {
        "photo": photo,
        "file": file,
        "prompt": ad.prompt,
        "size": list(ad.size) if any(ad.size) else None,
        "draft": ad.draft,
        "seed": ad.seed,
        "state": ad.state,
        "error": ad.error,
        "warnings": [asdict(warning) for warning in ad.warnings],
        "engines": dict(ad.engines),
        "score": ad.score if is_finished else None,
        "flaw_probability": round(ad.flaw_probability, 4) if is_finished else None,
        "reasons": ad.reasons,
        "measurements": [asdict(measurement) for measurement in ad.measurements],
        "profile": asdict(ad.profile) if ad.profile else None,
    }


def _render_job(job: "cyclorama.Job", seconds: float, max_rows: int) -> RenderableType:
    """Renders a job for a terminal: counts by state, a progress bar, and the most urgent ads.

    seconds: since the job has been followed. max_rows: number of ads that fit on the terminal.
    """
    counts = Counter(ad.state for ad in job.ads)
    states = "  ".join(
        f"{color_by_state(state)} {counts[state]}" for state in URGENCY if counts[state]
    )
    from cyclorama.job_results import END_STATES  # Here: --help starts faster without gRPC.

    ended = sum(counts[state] for state in END_STATES)
    head = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=len(job.ads), completed=ended, width=28)
    head.add_row(bar, f"{ended} of {len(job.ads)}", _format_time_left(ended, len(job.ads), seconds))
    # The most urgent ads that fit, listed in the job's order.
    by_urgency = sorted(
        range(len(job.ads)), key=lambda position: URGENCY.index(job.ads[position].state)
    )
    positions = sorted(by_urgency[: max(max_rows, 1)])
    return Group(f"{job.name}  {states}", head, tabulate_ads(job, positions))


def _format_time_left(ended: int, count: int, seconds: float) -> str:
    """Returns about how long a job still runs, by the mean time per ad so far, as rich markup.

    ended: number of ads that have ended. count: number of all ads. seconds: since the job has been
    followed. Empty before the first ad ends and after the last.
    """
    if not 0 < ended < count:
        return ""
    return f"[dim]about {seconds / ended * (count - ended):.0f} s left[/]"
