"""Submits the parts of a campaign as jobs, so that no part is made twice and none is lost."""

import hashlib
import time
from collections import Counter
from pathlib import Path
from uuid import UUID, uuid5

from rich.console import Console
from rich.progress import track

import cyclorama
from cyclorama.campaign_values import clean_name
from cyclorama.cli.campaign_folder import CampaignRecord, write_campaign
from cyclorama.cli.campaigns import FilePart, format_canonically
from cyclorama.cli.output import count_more

# Seconds between two records of what was submitted. Larger: after a power cut, `jobs watch` misses
# more jobs until the campaign is submitted again.
RECORD_SECONDS = 2
QUEUE_FULL = "JOB_QUEUE_FULL"


class PartIds:
    """Derives request IDs for the parts of a campaign from that of the whole campaign.

    Equal for a part that has the same photos, by content, and the same other arguments, so that a
    second submission only runs parts that have changed. Of equal parts, each has its own.
    """

    def __init__(self, request_id: str) -> None:
        """Prepares to derive; request_id: a UUID for the whole campaign."""
        self._campaign = UUID(request_id)
        self._counts: Counter[UUID] = Counter()

    def derive(self, part: FilePart) -> str:
        """Returns a UUID for the next part; OSError when a picture of it cannot be read."""
        photos = [(path.name, _hash_picture(path)) for path in part.photos]
        content = [photos, part.prompts, part.arguments]
        # Pictures among the arguments are paths.
        derived = uuid5(self._campaign, format_canonically(content, _hash_picture))
        self._counts[derived] += 1
        count = self._counts[derived]
        return str(derived if count == 1 else uuid5(derived, str(count)))


def submit_campaign_parts(
    client: "cyclorama.Client", record: CampaignRecord, folder: Path, name: str, progress: Console
) -> None:
    """Submits the parts of a campaign that have no job, and sets their jobs or errors.

    Waits while the gateway's queue is full. The folder's report has the jobs also after an
    interruption.

    name: of the campaign. progress: shows how far it is, on a terminal.
    """
    ids, is_whole = PartIds(record.request_id), len(record.jobs) == 1
    shown = track(
        record.jobs,
        "submitting",
        console=progress,
        transient=True,
        disable=not progress.is_terminal,
    )
    recorded = time.monotonic()
    try:
        for each in shown:
            if not each.is_pending:
                continue
            result = _submit_when_accepted(client, each.part, ids, name, progress, is_whole)
            if isinstance(result, str):
                each.error = result
            else:
                each.job = result
            if time.monotonic() >= recorded + RECORD_SECONDS:
                write_campaign(record, folder)
                recorded = time.monotonic()
    finally:
        write_campaign(record, folder)
    names = [each.job.name for each in record.jobs if each.job]
    if names:
        progress.print(names[0] + count_more(len(names) - 1, "job"))


def _submit_when_accepted(
    client: "cyclorama.Client",
    part: FilePart,
    ids: PartIds,
    name: str,
    progress: Console,
    is_whole: bool,
) -> "cyclorama.Job | str":
    """Submits a part as submit_part does, again while the queue of the gateway is full.

    ids: derives its request ID. progress: where to say that it waits.
    """
    try:
        request_id = ids.derive(part)
    except OSError as error:
        if is_whole:
            raise
        return str(error)
    at_once, has_said = client.with_options(max_retries=0), False
    while True:
        try:
            return submit_part(at_once, part, request_id, name, is_whole=is_whole)
        except cyclorama.CycloramaError as error:
            if error.reason != QUEUE_FULL or error.retry_seconds is None:
                break
            if not has_said:
                text = f"{_name_part(part)}: waits, as the queue of the gateway is full"
                progress.print(text, soft_wrap=True, markup=False)
                has_said = True
            time.sleep(error.retry_seconds)
    # With the usual retries.
    return submit_part(client, part, request_id, name, is_whole=is_whole)


def submit_part(
    client: "cyclorama.Client", part: FilePart, request_id: str, name: str, *, is_whole: bool
) -> "cyclorama.Job | str":
    """Submits a part of a campaign; returns its job, or why this part alone is rejected.

    request_id: a UUID for this part. name: of the campaign, which its jobs have unless the file
    names them. is_whole: whether the part is the whole campaign.

    Raises the error of a part that is the whole campaign, and one that concerns every part.
    """
    try:
        arguments = {"display_name": _name_job(name, part, is_whole=is_whole), **part.arguments}
        return client.jobs.submit(part.photos, part.prompts, request_id=request_id, **arguments)
    except (OSError, ValueError, cyclorama.CycloramaError) as error:
        concerns_all = isinstance(error, cyclorama.CycloramaError) and not error.caller_can_fix
        if is_whole or concerns_all:
            raise
        return str(error)


def _name_job(campaign: str, part: FilePart, *, is_whole: bool) -> str:
    """Returns the name of a part's job: that of the campaign, and which part if it has several."""
    name = campaign if is_whole else f"{campaign}, {_name_part(part)}"
    return clean_name(name)


def _name_part(part: FilePart) -> str:
    """Returns which part of its campaign one is: the line of its table, or its photo."""
    return f"line {part.line}" if part.line else part.photos[0].name


def _hash_picture(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
