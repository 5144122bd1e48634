"""The commands for jobs, `cyclorama jobs`."""

import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.markup import escape
from rich.table import Table

import cyclorama
from cyclorama.ad_flags import drop_unset
from cyclorama.cli.campaign_command import (
    FlawedShare,
    Folder,
    explain_interruption,
    finish_campaign,
)
from cyclorama.cli.campaign_folder import (
    CampaignRecord,
    claim_campaign_folder,
    has_campaign,
    list_recorded_jobs,
    read_campaign_record,
    write_campaign,
)
from cyclorama.cli.campaigns import FilePart
from cyclorama.cli.connection import Gateway, complete_from_gateway, open_client
from cyclorama.cli.examples import format_examples
from cyclorama.cli.folder_claims import claim_folder
from cyclorama.cli.follow import CampaignJob, report_job, report_job_ad, tabulate_ads
from cyclorama.cli.options import limit_number
from cyclorama.cli.output import (
    Json,
    choose_console,
    color_by_state,
    console,
    count_more,
    print_json,
)
from cyclorama.defaults import GATEWAY

jobs = typer.Typer(help="Shows and controls the gateway's jobs.", no_args_is_help=True)
# Names offered for shell completion. More: older jobs complete too, but listing takes longer.
MAX_COMPLETIONS = 100
# Jobs that `jobs list` describes; a call each where they have no name. More: the list takes longer.
MAX_LISTED = 20
# Characters of a prompt, and of a job's name, in a list. Larger: less space for the rest.
MAX_PROMPT_LENGTH = 40
# States in lists, where the whole word does not fit.
SHORT_STATES = {"partially_succeeded": "partial"}


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
        metavar="JOB",
        help="Such as jobs/5f0c...; `cyclorama jobs list` lists them.",
        autocompletion=complete_jobs,
    ),
]
NameOrEmpty = Annotated[
    str,
    typer.Argument(
        metavar="[JOB]",
        help="Such as jobs/5f0c...; `cyclorama jobs list` lists them.",
        autocompletion=complete_jobs,
    ),
]
NameOrNewest = Annotated[
    str,
    typer.Argument(
        metavar="[JOB]",
        help="Such as jobs/5f0c...; default the newest.",
        autocompletion=complete_jobs,
    ),
]
NameOrFolder = Annotated[
    str,
    typer.Argument(
        metavar="[JOB]",
        help="Such as jobs/5f0c...; default those of the folder, or the newest.",
        autocompletion=complete_jobs,
    ),
]


def find_newest_job(client: "cyclorama.Client") -> str:
    """Returns the name of the job that was submitted last; ValueError when there is none."""
    for job in client.jobs.list():  # Newest first.
        return job.name
    raise ValueError("there are no jobs yet; `cyclorama campaign` starts one")


