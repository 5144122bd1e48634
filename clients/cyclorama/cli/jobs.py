"""The commands for campaigns and jobs."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

import cyclorama
from cyclorama.cli.campaigns import (
    SubmittedPart,
    parse_request_id,
    read_campaign_file,
    report_rejection,
    submit_part,
)
from cyclorama.cli.connection import Gateway, complete_from_gateway, open_client
from cyclorama.cli.examples import format_examples
from cyclorama.cli.follow import (
    FollowedJob,
    follow_job,
    report_job,
    tabulate_ads,
    write_report,
)
from cyclorama.cli.options import Draft
from cyclorama.cli.output import (
    Json,
    choose_console,
    color_by_state,
    console,
    print_json,
    stderr_console,
)
from cyclorama.cli.reviewing import write_results_csv, write_review
from cyclorama.defaults import GATEWAY

jobs = typer.Typer(help="Shows and controls the gateway's jobs.", no_args_is_help=True)
# Names offered for shell completion. More: older jobs complete too, but listing takes longer.
MAX_COMPLETIONS = 100
# The exit status when some ads of a job failed; its report says which, and why.
INCOMPLETE = 3


def complete_jobs(incomplete: str) -> list[str]:
    """Returns names of the gateway's newest jobs for shell completion.

    incomplete: what the user has typed so far, with which every returned name starts.
    """
    return complete_from_gateway(
        lambda client: (job.name for job in islice(client.jobs.list(), MAX_COMPLETIONS)), incomplete
    )


Name = Annotated[
    str,
    typer.Argument(
        help="Such as jobs/5f0c...; `cyclorama jobs list` lists them.", autocompletion=complete_jobs
    ),
]
NameOrNewest = Annotated[
    str,
    typer.Argument(help="Such as jobs/5f0c...; default the newest.", autocompletion=complete_jobs),
]
Folder = Annotated[Path, typer.Option("--output", "-o", help="Folder for the ads.")]
FlawedShare = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Largest expected share of flawed ads among those not to look at.",
        show_default="look at those that are more likely flawed than not",
    ),
]


def find_newest_job(client: "cyclorama.Client") -> str:
    """Returns the name of the job that was submitted last; ValueError when there is none."""
    for job in client.jobs.list():  # Newest first.
        return job.name
    raise ValueError("there are no jobs yet; `cyclorama campaign` starts one")


@contextmanager
def explain_interruption() -> Iterator[None]:
    """Explains on Ctrl-C inside the context that jobs keep running and how to resume or cancel."""
    try:
        yield
    except KeyboardInterrupt:
        hint = (
            "the job keeps running; `cyclorama jobs watch` resumes, `cyclorama jobs cancel` stops"
        )
        stderr_console.print(hint)
        raise


def run_campaign_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=".yaml or .csv.")],
    output: Folder = Path("out"),
    request_id: Annotated[
        str, typer.Option(help="A UUID; repeating it skips ads that are already finished.")
    ] = "",
    draft: Draft = False,
    flawed_share: FlawedShare = None,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Makes all ads of a campaign; it keeps running after Ctrl-C, and `jobs watch` resumes.

    A .yaml file has photos, prompts, sizes (1024x1024), variants, seed, format, negative_prompt,
    options, draft and overrides, such as {size: 728x90, lettering: {headline: New}}. A .csv file
    has the columns photo, prompt and, optionally, size; each line is one ad.

    Also writes report.html, which begins with the ads that a person must look at, and results.csv,
    with the outcome of every photo, to the folder of the ads.
    """
    request_id = parse_request_id(request_id)
    progress = choose_console(as_json)
    with open_client(gateway) as client, explain_interruption():
        parts = _submit_parts(client, file, draft, request_id, progress)
        # A generator: each part is followed when its report is needed.
        ended = (_finish_part(client, part, output, progress) for part in parts)
        followed = _print_followed(write_results_csv(ended, output / "results.csv"), as_json)
    review = write_review(followed, output, flawed_share)
    reports = [each.report for each in followed]
    if as_json:
        print_json({"jobs": reports, "review": review})
    else:
        _print_review(review)
    _exit_if_incomplete(reports)


def _submit_parts(
    client: "cyclorama.Client", file: Path, draft: bool, request_id: str, progress: Console
) -> list[SubmittedPart]:
    """Submits a campaign file, and prints the name of each job; returns all parts in their order.

    A .yaml file is one part, a .csv file one per line; each becomes a job. draft: whether to make
    drafts whatever the file says. request_id: as in submit_part.
    """
    parts = []
    # The names of a part's files begin with `prefix`.
    for prefix, arguments in read_campaign_file(file):
        if draft:
            arguments["draft"] = True
        parts.append(submit_part(client, prefix, arguments, request_id))
        progress.print(parts[-1].job or f"{prefix}: refused")
    return parts


