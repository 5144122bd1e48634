"""The commands for campaigns and jobs."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

import cyclorama
from cyclorama.cli.campaign_folder import (
    TABLE,
    CampaignRecord,
    choose_folder,
    read_campaign_record,
    write_campaign,
    write_review,
)
from cyclorama.cli.campaigns import CampaignPart, parse_request_id, read_campaign, submit_part
from cyclorama.cli.connection import Gateway, complete_from_gateway, open_client
from cyclorama.cli.examples import format_examples
from cyclorama.cli.flag_options import Flags, take_ad_flags
from cyclorama.cli.follow import CampaignJob, follow_jobs, report_job, report_job_ad, tabulate_ads
from cyclorama.cli.options import limit_number
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
# Jobs that `jobs list` describes, a call each. More: the list takes longer.
MAX_LISTED = 20
# Characters of a prompt, and of a job's name, in a list. Larger: less space for the rest.
MAX_PROMPT_LENGTH = 40
# What is said of parts that an interruption kept from the gateway.
NOT_SUBMITTED = "was not submitted; submit the campaign again"
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
        metavar="JOB",
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
Folder = Annotated[
    Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder for the ads.")
]
Prompts = Annotated[
    list[str] | None,
    typer.Option(metavar="TEXT", help="What the scene should look like; repeat it for more."),
]
Sizes = Annotated[
    list[str] | None,
    typer.Option(metavar="WIDTHxHEIGHT", help="Size in pixels; repeat it for more."),
]
FlawedShare = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        callback=limit_number(0, 1),
        help="Largest expected share, 0 to 1, of flawed ads among those not to look at.",
        show_default="look at those that are more likely flawed than not",
    ),
]


def find_newest_job(client: "cyclorama.Client") -> str:
    """Returns the name of the job that was submitted last; ValueError when there is none."""
    for job in client.jobs.list():  # Newest first.
        return job.name
    raise ValueError("there are no jobs yet; `cyclorama campaign` starts one")


@contextmanager
def explain_interruption(output: Path, *, keeps_running: bool = True) -> Iterator[None]:
    """Explains on Ctrl-C inside the context that jobs keep running and how to resume or cancel.

    output: the folder of the ads. keeps_running: whether the jobs do.
    """
    try:
        yield
    except KeyboardInterrupt:
        hint = f"stopped; {output / TABLE} says which ads are finished"
        if keeps_running:
            hint = (
                f"the job keeps running; `cyclorama jobs watch -o {output}` resumes, "
                "`cyclorama jobs cancel` stops"
            )
        stderr_console.print(hint, soft_wrap=True, markup=False)
        raise


@take_ad_flags
def run_campaign_file(
    source: Annotated[
        Path,
        typer.Argument(
            exists=True, metavar="CAMPAIGN", help="A .yaml or .csv file, or a folder of photos."
        ),
    ],
    prompt: Prompts = None,
    output: Folder = Path("out"),
    size: Sizes = None,
    *,
    flags: Flags,
    request_id: Annotated[
        str,
        typer.Option(metavar="UUID", help="Repeating it skips ads that are already finished."),
    ] = "",
    flawed_share: FlawedShare = None,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Makes all ads of a campaign; it keeps running after Ctrl-C, and `jobs watch` resumes.

    A .yaml file has photos, prompts, sizes (1024x1024), variants, every option of `create`, such as
    headline, and overrides, such as {size: 728x90, headline: New}. A .csv file of any spreadsheet
    has the columns photo and prompt and, optionally, size and any option of `create`; rows that are
    wrong are reported, and the others are made. A folder of photos needs --prompt.

    Also writes report.html, which begins with the ads that a person must look at, and results.csv,
    with the outcome of every photo, to the folder of the ads. A folder that has another campaign
    stays as it is: the new one goes to a numbered folder next to it.
    """
    flags = {**flags, "prompt": prompt, "size": size}
    with open_client(gateway) as client:
        request_id = parse_request_id(request_id)
        make_campaign(client, source, output, flags, request_id, flawed_share, as_json=as_json)


