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
from cyclorama.cli.access import Gateway, complete_from_gateway, connect
from cyclorama.cli.campaigns import Entered, check_request_id, enter, read_campaigns, refusal
from cyclorama.cli.examples import epilog
from cyclorama.cli.follow import follow, report_of, table_of, write_report, write_results
from cyclorama.cli.output import Json, aside, beside, colored, console, print_json
from cyclorama.defaults import GATEWAY

jobs = typer.Typer(help="Jobs that the gateway keeps.", no_args_is_help=True)
# So many are offered to the shell.
OFFERED = 100
# The exit status when not all ads of a job were made; its report says which, and why.
SOME_MISSING = 3


def known_jobs(incomplete: str) -> list[str]:
    """Names for the shell to complete; none when the gateway does not answer in time."""
    return complete_from_gateway(
        lambda client: (job.name for job in islice(client.jobs.list(), OFFERED)), incomplete
    )


Name = Annotated[
    str,
    typer.Argument(
        help="Such as jobs/5f0c...; `cyclorama jobs list` has them.", autocompletion=known_jobs
    ),
]
NameOrNewest = Annotated[
    str, typer.Argument(help="Such as jobs/5f0c...; default the newest.", autocompletion=known_jobs)
]
Folder = Annotated[Path, typer.Option("--output", "-o", help="Folder for the ads.")]


def newest(client: "cyclorama.Client") -> str:
    """The name of the job that was submitted last; ValueError when there is none."""
    for job in client.jobs.list():
        return job.name
    raise ValueError("there are no jobs yet; `cyclorama campaign` starts one")


@contextmanager
def left_at_work() -> Iterator[None]:
    """Says how to go on with jobs that Ctrl-C leaves at work."""
    try:
        yield
    except KeyboardInterrupt:
        aside.print("it goes on; `cyclorama jobs watch` takes it up again, `jobs cancel` ends it")
        raise


def campaign(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=".yaml or .csv.")],
    output: Folder = Path("out"),
    request_id: Annotated[
        str, typer.Option(help="A UUID; with the same one again, what was made is not made anew.")
    ] = "",
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Makes all ads of a campaign; Ctrl-C leaves it at work, `jobs watch` takes it up again.

    A .yaml has photos, prompts, sizes (1024x1024), variants, seed, format, negative_prompt,
    options and overrides, such as {size: 728x90, lettering: {headline: New}}; a .csv has columns
    photo and prompt, and perhaps size, one ad a line.

    Beside the ads it leaves results.csv, which tells what became of each photo.
    """
    request_id = check_request_id(request_id)
    with connect(gateway) as client, left_at_work():
        submitted = []
        for prefix, wishes in read_campaigns(file):
            submitted.append(enter(client, prefix, wishes, request_id))
            beside(as_json).print(submitted[-1].job or f"{prefix}: refused")
        followed = (_followed(client, each, output, beside(as_json)) for each in submitted)
        _end(write_results(followed, output / "results.csv"), as_json)


@jobs.command("list", epilog=epilog("jobs list"))
def list_jobs(
    state: Annotated[str, typer.Option(help="Only those: running, succeeded, ...")] = "",
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Lists jobs, newest first."""
    with connect(gateway) as client:
        listed = list(client.jobs.list(state))
    if as_json:
        return print_json([_summary(job) for job in listed])
    table = Table("job", "state", "ads", "submitted, UTC", box=None)
    for job in listed:
        ads = f"{job.count('succeeded')} of {job.total}"
        table.add_row(job.name, colored(job.state), ads, f"{job.created:%Y-%m-%d %H:%M}")
    console.print(table)


@jobs.command(epilog=epilog("jobs show"))
def show(name: NameOrNewest = "", as_json: Json = False, gateway: Gateway = GATEWAY) -> None:
    """Shows one job and its ads."""
    with connect(gateway) as client:
        job = client.jobs.get(name or newest(client))
    if as_json:
        return print_json(report_of(job))
    console.print(f"{job.name}  {colored(job.state)}")
    console.print(table_of(job))


@jobs.command(epilog=epilog("jobs watch"))
def watch(
    name: NameOrNewest = "",
    output: Folder = Path("out"),
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Follows a job to its end and fetches its ads."""
    with connect(gateway) as client, left_at_work():
        report = follow(client, name or newest(client), output, beside(as_json))
    if as_json:
        print_json(report)
    else:
        _tell(report)
    _exit([report])


@jobs.command(epilog=epilog("jobs cancel"))
def cancel(name: Name, as_json: Json = False, gateway: Gateway = GATEWAY) -> None:
    """Stops a job; finished ads stay."""
    with connect(gateway) as client:
        job = client.jobs.cancel(name)
    if as_json:
        return print_json(_summary(job))
    console.print(f"{job.name}  {colored(job.state)}, {job.count('succeeded')} ads were made")


def _followed(
    client: "cyclorama.Client", entered: Entered, output: Path, aside: Console
) -> dict[str, Any]:
    """What became of a part of a campaign file, which is also in its report file."""
    prefix, photos = entered.prefix, entered.wishes["photos"]
    if entered.error:
        return write_report(refusal(entered), output / f"{prefix}report.json")
    return follow(client, entered.job, output, aside, prefix, photos)


def _end(reports: Iterable[dict[str, Any]], as_json: bool) -> None:
    """Tells what became of jobs, each as it ends."""
    told = []
    for report in reports:
        told.append(report)
        if not as_json:
            _tell(report)
    if as_json:
        print_json(told)
    _exit(told)


def _exit(reports: Iterable[dict[str, Any]]) -> None:
    """Ends with SOME_MISSING where an ad was not made."""
    if any(ad["state"] != "succeeded" for report in reports for ad in report["ads"]):
        raise typer.Exit(SOME_MISSING)


def _tell(report: dict[str, Any]) -> None:
    made = sum(ad["state"] == "succeeded" for ad in report["ads"])
    for position, ad in enumerate(report["ads"], 1):
        if ad["error"]:
            console.print(f"{position:04d}  {colored('failed', 'failed')}: ", end="")
            console.print(ad["error"], soft_wrap=True, markup=False)
    console.print(f"{colored(report['state'])}: {made} of {len(report['ads'])} ads")
    console.print(report["report"], soft_wrap=True, markup=False)


def _summary(job: "cyclorama.Job") -> dict[str, Any]:
    return {
        "job": job.name,
        "state": job.state,
        "ads": job.total,
        "succeeded": job.count("succeeded"),
        "failed": job.count("failed"),
        "created": f"{job.created.isoformat()}Z",
        "updated": f"{job.updated.isoformat()}Z",
    }