@jobs.command("list", epilog=format_examples("jobs list"))
def print_jobs(
    state: Annotated[str, typer.Option(help="Only jobs in this state: running, succeeded...")] = "",
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Lists jobs, newest first."""
    with open_client(gateway) as client:
        found_jobs = list(client.jobs.list(state))
    if as_json:
        return print_json([_summarize_job(job) for job in found_jobs])
    table = Table("job", "state", "ads", "submitted, UTC", box=None)
    for job in found_jobs:
        ads = f"{job.count('succeeded')} of {job.total}"
        table.add_row(job.name, color_by_state(job.state), ads, f"{job.created:%Y-%m-%d %H:%M}")
    console.print(table)


@jobs.command("show", epilog=format_examples("jobs show"))
def print_job(name: NameOrNewest = "", as_json: Json = False, gateway: Gateway = GATEWAY) -> None:
    """Shows one job and its ads."""
    with open_client(gateway) as client:
        # Without a name on the command line, the newest job is shown.
        job = client.jobs.get(name or find_newest_job(client))
    from cyclorama.engine_mix import describe_engine_mix  # Here: --help starts faster without gRPC.

    if as_json:
        return print_json(report_job(job))
    console.print(f"{job.name}  {color_by_state(job.state)}")
    console.print(tabulate_ads(job))
    if warning := describe_engine_mix(job.ads):
        console.print(warning, soft_wrap=True, markup=False)


@jobs.command("watch", epilog=format_examples("jobs watch"))
def download_job_ads(
    name: NameOrNewest = "",
    output: Folder = Path("out"),
    flawed_share: FlawedShare = None,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Follows a job to its end, downloads its ads, and writes report.html and results.csv."""
    with open_client(gateway) as client, explain_interruption():
        # Without a name on the command line, the newest job is followed.
        name = name or find_newest_job(client)
        job = follow_job(client, name, output, choose_console(as_json))
    review = write_review([job], output, flawed_share)
    if as_json:
        print_json(job.report | {"review": review})
    else:
        _print_report(job.report)
        _print_review(review)
    _exit_if_incomplete([job.report])


@jobs.command("cancel", epilog=format_examples("jobs cancel"))
def cancel_named_job(name: Name, as_json: Json = False, gateway: Gateway = GATEWAY) -> None:
    """Cancels a job; its finished ads stay."""
    with open_client(gateway) as client:
        job = client.jobs.cancel(name)
    if as_json:
        return print_json(_summarize_job(job))
    succeeded = job.count("succeeded")
    console.print(f"{job.name}  {color_by_state(job.state)}, {succeeded} ads were made")


def _finish_part(
    client: "cyclorama.Client", part: SubmittedPart, output: Path, progress: Console
) -> FollowedJob:
    """Follows the job of a campaign's part to its end.

    Saves the finished ads and the report in the folder `output`.

    part: a .csv line or a .yaml file, with its job or the error that rejected it. progress: the
    console that shows the job.
    """
    if part.error:
        rejected = report_rejection(part)
        report = write_report(rejected.report, output / f"{part.prefix}report.json")
        return replace(rejected, report=report)
    return follow_job(client, part.job, output, progress, part.prefix, part.arguments["photos"])


def _print_followed(jobs: Iterable[FollowedJob], as_json: bool) -> list[FollowedJob]:
    """Prints the report of each job as the job ends, unless as JSON later; returns all jobs."""
    followed = []
    for job in jobs:
        followed.append(job)
        if not as_json:
            _print_report(job.report)
    return followed


def _print_review(review: Mapping[str, Any]) -> None:
    """Prints for people how many ads to look at, and the path of the report that shows them.

    Between the two it warns if different engines made the ads.

    review: as JSON.
    """
    for text in filter(None, (review["text"], review["mixed_engines"], review["report"])):
        console.print(text, soft_wrap=True, markup=False)


def _exit_if_incomplete(reports: Iterable[dict[str, Any]]) -> None:
    """Exits with the status INCOMPLETE when an ad of any of the jobs did not succeed."""
    if any(ad["state"] != "succeeded" for report in reports for ad in report["ads"]):
        raise typer.Exit(INCOMPLETE)


def _print_report(report: dict[str, Any]) -> None:
    """Prints for people the errors of a job's ads, its state and the path of its report.

    report: of the job, as JSON.
    """
    succeeded = sum(ad["state"] == "succeeded" for ad in report["ads"])
    for number, ad in enumerate(report["ads"], start=1):
        if ad["error"]:
            console.print(f"{number:04d}  {color_by_state('failed', 'failed')}: ", end="")
            console.print(ad["error"], soft_wrap=True, markup=False)
    console.print(f"{color_by_state(report['state'])}: {succeeded} of {len(report['ads'])} ads")
    console.print(report["report"], soft_wrap=True, markup=False)


def _summarize_job(job: "cyclorama.Job") -> dict[str, Any]:
    """Returns a job as JSON with the numbers of its ads, but without the ads."""
    return {
        "job": job.name,
        "state": job.state,
        "ads": job.total,
        "succeeded": job.count("succeeded"),
        "failed": job.count("failed"),
        "created": f"{job.created.isoformat()}Z",
        "updated": f"{job.updated.isoformat()}Z",
    }
