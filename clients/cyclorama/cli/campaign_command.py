"""The command `campaign`, which makes all ads of a campaign and reports on them."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

import cyclorama
from cyclorama.cli.campaign_folder import (
    TABLE,
    CampaignRecord,
    claim_campaign_folder,
    forget_campaign,
    write_campaign,
    write_review,
)
from cyclorama.cli.campaign_submission import submit_campaign_parts
from cyclorama.cli.campaigns import parse_request_id, read_campaign
from cyclorama.cli.connection import Gateway, open_client
from cyclorama.cli.flag_options import Flags, take_ad_flags
from cyclorama.cli.follow import CampaignJob, follow_jobs
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

# The exit status when some ads of a job failed; its report says which, and why.
INCOMPLETE = 3
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
        help="Largest expected share, 0 to 1, of flawed ads among those that need no review.",
        show_default="review those that are not ready",
    ),
]


@contextmanager
def explain_interruption(
    output: Path, jobs: Sequence[CampaignJob], *, keeps_running: bool = True
) -> Iterator[None]:
    """Explains after an interruption inside the context how to resume or cancel what still runs.

    An interruption is Ctrl-C, a signal, or a gateway that fails.

    output: the folder of the ads. jobs: of the campaign. keeps_running: whether its jobs do.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit, cyclorama.CycloramaError):
        if any(each.job for each in jobs):
            hint = _describe_rest(output, jobs) if keeps_running else ""
            hint = hint or f"stopped; {output / TABLE} says which ads are finished"
            stderr_console.print(hint, soft_wrap=True, markup=False)
        raise


def _describe_rest(output: Path, jobs: Sequence[CampaignJob]) -> str:
    """Returns which commands complete or cancel a campaign whose jobs run."""
    submitted = sum(each.job is not None for each in jobs)
    folder = shlex.quote(str(output))
    runs = "the job keeps" if submitted == 1 else f"the {submitted} jobs keep"
    text = (
        f"{runs} running; `cyclorama jobs watch -o {folder}` resumes, "
        f"`cyclorama jobs cancel -o {folder}` stops"
    )
    if pending := sum(each.is_pending for each in jobs):
        text += f"; {pending} more were not submitted, which the same `cyclorama campaign` does"
    return text


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

    Also writes report.html, which begins with the ads that a person must review, and results.csv,
    with the outcome of every photo, to the folder of the ads. A folder that has another campaign
    stays as it is: the new one goes to a numbered folder next to it.
    """
    flags = {**flags, "prompt": prompt, "size": size}
    with open_client(gateway) as client:
        request_id = parse_request_id(request_id, "--request-id")
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
    campaign = read_campaign(source, flags)
    if campaign.unused_columns:
        columns = ", ".join(campaign.unused_columns)
        text = f"{source}: columns without a meaning are left out: {columns}"
        progress.print(text, soft_wrap=True, markup=False)
    given = request_id or campaign.request_id
    with claim_campaign_folder(output, given, campaign.fingerprint) as (folder, request_id):
        if folder != output:
            text = f"{output} has another campaign; this one goes to {folder}"
            progress.print(text, soft_wrap=True, markup=False)
        parts = campaign.list_parts(request_id)
        jobs = [CampaignJob(part, error=part.error) for part in parts]
        record = CampaignRecord(str(source), request_id, jobs, campaign.fingerprint)
        # Before anything is submitted: it fails where the folder cannot be written.
        write_campaign(record, folder)
        with explain_interruption(folder, jobs, keeps_running=keeps_running):
            try:
                submit_campaign_parts(client, record, folder, source.resolve().name, progress)
            except cyclorama.CycloramaError as error:
                if error.caller_can_fix and not any(each.job for each in jobs):
                    forget_campaign(folder)
                raise
            _exit_if_refused(source, jobs)
            finish_campaign(client, record, folder, flawed_share, as_json)


def finish_campaign(
    client: "cyclorama.Client",
    record: CampaignRecord,
    folder: Path,
    flawed_share: float | None,
    as_json: bool,
) -> None:
    """Follows the jobs of a campaign to their end, and writes and prints the reports.

    folder: of the ads. Exits with INCOMPLETE if an ad did not succeed.
    """
    follow_jobs(client, record.jobs, folder, choose_console(as_json), lines=not as_json)
    report = write_review(record, folder, flawed_share)
    if as_json:
        print_json(report)
    else:
        _print_campaign(report, folder)
    if any(ad["state"] != "succeeded" for job in report["jobs"] for ad in job["ads"]):
        raise typer.Exit(INCOMPLETE)


def _exit_if_refused(source: Path, submitted: list[CampaignJob]) -> None:
    """Raises ValueError with the reasons if no part of a campaign was submitted."""
    if all(each.job is None for each in submitted):
        errors = "; ".join(dict.fromkeys(each.error for each in submitted))
        raise ValueError(f"{source}, {errors}")


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
    path = f"report: {review['report']}"
    for text in filter(None, (review["text"], review["mixed_engines"], path)):
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