@jobs.command("list", epilog=format_examples("jobs list"))
def print_jobs(
    state: Annotated[
        str,
        typer.Option(
            metavar="STATE",
            help="Only jobs in this state: queued, running, succeeded, partially_succeeded, failed "
            "or cancelled.",
        ),
    ] = "",
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=TEXT", help="Only jobs with this label; repeat it for more."),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(metavar="TIME", help="Only jobs submitted from then on, UTC.")
    ] = None,
    before: Annotated[
        datetime | None, typer.Option(metavar="TIME", help="Only jobs submitted before it, UTC.")
    ] = None,
    owner: Annotated[
        str, typer.Option(metavar="CALLER", help="Only jobs of this caller, for admins.")
    ] = "",
    limit: Annotated[
        int,
        typer.Option(
            metavar="NUMBER", callback=limit_number(1, 1000), help="Jobs to list, 1 to 1000."
        ),
    ] = MAX_LISTED,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Lists jobs, newest first, with what each of them makes."""
    with open_client(gateway) as client:
        # The client names the states that there are.
        matching = client.jobs.list(
            cast(Any, state),
            labels=_parse_labels(label or ()),
            **drop_unset({"created_from": since, "created_before": before, "owner": owner}),
        )
        found = list(islice(matching, limit + 1))
        # A list has jobs without their ads, which describe those without a name.
        listed = [job if job.display_name else client.jobs.get(job.name) for job in found[:limit]]
    if as_json:
        return print_json([_summarize_job(job) for job in listed])
    console.print(tabulate_jobs(listed))
    if len(found) > limit:
        console.print(f"older jobs are not listed; --limit {limit * 5} lists more")


def _parse_labels(words: Iterable[str]) -> dict[str, str]:
    """Parses words NAME=TEXT into labels by name; ValueError for a word of another form."""
    pairs = [word.partition("=") for word in words]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        raise ValueError(f"--label {wrong[0]}: write NAME=TEXT, such as season=spring")
    return {name: text for name, _, text in pairs}


def tabulate_jobs(jobs: "Iterable[cyclorama.Job]") -> Table:
    """Returns a table of jobs for a terminal of 80 columns: each has a line on what it makes."""
    table = Table("job", "state", "ads", "submitted, UTC", box=None, pad_edge=False)
    for job in jobs:
        ads = f"{job.count('succeeded')}/{job.total}"
        makes = f"[dim]  {escape(describe_job(job))}[/]"
        time = f"{job.created:%Y-%m-%d %H:%M}"
        state = color_by_state(job.state, SHORT_STATES.get(job.state, ""))
        table.add_row(f"{job.name}\n{makes}", state, ads, time)
    return table


def describe_job(job: "cyclorama.Job") -> str:
    """Returns what a job makes in a few words, such as "on sand and 2 more scenes, 3 photos".

    The job's name, if it has one, precedes them.
    """
    name = textwrap.shorten(job.display_name, MAX_PROMPT_LENGTH, placeholder=" ...")
    return ": ".join(filter(None, (name, _describe_ads(job))))


def _describe_ads(job: "cyclorama.Job") -> str:
    """Returns scenes, photos and sizes of a job's ads in a few words; empty without ads."""
    prompts = list(dict.fromkeys(ad.prompt for ad in job.ads))
    if not prompts:
        return ""
    first = textwrap.shorten(prompts[0], MAX_PROMPT_LENGTH, placeholder=" ...")
    photos, sizes = {ad.photo for ad in job.ads}, list(dict.fromkeys(ad.size for ad in job.ads))
    scenes = count_more(len(prompts) - 1, "scene")
    width, height = sizes[0]
    size = f"{width}x{height}{count_more(len(sizes) - 1, 'size')}"
    return f"{first}{scenes}, {len(photos)} photo{'s' * (len(photos) > 1)}, {size}"


@jobs.command("show", epilog=format_examples("jobs show"))
def print_job(name: NameOrNewest = "", as_json: Json = False, gateway: Gateway = GATEWAY) -> None:
    """Shows one job and its ads."""
    with open_client(gateway) as client:
        # Without a name on the command line, the newest job is shown.
        job = client.jobs.get(name or find_newest_job(client))
    from cyclorama.engine_mix import describe_engine_mix  # Here: --help starts faster without gRPC.

    if as_json:
        ads = [report_job_ad(ad, None, None) for ad in job.ads]
        return print_json(report_job(job) | {"ads": ads})
    console.print(f"{job.name}  {color_by_state(job.state)}")
    console.print(tabulate_ads(job))
    if warning := describe_engine_mix(job.ads):
        console.print(warning, soft_wrap=True, markup=False)