def make_campaign(
    client: "cyclorama.Client",
    source: Path,
    output: Path,
    flags: Mapping[str, Any],
    request_id: str = "",
    flawed_share: float | None = None,
    *,
    as_json: bool = False,
    keeps_running: bool = True,
) -> None:
    """Makes all ads of a campaign, and prints what became of them.

    Raises ValueError if no part of it can be submitted, and exits with 3 if an ad did not succeed.

    keeps_running: whether the gateway's jobs continue after Ctrl-C. The other arguments are those
    of the command `campaign`.
    """
    progress = choose_console(as_json)
    campaign = read_campaign(source, flags, request_id)
    if campaign.unused_columns:
        columns = ", ".join(campaign.unused_columns)
        text = f"{source}: columns without a meaning are left out: {columns}"
        progress.print(text, soft_wrap=True, markup=False)
    folder = choose_folder(output, request_id)
    if folder != output:
        text = f"{output} has another campaign; this one goes to {folder}"
        progress.print(text, soft_wrap=True, markup=False)
    with explain_interruption(folder, keeps_running=keeps_running):
        jobs: list[CampaignJob] = []
        record = CampaignRecord(str(source), request_id, jobs)
        try:
            _submit_parts(client, campaign.parts, request_id, source.resolve().name, jobs, progress)
        finally:
            # Also after an interruption, so that what was submitted can be followed.
            rest = campaign.parts[len(jobs) :]
            jobs += [CampaignJob(part, error=part.error or NOT_SUBMITTED) for part in rest]
            if not rest or any(each.job for each in jobs):
                write_campaign(record, folder)
        _exit_if_refused(source, jobs)
        _finish_campaign(client, record, folder, flawed_share, as_json)


def _submit_parts(
    client: "cyclorama.Client",
    parts: Sequence[CampaignPart],
    request_id: str,
    name: str,
    submitted: list[CampaignJob],
    progress: Console,
) -> None:
    """Submits the parts of a campaign, each as a job, and appends the jobs in their order.

    request_id, name: as in submit_part. progress: shows how far it is, on a terminal.
    """
    shown = track(
        parts, "submitting", console=progress, transient=True, disable=not progress.is_terminal
    )
    for part in shown:
        is_whole = len(parts) == 1
        result = part.error or submit_part(client, part, request_id, name, is_whole=is_whole)
        if isinstance(result, str):
            submitted.append(CampaignJob(part, error=result))
        else:
            submitted.append(CampaignJob(part, result))
    names = [each.job.name for each in submitted if each.job]
    if names:
        progress.print(names[0] + _count_more(len(names) - 1, "job"))


def _exit_if_refused(source: Path, submitted: list[CampaignJob]) -> None:
    """Raises ValueError with the reasons if no part of a campaign was submitted."""
    if all(each.job is None for each in submitted):
        errors = "; ".join(dict.fromkeys(each.error for each in submitted))
        raise ValueError(f"{source}, {errors}")


def _finish_campaign(
    client: "cyclorama.Client",
    record: CampaignRecord,
    folder: Path,
    flawed_share: float | None,
    as_json: bool,
) -> None:
    """Follows the jobs of a campaign to their end, and writes and prints the reports.

    folder: of the ads. Exits with INCOMPLETE if an ad did not succeed.
    """
    follow_jobs(client, record.jobs, folder, choose_console(as_json))
    report = write_review(record, folder, flawed_share)
    if as_json:
        print_json(report)
    else:
        _print_campaign(report, folder)
    if any(ad["state"] != "succeeded" for job in report["jobs"] for ad in job["ads"]):
        raise typer.Exit(INCOMPLETE)


def _print_campaign(report: Mapping[str, Any], folder: Path) -> None:
    """Prints for people what became of a campaign: its failed ads, a count, which to look at.

    report: as JSON. folder: of the ads.
    """
    ads = [ad for job in report["jobs"] for ad in job["ads"]]
    for ad in ads:
        if ad["state"] != "succeeded":
            console.print(color_by_state(ad["state"], ad["state"]), end=": ")
            console.print(_describe_failure(ad), soft_wrap=True, markup=False)
    succeeded = sum(ad["state"] == "succeeded" for ad in ads)
    state = "succeeded" if succeeded == len(ads) else "failed"
    console.print(f"{color_by_state(state, f'{succeeded} of {len(ads)}')} ads are in", end=" ")
    console.print(str(folder), soft_wrap=True, markup=False)
    review = report["review"]
    for text in filter(None, (review["text"], review["mixed_engines"], review["report"])):
        console.print(text, soft_wrap=True, markup=False)


