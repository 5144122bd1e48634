"""Follows jobs: shows them live, downloads their ads, and reports on them."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table

import cyclorama
from cyclorama.cli.campaigns import FilePart
from cyclorama.cli.output import color_by_state, format_left_out
from cyclorama.cli.results_csv import write_results_csv
from cyclorama.result_names import name_results

# Lines of a terminal above the live table: the job, its bar, the header, and two spare ones.
HEAD_LINES = 5
# Seconds between two updates of results.csv. Larger: less work where jobs have thousands of ads.
UPDATE_SECONDS = 2
# The order of the live table, most important first, when the terminal cannot show all ads.
URGENCY = ("running", "failed", "queued", "cancelled", "succeeded")

# What is said of ads that no job makes yet, and of those whose job is gone.
NOT_SUBMITTED = "was not submitted; the command `campaign` submits it when it is repeated"
NOT_KEPT = "is no longer kept on the gateway: its job was deleted or has expired"

if TYPE_CHECKING:
    from cyclorama.report_page import ReportedAd


@dataclass
class CampaignJob:
    """A part of a campaign and its job as of now.

    part: what was to be made. job: its job, None if it was rejected, or is not submitted yet.
    error: why it was rejected, or empty. names: of the files of its ads, without a suffix. saved,
    previews: paths of finished ads, and small JPEGs of them, by position in the job. is_kept:
    whether the gateway still has the job.
    """

    part: FilePart
    job: "cyclorama.Job | None" = None
    error: str = ""
    names: Sequence[str] = ()
    saved: dict[int, Path] = field(default_factory=dict)
    previews: dict[int, bytes] = field(default_factory=dict)
    is_kept: bool = True

    @property
    def is_pending(self) -> bool:
        """Whether it is still to be submitted."""
        return self.job is None and not self.error

    def mark_deleted(self) -> None:
        """Notes that the gateway has its job no longer: ads that are not saved have failed."""
        assert self.job
        ads = tuple(
            ad if at in self.saved or ad.state in ("failed", "cancelled") else _fail_ad(ad)
            for at, ad in enumerate(self.job.ads)
        )
        state = ("failed", "partially_succeeded")[bool(self.saved)]
        state = "succeeded" if len(self.saved) == len(ads) else state
        self.job, self.is_kept = replace(self.job, ads=ads, state=state), False

    @property
    def ads(self) -> "tuple[cyclorama.JobAd, ...]":
        """Its ads; those of a part without a job are one that failed."""
        if self.job:
            return self.job.ads
        prompt = self.part.prompts[0] if self.part.prompts else ""
        size = self.part.arguments.get("sizes", [(0, 0)])[0]
        return (
            cyclorama.JobAd(prompt, size, 0, "", "failed", "", "", self.error or NOT_SUBMITTED),
        )

    def find_photo(self, position: int) -> str:
        """Returns the path of an ad's photo by the ad's position; empty if it is not known.

        Of a job that another folder's campaign submitted, it is the name of the file.
        """
        photos = self.part.photos
        # A job's ads are ordered by photo.
        ads_per_photo = max(1, len(self.ads) // max(1, len(photos)))
        path = photos[position // ads_per_photo] if photos else self.ads[position].photo_name
        return str(path)

    def list_reported_ads(self) -> "list[ReportedAd]":
        """Returns its ads as the report page shows them."""
        from cyclorama.report_page import ReportedAd  # Here: --help starts faster without gRPC.

        return [
            ReportedAd(ad, self.find_photo(at), self._name_file(at), self.previews.get(at, b""))
            for at, ad in enumerate(self.ads)
        ]

    def report_ads(self) -> list[dict[str, Any]]:
        """Returns its ads as JSON, each with the line of its table, its photo and its file."""
        return [
            {"line": self.part.line or None}
            | report_job_ad(ad, self.find_photo(at) or None, self._name_file(at) or None)
            | ({} if self.job else {"seed": None})
            for at, ad in enumerate(self.ads)
        ]

    def _name_file(self, position: int) -> str:
        return self.saved[position].name if position in self.saved else ""


def _fail_ad(ad: "cyclorama.JobAd") -> "cyclorama.JobAd":
    """Returns an ad that cannot be downloaded any more."""
    return replace(ad, state="failed", artifact="", manifest="", error=NOT_KEPT)


def name_files(jobs: Sequence[CampaignJob]) -> None:
    """Sets the names of the files of all jobs of a campaign, which differ."""
    ads = [(each, at) for each in jobs for at in range(len(each.ads))]
    # An unknown photo is named by its content.
    keys = (
        (each.find_photo(at) or each.ads[at].photo[:8], each.ads[at].prompt, each.ads[at].size)
        for each, at in ads
    )
    names = list(name_results(keys))
    for each in jobs:
        each.names, names = names[: len(each.ads)], names[len(each.ads) :]


def follow_jobs(
    client: "cyclorama.Client",
    jobs: Sequence[CampaignJob],
    output: Path,
    console: Console,
    *,
    lines: bool = True,
) -> None:
    """Shows jobs live until all have ended, and saves each ad as soon as it is finished.

    The folder `output` always has a complete results.csv, also after an interruption. jobs: of one
    campaign; updated in place. console: where to show them. lines: whether to print a line per ad
    where there is no terminal; turn them off when a program reads the output.
    """
    name_files(jobs)
    table = ResultsTable(jobs, output / "results.csv")
    listing = AdLines(jobs, console) if lines and not console.is_terminal else None
    try:
        # Without a terminal, nothing of the live table stays in the output.
        with Live(console=console, transient=not console.is_terminal) as live:
            for number, each in enumerate(jobs, start=1):
                title = f"part {number} of {len(jobs)}  " if len(jobs) > 1 else ""
                if each.job and each.is_kept:
                    _follow_job(client, each, output, live, title, table, listing)
    finally:
        table.write()


def _follow_job(
    client: "cyclorama.Client",
    followed: CampaignJob,
    output: Path,
    live: Live,
    title: str,
    table: "ResultsTable",
    listing: "AdLines | None",
) -> None:
    """Shows a job until its end, or until it is deleted, and saves each ad.

    live: where. title: above the job.
    """
    try:
        _watch_job(client, followed, output, live, title, table, listing)
    except cyclorama.NotFound:
        followed.mark_deleted()
        table.update()


def _watch_job(
    client: "cyclorama.Client",
    followed: CampaignJob,
    output: Path,
    live: Live,
    title: str,
    table: "ResultsTable",
    listing: "AdLines | None",
) -> None:
    """Does what _follow_job describes; raises NotFound when the gateway has the job no longer."""
    start = time.monotonic()
    assert followed.job
    for job in client.jobs.watch(followed.job.name):
        followed.job = job
        live.update(_JobView(job, title, time.monotonic() - start))
        for position, ad in enumerate(job.ads):
            if ad.artifact and position not in followed.saved:
                path = output / followed.names[position]
                followed.saved[position] = download_ad(client, ad, path)
                preview = client.jobs.fetch(ad.preview) if ad.preview else b""
                followed.previews[position] = preview
        if listing:
            listing.print_ended(followed)
        table.update()


class AdLines:
    """Prints a line for each ad of a campaign when it ends, where there is no terminal."""

    def __init__(self, jobs: Sequence[CampaignJob], console: Console) -> None:
        """Prepares to print; jobs: of the campaign."""
        self._console = console
        self._total = sum(len(each.ads) for each in jobs)
        self._printed: set[str] = set()

    def print_ended(self, followed: CampaignJob) -> None:
        """Prints a line for each ad of a job that has ended since the last time."""
        from cyclorama.job_results import AD_END_STATES  # Here: --help starts faster without gRPC.

        for position, ad in enumerate(followed.ads):
            name = followed.names[position]
            if ad.state in AD_END_STATES and name not in self._printed:
                self._printed.add(name)
                line = f"{len(self._printed)} of {self._total}  {_describe_end(followed, position)}"
                self._console.print(line, soft_wrap=True, markup=False)


def _describe_end(followed: CampaignJob, position: int) -> str:
    """Returns file and mark of an ad that has ended; without a file its name, state and error."""
    ad = followed.ads[position]
    if position in followed.saved:
        return f"{followed.saved[position].name}  {ad.score:g} of 10"
    return f"{followed.names[position]}  {ad.state}{ad.error and f': {ad.error}'}"


class ResultsTable:
    """The file results.csv of a campaign, with a row for each ad of its jobs as of now."""

    def __init__(self, jobs: Sequence[CampaignJob], path: Path) -> None:
        """Prepares to write a file; jobs: of the campaign, which change while they run."""
        self._jobs, self._path = jobs, path
        self._next = 0.0

    def update(self) -> None:
        """Writes the file if that is due."""
        if time.monotonic() >= self._next:
            self.write()

    def write(self) -> None:
        """Writes the file now; other programs always see a whole one."""
        write_results_csv((ad for each in self._jobs for ad in each.report_ads()), self._path)
        self._next = time.monotonic() + UPDATE_SECONDS


def download_ad(client: "cyclorama.Client", ad: "cyclorama.JobAd", path: Path) -> Path:
    """Downloads a finished ad of a job, and its manifest next to it as .json.

    path: of the ad without a suffix. Returns it with the suffix of the ad's format.
    """
    from cyclorama.formats import find_format  # Here: --help starts faster.

    made = client.jobs.fetch_ad(ad)
    return made.save(path.with_name(path.name + find_format(made.format).suffix))


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


def report_job(job: "cyclorama.Job") -> dict[str, Any]:
    """Returns a job as JSON: its name, state and times, and its results by stage."""
    return {
        "job": job.name,
        "state": job.state,
        "created": f"{job.created.isoformat()}Z",
        "updated": f"{job.updated.isoformat()}Z",
        "stages": {
            stage: {"computed": computed, "cached": cached}
            for stage, (computed, cached) in job.stages.items()
        },
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
        "error_reason": ad.error_reason,
        "error_stage": ad.error_stage,
        "warnings": [asdict(warning) for warning in ad.warnings],
        "engines": dict(ad.engines),
        "score": ad.score if is_finished else None,
        "flaw_probability": round(ad.flaw_probability, 4) if is_finished else None,
        "reasons": ad.reasons,
        "measurements": [asdict(measurement) for measurement in ad.measurements],
        "profile": asdict(ad.profile) if ad.profile else None,
    }


def parse_reported_ad(report: dict[str, Any]) -> "cyclorama.JobAd":
    """Returns an ad as report_job_ad reported it."""
    from cyclorama.results import warning_from_fields  # Here: --help starts faster without gRPC.

    profile = report["profile"]
    if profile:
        rules = tuple(cyclorama.Measurement(**each) for each in profile["measurements"])
        profile = cyclorama.ProfileReport(**profile | {"measurements": rules})
    same = ("prompt", "seed", "state", "error", "error_reason", "error_stage", "draft", "engines")
    return cyclorama.JobAd(
        **{name: report[name] for name in (*same, "reasons")},
        size=tuple(report["size"] or (0, 0)),
        photo="",
        photo_name=Path(report["photo"] or "").name,
        artifact="",
        manifest="",
        warnings=tuple(map(warning_from_fields, report["warnings"])),
        score=report["score"] or 0.0,
        flaw_probability=report["flaw_probability"] or 0.0,
        measurements=tuple(cyclorama.Measurement(**each) for each in report["measurements"]),
        profile=profile,
    )


@dataclass(frozen=True)
class _JobView:
    """A job for a terminal, rendered only when the terminal is refreshed.

    Jobs of thousands of ads have more events than that. title: in front of the name. seconds: since
    the job has been followed.
    """

    job: "cyclorama.Job"
    title: str
    seconds: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yields what the terminal has room for."""
        yield _render_job(self.job, self.title, self.seconds, console.height - HEAD_LINES)