@jobs.command("watch", epilog=format_examples("jobs watch"))
def download_job_ads(
    name: NameOrFolder = "",
    output: Folder = Path("out"),
    flawed_share: FlawedShare = None,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Follows a job to its end, downloads its ads, and writes report.html and results.csv.

    A folder that has a campaign is completed: all jobs of that campaign are followed. Without a
    campaign in the folder and without a name, it is the newest job.
    """
    progress = choose_console(as_json)
    with open_client(gateway) as client, _claim_campaign(client, name, output) as found:
        record, folder = found
        followed = [each.job for each in record.jobs if each.job]
        for job in followed[:1]:
            more = count_more(len(followed) - 1, "job")
            text = f"{job.name}{more}: {describe_job(job)}"
            progress.print(text, soft_wrap=True, markup=False)
        with explain_interruption(folder, record.jobs):
            write_campaign(record, folder)
            finish_campaign(client, record, folder, flawed_share, as_json)


@contextmanager
def _claim_campaign(
    client: "cyclorama.Client", name: str, output: Path
) -> Iterator[tuple[CampaignRecord, Path]]:
    """Yields the campaign to follow and its folder, which no other command writes to.

    It is the one in the folder `output`, or a single job: the one with a name, or the newest. A
    named job that is not of the folder's campaign has a folder of its own.
    """
    if has_campaign(output, name):
        with claim_folder(output) as is_claimed:
            if not is_claimed:
                raise ValueError(f"{output}: another command follows this campaign already")
            yield read_campaign_record(client, output), output
        return
    job = client.jobs.get(name or find_newest_job(client))
    single = CampaignRecord("", "", [CampaignJob(FilePart((), ()), job)])
    with claim_campaign_folder(output) as (folder, _):
        yield single, folder


@jobs.command("cancel", epilog=format_examples("jobs cancel"))
def cancel_jobs(
    name: NameOrEmpty = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Cancel all jobs of this folder's campaign."
        ),
    ] = None,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Cancels a job, or with -o all jobs of a campaign; finished ads stay."""
    if bool(name) == bool(output):
        raise ValueError("name a job, or with -o the folder of a campaign")
    names = list_recorded_jobs(output) if output else [name]
    with open_client(gateway) as client:
        canceled = [job for each in names if (job := _cancel_job(client, each, bool(name)))]
    if as_json:
        summaries = [_summarize_job(job) for job in canceled]
        return print_json(summaries[0] if name else summaries)
    for job in canceled:
        succeeded = job.count("succeeded")
        console.print(f"{job.name}  {color_by_state(job.state)}, {succeeded} ads were made")


def _cancel_job(client: "cyclorama.Client", name: str, must_exist: bool) -> "cyclorama.Job | None":
    """Cancels a job and returns it; without must_exist, None if the gateway has it no longer."""
    try:
        return client.jobs.cancel(name)
    except cyclorama.NotFound:
        if must_exist:
            raise
        return None


@jobs.command("retry", epilog=format_examples("jobs retry"))
def retry_failed_ads(name: Name, as_json: Json = False, gateway: Gateway = GATEWAY) -> None:
    """Makes the failed ads of a job once more, with the same seeds; its other ads stay."""
    with open_client(gateway) as client:
        job = client.jobs.retry_failed(name)
    if as_json:
        return print_json(_summarize_job(job))
    console.print(f"{job.name}  {job.count('waiting')} ads wait; `cyclorama jobs watch` follows")


@jobs.command("delete", epilog=format_examples("jobs delete"))
def delete_job(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Deletes a job, and erases its photos, ads and cached results on the gateway.

    A job that runs is canceled first. Files that were downloaded stay.
    """
    if not yes:
        typer.confirm(f"Delete {name}, with its photos and ads?", abort=True)
    with open_client(gateway) as client:
        client.jobs.delete(name)
    console.print(f"{name} is deleted")


def _summarize_job(job: "cyclorama.Job") -> dict[str, Any]:
    """Returns a job as JSON with the numbers of its ads, but without the ads."""
    return {
        "job": job.name,
        "makes": describe_job(job),
        "name": job.display_name,
        "labels": dict(job.labels),
        "state": job.state,
        "ads": job.total,
        "succeeded": job.count("succeeded"),
        "failed": job.count("failed"),
        "created": f"{job.created.isoformat()}Z",
        "updated": f"{job.updated.isoformat()}Z",
    }