def _describe_failure(ad: Mapping[str, Any]) -> str:
    """Returns why an ad did not succeed, with its photo and the line of its table."""
    error = ad["error"] or ad["state"]
    # What is wrong in a table begins with the line, and names what it is about.
    if ad["line"] and error.startswith("line "):
        return str(error)
    photo = Path(ad["photo"]).name if ad["photo"] else ad["prompt"]
    line = f"line {ad['line']}: " if ad["line"] else ""
    return f"{line}{photo}: {error}"


@jobs.command("list", epilog=format_examples("jobs list"))
def print_jobs(
    state: Annotated[
        str, typer.Option(metavar="STATE", help="Only jobs in this state: running, succeeded...")
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
        # A list of the gateway has jobs without their ads.
        # The client names the states that there are.
        found = list(islice(client.jobs.list(cast(Any, state)), limit + 1))
        listed = [client.jobs.get(job.name) for job in found[:limit]]
    if as_json:
        return print_json([_summarize_job(job) for job in listed])
    console.print(tabulate_jobs(listed))
    if len(found) > limit:
        console.print(f"older jobs are not listed; --limit {limit * 5} lists more")


def tabulate_jobs(jobs: "Iterable[cyclorama.Job]") -> Table:
    """Returns a table of jobs for a terminal of 80 columns: each has a line on what it makes."""
    table = Table("job", "state", "ads", "submitted, UTC", box=None, pad_edge=False)
    for job in jobs:
        ads = f"{job.count('succeeded')}/{job.total}"
        makes = f"[dim]  {escape(describe_job(job))}[/]"
        time = f"{job.created:%Y-%m-%d %H:%M}"
        table.add_row(f"{job.name}\n{makes}", color_by_state(job.state), ads, time)
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
    scenes = _count_more(len(prompts) - 1, "scene")
    width, height = sizes[0]
    size = f"{width}x{height}{_count_more(len(sizes) - 1, 'size')}"
    return f"{first}{scenes}, {len(photos)} photo{'s' * (len(photos) > 1)}, {size}"


def _count_more(count: int, thing: str) -> str:
    """Returns a number of further things, such as " and 2 more scenes"; empty for none."""
    return f" and {count} more {thing}{'s' * (count > 1)}" if count > 0 else ""


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
    with open_client(gateway) as client:
        record, folder = _find_campaign(client, name, output)
        followed = [each.job for each in record.jobs if each.job]
        for job in followed[:1]:
            more = _count_more(len(followed) - 1, "job")
            text = f"{job.name}{more}: {describe_job(job)}"
            progress.print(text, soft_wrap=True, markup=False)
        with explain_interruption(folder):
            write_campaign(record, folder)
            _finish_campaign(client, record, folder, flawed_share, as_json)


def _find_campaign(
    client: "cyclorama.Client", name: str, output: Path
) -> tuple[CampaignRecord, Path]:
    """Returns the campaign to follow and its folder.

    It is the one in the folder `output`, or a single job: the one with a name, or the newest. A
    named job that is not of the folder's campaign has a folder of its own.
    """
    record = read_campaign_record(client, output)
    if record and (not name or any(each.job and each.job.name == name for each in record.jobs)):
        return record, output
    job = client.jobs.get(name or find_newest_job(client))
    single = CampaignRecord("", "", [CampaignJob(CampaignPart((), ()), job)])
    return single, choose_folder(output, "")


@jobs.command("cancel", epilog=format_examples("jobs cancel"))
def cancel_named_job(name: Name, as_json: Json = False, gateway: Gateway = GATEWAY) -> None:
    """Cancels a job; its finished ads stay."""
    with open_client(gateway) as client:
        job = client.jobs.cancel(name)
    if as_json:
        return print_json(_summarize_job(job))
    succeeded = job.count("succeeded")
    console.print(f"{job.name}  {color_by_state(job.state)}, {succeeded} ads were made")


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
