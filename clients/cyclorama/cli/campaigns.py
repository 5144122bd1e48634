"""Reads what a campaign file asks for, .yaml or .csv."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cyclorama.cli.words import parse_size
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


def read_campaigns(file: Path) -> Sequence[tuple[str, dict[str, Any]]]:
    """What a file asks for: prefixes of file names, and arguments of Jobs.submit.

    ValueError says what is wrong with the file.
    """
    if file.suffix.lower() == ".csv":
        return list(_read_csv(file))
    return [("", _read_yaml(file))]


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
