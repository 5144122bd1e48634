"""Reads campaign files, .yaml or .csv, and submits their parts as jobs."""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import cyclorama
from cyclorama.cli.follow import FollowedJob, report_job_ad
from cyclorama.cli.options import parse_size
from cyclorama.documents import MAX_DEPTH, check_limits, read_text_file

# The keys that a .yaml campaign may have.
CAMPAIGN_KEYS = {
    "photo",
    "photos",
    "prompts",
    "negative_prompt",
    "sizes",
    "variants",
    "seed",
    "format",
    "options",
    "overrides",
    "draft",
    "priority",
    "request_id",
    "display_name",
    "labels",
    "ad_timeout",
}


@dataclass(frozen=True)
class SubmittedPart:
    """A submitted part of a campaign file: its job, or the error that rejected it.

    prefix: of the names of its output files. arguments: keyword arguments of Jobs.submit.
    """

    prefix: str
    arguments: Mapping[str, Any]
    job: str = ""
    error: str = ""


def read_campaign_file(file: Path) -> Sequence[tuple[str, dict[str, Any]]]:
    """Reads a campaign file, which lists the ads to make, as parts; each part becomes a job.

    A .yaml file is one part, a .csv file one part per line. Returns for each part the prefix of the
    names of its output files, empty for .yaml, and keyword arguments of Jobs.submit.

    Raises ValueError, which says what is wrong.
    """
    if file.suffix.lower() == ".csv":
        return list(_read_csv(file))
    return [("", _read_yaml(file))]


def submit_part(
    client: "cyclorama.Client", prefix: str, arguments: Mapping[str, Any], request_id: str
) -> SubmittedPart:
    """Submits a part of a campaign file, a .csv line or a whole .yaml file, as a job.

    prefix: of the names of its output files; empty for a .yaml file. arguments: keyword arguments
    of Jobs.submit. request_id: a UUID for the whole file, or empty. Each line derives its own from
    it and from all that shapes its ad, so that a second submission only runs the lines that have
    changed.

    Returns the part with its job, or with an error that one line causes; raises an error that
    concerns the whole file.
    """
    try:
        optional = dict(arguments)
        photos, prompts = optional.pop("photos"), optional.pop("prompts")
        if request_id:
            is_csv_line = bool(prefix)
            optional["request_id"] = (
                _derive_request_id(request_id, arguments) if is_csv_line else request_id
            )
        job = client.jobs.submit(photos, prompts, **optional)
        return SubmittedPart(prefix, arguments, job=job.name)
    except (OSError, ValueError, cyclorama.CycloramaError) as error:
        # The only part of a .yaml file, or a failure that the next lines would meet as well.
        if not prefix or (isinstance(error, cyclorama.CycloramaError) and not error.caller_can_fix):
            raise
        return SubmittedPart(prefix, arguments, error=str(error))


def report_rejection(part: SubmittedPart) -> FollowedJob:
    """Returns a .csv line that was rejected as a job that failed.

    part: of a .csv file, so that it has one photo, one prompt and at most one size.
    """
    from cyclorama.report_page import ReportedAd  # Here: --help starts faster without gRPC.

    photo, prompt = str(part.arguments["photos"][0]), part.arguments["prompts"][0]
    # Without a size, the line names none; the seed was never chosen.
    size = part.arguments.get("sizes", [(0, 0)])[0]
    ad = cyclorama.JobAd(prompt, size, 0, "", "failed", "", "", part.error)
    fields = report_job_ad(ad, photo, file=None) | {"seed": None}
    report: dict[str, Any] = {"job": None, "state": "failed", "stages": {}, "ads": [fields]}
    return FollowedJob(report, [ReportedAd(ad, photo)])


def parse_request_id(text: str) -> str:
    """Returns a UUID, such as --request-id names, in canonical form; empty for an empty text.

    Raises ValueError for any other text.
    """
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        raise ValueError(f"--request-id {text}: write a UUID, such as uuidgen makes") from None


