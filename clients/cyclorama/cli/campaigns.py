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
    "priority",
    "request_id",
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
    """Reads a campaign file: for each part, a prefix of file names and arguments of Jobs.submit.

    A .yaml file is one part, a .csv file one part per line. ValueError says what is wrong.
    """
    if file.suffix.lower() == ".csv":
        return list(_read_csv(file))
    return [("", _read_yaml(file))]


def submit_part(
    client: "cyclorama.Client", prefix: str, arguments: Mapping[str, Any], request_id: str
) -> SubmittedPart:
    """Submits a part of a campaign file as a job.

    request_id: a UUID for the whole file, or empty. Each line derives its own from it and from all
    that shapes its ad, so that a second submission only runs the lines that have changed.

    Returns an error that one line causes; raises one that concerns the whole file.
    """
    try:
        rest = dict(arguments)
        photos, prompts = rest.pop("photos"), rest.pop("prompts")
        if request_id:
            rest["request_id"] = _derive_request_id(request_id, arguments) if prefix else request_id
        job = client.jobs.submit(photos, prompts, **rest)
        return SubmittedPart(prefix, arguments, job=job.name)
    except (OSError, ValueError, cyclorama.CycloramaError) as error:
        if not prefix or (isinstance(error, cyclorama.CycloramaError) and not error.caller_can_fix):
            raise
        return SubmittedPart(prefix, arguments, error=str(error))


def report_rejection(part: SubmittedPart) -> dict[str, Any]:
    """Returns the report of a rejected line, with the same fields as that of a job."""
    [photo], [prompt] = part.arguments["photos"], part.arguments["prompts"]
    size = part.arguments.get("sizes", [None])[0]
    ad = {"photo": str(photo), "file": None, "prompt": prompt, "size": size, "seed": None}
    ads = [ad | {"state": "failed", "error": part.error}]
    return {"job": None, "state": "failed", "stages": {}, "ads": ads}


def parse_request_id(text: str) -> str:
    """Returns a request id in canonical form; raises ValueError unless it is a UUID or empty."""
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        raise ValueError(f"--request-id {text}: write a UUID, such as uuidgen makes") from None


def _read_yaml(file: Path) -> dict[str, Any]:
    """Reads a .yaml campaign as arguments of Jobs.submit; ValueError says what is wrong."""
    import yaml

    try:
        campaign = check_limits(yaml.safe_load(read_text_file(file)))
    except RecursionError:
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
        {name: _resolve_override(name, value, campaign, file) for name, value in each.items()}
        for each in campaign.get("overrides", [])
    ]
    return campaign


def _resolve_override(name: str, value: Any, campaign: dict[str, Any], file: Path) -> Any:
    """Replaces the photo, prompt or size that an override names by its position in the campaign."""
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
    return choices.index(choice)


def _read_csv(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields a prefix of file names and arguments of Jobs.submit for each line of a .csv file."""
    # Spreadsheets start their files with a byte order mark.
    with file.open(newline="", encoding="utf-8-sig") as lines:
        for number, row in enumerate(_read_rows(lines, file), 2):
            if not (row.get("photo") and row.get("prompt")):
                raise ValueError(f"{file}, line {number}: fill the columns photo and prompt")
            arguments = {"photos": [file.parent / row["photo"]], "prompts": [row["prompt"]]}
            if row.get("size"):
                arguments["sizes"] = [parse_size(row["size"])]
            yield f"{number - 1:04d}-", arguments


def _read_rows(lines: Iterable[str], file: Path) -> Iterator[dict[str, str]]:
    """Yields the rows of a CSV file by column; ValueError names a malformed line."""
    reader = csv.DictReader(lines)
    try:
        yield from reader
    except csv.Error as error:
        raise ValueError(f"{file}, line {reader.line_num}: {error}") from None


def _derive_request_id(request_id: str, arguments: Mapping[str, Any]) -> str:
    """Derives a line's request id from the file's, the photo's content and all other arguments."""
    from cyclorama.operations import image_from_picture

    [photo] = arguments["photos"]
    data = hashlib.sha256(image_from_picture(photo).data).hexdigest()
    others = {name: value for name, value in arguments.items() if name != "photos"}
    return str(uuid5(UUID(request_id), json.dumps([photo.name, data, others], sort_keys=True)))
