"""Reads what a campaign file asks for, .yaml or .csv, and submits it."""

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
from cyclorama.documents import DEEPEST, bounded, read_text

KNOWN = {
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
class Entered:
    """A part of a campaign file: its job, or why there is none.

    prefix: of the names of its files. wishes: arguments of Jobs.submit.
    """

    prefix: str
    wishes: Mapping[str, Any]
    job: str = ""
    error: str = ""


def read_campaigns(file: Path) -> Sequence[tuple[str, dict[str, Any]]]:
    """What a file asks for: prefixes of file names, and arguments of Jobs.submit.

    ValueError says what is wrong with the file.
    """
    if file.suffix.lower() == ".csv":
        return list(_read_csv(file))
    return [("", _read_yaml(file))]


def enter(
    client: "cyclorama.Client", prefix: str, wishes: Mapping[str, Any], request_id: str
) -> Entered:
    """Submits a part of a file; a line's own fault is noted, that of a whole file is raised.

    request_id: a UUID for the whole file, or nothing. A line gets one of its own from it and from
    all that shapes its ad, so that only lines that have changed are made again.
    """
    try:
        told = dict(wishes)
        photos, prompts = told.pop("photos"), told.pop("prompts")
        if request_id:
            told["request_id"] = _id_of_line(request_id, wishes) if prefix else request_id
        return Entered(prefix, wishes, job=client.jobs.submit(photos, prompts, **told).name)
    except (OSError, ValueError, cyclorama.CycloramaError) as error:
        if not prefix or (isinstance(error, cyclorama.CycloramaError) and not error.caller_can_fix):
            raise
        return Entered(prefix, wishes, error=str(error))


def refusal(entered: Entered) -> dict[str, Any]:
    """What `follow` reports of a job, for a line that was refused."""
    [photo], [prompt] = entered.wishes["photos"], entered.wishes["prompts"]
    size = entered.wishes.get("sizes", [None])[0]
    told = {"photo": str(photo), "file": None, "prompt": prompt, "size": size, "seed": None}
    ads = [told | {"state": "failed", "error": entered.error}]
    return {"job": None, "state": "failed", "stages": {}, "ads": ads}


def check_request_id(text: str) -> str:
    """A request id as it is; ValueError where it is none."""
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        raise ValueError(f"--request-id {text}: write a UUID, such as uuidgen makes") from None


def _read_yaml(file: Path) -> dict[str, Any]:
    import yaml

    try:
        told = bounded(yaml.safe_load(read_text(file)))
    except RecursionError:
        raise ValueError(f"{file}: is nested deeper than {DEEPEST}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{file}: {' '.join(str(error).split())}") from None
    if not isinstance(told, dict) or not told.keys() <= KNOWN:
        raise ValueError(f"{file}: write a mapping with some of {', '.join(sorted(KNOWN))}")
    photos = told.pop("photos", None) or [told.pop("photo", None)]
    prompts = told.get("prompts")
    if not all(photos) or not prompts:
        raise ValueError(f"{file}: name at least one photo and one prompt")
    told["photos"] = [file.parent / photo for photo in photos]
    told["prompts"] = [prompts] if isinstance(prompts, str) else prompts
    if "sizes" in told:
        told["sizes"] = [parse_size(size) for size in told["sizes"]]
    told["overrides"] = [
        {name: _place(name, value, told, file) for name, value in each.items()}
        for each in told.get("overrides", [])
    ]
    return told


def _place(name: str, value: Any, told: dict[str, Any], file: Path) -> Any:
    """Where the photo, prompt or size that an override names stands in the campaign."""
    among: list[Any]
    match name:
        case "photo":
            named, among = file.parent / value, told["photos"]
        case "prompt":
            named, among = value, told["prompts"]
        case "size":
            named, among = parse_size(value), told.get("sizes", [])
        case _:
            return value
    if named not in among:
        raise ValueError(f"{file}: an override is for {name} {value}, which the campaign lacks")
    return among.index(named)


def _read_csv(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    # Spreadsheets begin their files with a mark of the encoding.
    with file.open(newline="", encoding="utf-8-sig") as lines:
        for number, line in enumerate(_lines(lines, file), 2):
            if not (line.get("photo") and line.get("prompt")):
                raise ValueError(f"{file}, line {number}: fill the columns photo and prompt")
            wishes = {"photos": [file.parent / line["photo"]], "prompts": [line["prompt"]]}
            if line.get("size"):
                wishes["sizes"] = [parse_size(line["size"])]
            yield f"{number - 1:04d}-", wishes


def _lines(lines: Iterable[str], file: Path) -> Iterator[dict[str, str]]:
    """The lines of a table, by column."""
    reader = csv.DictReader(lines)
    try:
        yield from reader
    except csv.Error as error:
        raise ValueError(f"{file}, line {reader.line_num}: {error}") from None


def _id_of_line(request_id: str, wishes: Mapping[str, Any]) -> str:
    from cyclorama.operations import to_image

    [photo] = wishes["photos"]
    data = hashlib.sha256(to_image(photo).data).hexdigest()
    others = {name: value for name, value in wishes.items() if name != "photos"}
    return str(uuid5(UUID(request_id), json.dumps([photo.name, data, others], sort_keys=True)))
