"""The commands for campaigns and jobs."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
    follow_job,
    report_job,
    tabulate_ads,
    write_report,
    write_results_csv,
)
from cyclorama.cli.output import (
    Json,
    choose_console,
    color_by_state,
    console,
    print_json,
    stderr_console,
)
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
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Makes all ads of a campaign; it keeps running after Ctrl-C, and `jobs watch` resumes.

    A .yaml file has photos, prompts, sizes (1024x1024), variants, seed, format, negative_prompt,
    options and overrides, such as {size: 728x90, lettering: {headline: New}}. A .csv file has the
    columns photo, prompt and, optionally, size; each line is one ad.

    Also writes results.csv, with the outcome of every photo, to the folder of the ads.
    """
    request_id = parse_request_id(request_id)
    progress = choose_console(as_json)
    with open_client(gateway) as client, explain_interruption():
        parts = []
        # A .yaml file is one part, a .csv file one per line; each becomes a job. The names of a
        # part's files begin with `prefix`.
        for prefix, arguments in read_campaign_file(file):
            parts.append(submit_part(client, prefix, arguments, request_id))
            progress.print(parts[-1].job or f"{prefix}: refused")
        # A generator: each part is followed when its report is needed.
        reports = (_finish_part(client, part, output, progress) for part in parts)
        _report_all(write_results_csv(reports, output / "results.csv"), as_json)


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
    if as_json:
        return print_json(report_job(job))
    console.print(f"{job.name}  {color_by_state(job.state)}")
    console.print(tabulate_ads(job))


@jobs.command("watch", epilog=format_examples("jobs watch"))
def download_job_ads(
    name: NameOrNewest = "",
    output: Folder = Path("out"),
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Follows a job to its end and downloads its ads."""
    with open_client(gateway) as client, explain_interruption():
        # Without a name on the command line, the newest job is followed.
        name = name or find_newest_job(client)
        report = follow_job(client, name, output, choose_console(as_json))
    if as_json:
        print_json(report)
    else:
        _print_report(report)
    _exit_if_incomplete([report])


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
) -> dict[str, Any]:
    """Follows the job of a campaign's part to its end, and returns its report as JSON.

    Saves the finished ads and the report in the folder `output`.

    part: a .csv line or a .yaml file, with its job or the error that rejected it. progress: the
    console that shows the job.
    """
    if part.error:
        return write_report(report_rejection(part), output / f"{part.prefix}report.json")
    return follow_job(client, part.job, output, progress, part.prefix, part.arguments["photos"])


def _report_all(reports: Iterable[dict[str, Any]], as_json: bool) -> None:
    """Prints the reports of jobs, each as its job ends, or all at once as JSON.

    Exits with the status INCOMPLETE when an ad did not succeed.
    """
    printed = []
    for report in reports:
        printed.append(report)
        if not as_json:
            _print_report(report)
    if as_json:
        print_json(printed)
    _exit_if_incomplete(printed)


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