def _read_yaml(file: Path) -> dict[str, Any]:
    """Reads a .yaml campaign file as keyword arguments of Jobs.submit.

    Paths of photos in it are relative to the file's folder. ValueError says what is wrong.
    """
    import yaml  # Here: only this function needs it, and commands start faster.

    try:
        campaign = check_limits(yaml.safe_load(read_text_file(file)))
    except RecursionError:  # The YAML parser calls itself for every level, before the check.
        raise ValueError(f"{file}: is nested deeper than {MAX_DEPTH}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{file}: {' '.join(str(error).split())}") from None
    if not isinstance(campaign, dict) or not campaign.keys() <= CAMPAIGN_KEYS:
        raise ValueError(f"{file}: write a mapping with some of {', '.join(sorted(CAMPAIGN_KEYS))}")
    photos = campaign.pop("photos", None) or [campaign.pop("photo", None)]
    prompts = campaign.get("prompts")
    if not all(photos) or not prompts:
        raise ValueError(f"{file}: name at least one photo and one prompt")
    campaign["photos"] = [file.parent / photo for photo in photos]
    campaign["prompts"] = [prompts] if isinstance(prompts, str) else prompts
    if "sizes" in campaign:
        campaign["sizes"] = [parse_size(size) for size in campaign["sizes"]]
    campaign["overrides"] = [
        {name: _resolve_override(name, value, campaign, file) for name, value in override.items()}
        for override in campaign.get("overrides", [])
    ]
    return campaign


def _resolve_override(name: str, value: Any, campaign: dict[str, Any], file: Path) -> Any:
    """Returns the value of an override's field as Jobs.submit expects it.

    An override changes some ads of a campaign: those of a photo, a prompt or a size. The path of
    its photo is relative to the file. Other fields stay as they are.

    name, value: the field and its value in the file. campaign: as _read_yaml has read it so far.
    file: the campaign's file, named by a ValueError when the campaign lacks the value.
    """
    choices: list[Any]
    match name:
        case "photo":
            choice, choices = file.parent / value, campaign["photos"]
        case "prompt":
            choice, choices = value, campaign["prompts"]
        case "size":
            choice, choices = parse_size(value), campaign.get("sizes", [])
        case _:
            return value
    if choice not in choices:
        raise ValueError(f"{file}: an override is for {name} {value}, which the campaign lacks")
    return choice


def _read_csv(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields for each line of a .csv campaign, which is one ad, what is needed to submit it.

    This is the prefix of the names of the ad's files, such as "0001-", and keyword arguments of
    Jobs.submit. ValueError names a line that is invalid.
    """
    # Spreadsheets start their files with a byte order mark.
    with file.open(newline="", encoding="utf-8-sig") as lines:
        # The first line is the header.
        for number, row in enumerate(_read_rows(lines, file), start=2):
            if not (row.get("photo") and row.get("prompt")):
                raise ValueError(f"{file}, line {number}: fill the columns photo and prompt")
            arguments = {"photos": [file.parent / row["photo"]], "prompts": [row["prompt"]]}
            if row.get("size"):
                arguments["sizes"] = [parse_size(row["size"])]
            yield f"{number - 1:04d}-", arguments


def _read_rows(lines: Iterable[str], file: Path) -> Iterator[dict[str, str]]:
    """Yields the rows of a CSV file as texts by column; ValueError names a malformed line.

    lines: of the file, the header first. file: its path, for the error.
    """
    reader = csv.DictReader(lines)
    try:
        yield from reader
    except csv.Error as error:
        raise ValueError(f"{file}, line {reader.line_num}: {error}") from None


def _derive_request_id(request_id: str, arguments: Mapping[str, Any]) -> str:
    """Returns a UUID for a line of a .csv campaign, which is equal only for an equal ad.

    It depends on the whole file's UUID, `request_id`, on the content of the line's photo, and on
    all other arguments of Jobs.submit.
    """
    from cyclorama.pictures import image_from_picture

    [photo] = arguments["photos"]
    photo_sha256 = hashlib.sha256(image_from_picture(photo).data).hexdigest()
    others = {name: value for name, value in arguments.items() if name != "photos"}
    content = json.dumps([photo.name, photo_sha256, others], sort_keys=True)
    return str(uuid5(UUID(request_id), content))