def _render_job(job: "cyclorama.Job", title: str, seconds: float, max_rows: int) -> RenderableType:
    """Renders a job for a terminal: counts by state, a progress bar, and the most urgent ads.

    title: in front of the name. seconds: since the job has been followed. max_rows: number of ads
    that fit on the terminal.
    """
    counts = Counter(ad.state for ad in job.ads)
    states = "  ".join(
        f"{color_by_state(state)} {counts[state]}" for state in URGENCY if counts[state]
    )
    from cyclorama.job_results import AD_END_STATES  # Here: --help starts faster without gRPC.

    ended = sum(counts[state] for state in AD_END_STATES)
    head = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=len(job.ads), completed=ended, width=28)
    head.add_row(bar, f"{ended} of {len(job.ads)}", _format_time_left(ended, len(job.ads), seconds))
    # The most urgent ads that fit, listed in the job's order.
    by_urgency = sorted(
        range(len(job.ads)), key=lambda position: URGENCY.index(job.ads[position].state)
    )
    positions = sorted(by_urgency[: max(max_rows, 1)])
    return Group(f"{title}{job.name}  {states}", head, tabulate_ads(job, positions))


def _format_time_left(ended: int, count: int, seconds: float) -> str:
    """Returns about how long a job still runs, by the mean time per ad so far, as rich markup.

    ended: number of ads that have ended. count: number of all ads. seconds: since the job has been
    followed. Empty before the first ad ends and after the last.
    """
    if not 0 < ended < count:
        return ""
    return f"[dim]about {seconds / ended * (count - ended):.0f} s left[/]"
