"""Reads campaigns, from a .yaml or .csv file or a folder of photos."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from cyclorama.ad_flags import FLAG_ALIASES, FLAGS, build_ad_arguments, drop_unset, read_flags
from cyclorama.campaign_tables import (
    ALIASES,
    JOB_KEYS,
    SUBJECTS,
    CampaignPart,
    choose_seed,
    list_required_columns,
    list_unused_columns,
    read_part,
    read_table,
)
from cyclorama.cli.photo_folder import PhotoFolder
from cyclorama.documents import MAX_DEPTH, check_limits, read_text_file
from cyclorama.option_words import parse_size, suggest_name
from cyclorama.sheets import read_sheet

TABLE_SUFFIXES, YAML_SUFFIXES = (".csv", ".tsv", ".txt"), (".yaml", ".yml")
CAMPAIGN_SUFFIXES = (*TABLE_SUFFIXES, *YAML_SUFFIXES)
# Options of `create` that a campaign cannot have, and what to do.
NOT_IN_CAMPAIGNS = {
    "layers": "campaigns have no layers; `cyclorama create --layers` makes them for one ad",
    "output": "the folder is named on the command line, with -o",
    "gateway": "the gateway is named on the command line, with --gateway",
}
# Photos of one job, of at most 64 MiB with everything else. Larger: more campaigns are one job.
MAX_JOB_MIB = 48

FilePart = CampaignPart[Path]
"""A part of a campaign whose photos are files."""


@dataclass(frozen=True)
class Campaign:
    """A campaign as its file or folder describes it.

    unused_columns: those of its table that have no meaning. request_id: a UUID that its file names,
    or empty. shares_seed: whether its parts show the same scenes.
    """

    parts: tuple[FilePart, ...]
    unused_columns: tuple[str, ...] = ()
    request_id: str = ""
    shares_seed: bool = False

    @property
    def fingerprint(self) -> str:
        """A text that campaigns have in common if they name equal photos, scenes and options."""
        parts = [[part.photos, part.prompts, part.arguments] for part in self.parts]
        text = format_canonically(parts, os.path.abspath)
        return hashlib.sha256(text.encode()).hexdigest()

    def list_parts(self, request_id: str) -> list[FilePart]:
        """Returns its parts as they are submitted with a request ID, which decides a shared seed.

        A part that has a seed keeps it.
        """
        if not self.shares_seed:
            return list(self.parts)
        seed = choose_seed(request_id)
        return [replace(part, arguments={"seed": seed, **part.arguments}) for part in self.parts]


def read_campaign(source: Path, flags: Mapping[str, Any]) -> Campaign:
    """Reads a campaign: a .yaml file, a table with one ad or more in each row, or a folder.

    flags: those of the command line by name, `prompt` and `size` among them as lists; they precede
    what the file says.

    A row that is wrong becomes a part with an error; ValueError says what else is wrong.
    """
    given = drop_unset(flags)
    if source.is_dir():
        part = _read_file_part({"photo": "."}, source, given)
        return Campaign(_split_part(part), shares_seed=True)
    suffix = source.suffix.lower()
    if suffix in TABLE_SUFFIXES:
        return _read_table_file(source, given)
    if suffix in YAML_SUFFIXES:
        part, request_id = _read_yaml(source, given)
        fits = sum(path.stat().st_size for path in part.photos) <= MAX_JOB_MIB * 2**20
        if fits or "overrides" in part.arguments:
            return Campaign((part,), request_id=request_id)
        return Campaign(_split_part(part), request_id=request_id, shares_seed=True)
    raise ValueError(
        f"{source}: a campaign is a .yaml or .csv file, or a folder of photos; spreadsheets save "
        "as CSV"
    )


def parse_request_id(text: str, name: str) -> str:
    """Returns a UUID in canonical form; empty for an empty text.

    Raises ValueError for any other text, which begins with `name`, such as "--request-id".
    """
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        raise ValueError(f"{name} {text}: write a UUID, such as uuidgen makes") from None


def _split_part(part: FilePart) -> tuple[FilePart, ...]:
    """Returns a part for each photo, so that one that cannot be read does not stop the others."""
    return tuple(replace(part, photos=(photo,)) for photo in part.photos)


def _read_table_file(file: Path, given: Mapping[str, Any]) -> Campaign:
    """Reads a table as a campaign with a part for each row.

    given: flags of the command line. ValueError for a file that is no table with the columns photo
    and prompt; a prompt of the command line replaces the latter.
    """
    rows = list(read_sheet(file, list_required_columns(given, {}), ALIASES))
    if not rows:
        raise ValueError(f"{file}: has no line below its headings")
    folder = PhotoFolder(file.parent)
    parts = tuple(
        # Reports name the photo of a row that is wrong as well.
        replace(part, photos=(file.parent / part.photo_text,))
        if part.error and part.photo_text
        else part
        for part in read_table(rows, folder, given, {})
    )
    return Campaign(parts, tuple(list_unused_columns(rows)))


def _read_yaml(file: Path, given: Mapping[str, Any]) -> tuple[FilePart, str]:
    """Reads a .yaml campaign as its only part; returns its request ID, or an empty text, as well.

    given: flags of the command line. ValueError names the file and says what is wrong.
    """
    import yaml  # Here: only this function needs it, and commands start faster.

    try:
        campaign = check_limits(yaml.safe_load(read_text_file(file)))
        if not isinstance(campaign, dict):
            raise ValueError("write a mapping, such as photo: bottle.jpg")
        values = _name_keys(campaign)
        request_id = parse_request_id(str(values.pop("request_id", None) or ""), "request_id")
        return _read_file_part(values, file.parent, given), request_id
    except RecursionError:  # The YAML parser calls itself for every level, before the check.
        raise ValueError(f"{file}: is nested deeper than {MAX_DEPTH}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{file}: {' '.join(str(error).split())}") from None


def _name_keys(campaign: Mapping[Any, Any]) -> dict[str, Any]:
    """Returns a mapping with the usual names of its keys; ValueError names an unknown one."""
    known = {*SUBJECTS, *JOB_KEYS, *FLAGS, "request_id", "options", "overrides"}
    values = {}
    for key, value in campaign.items():
        name = str(key).strip().lower().replace("-", "_")
        name = ALIASES.get(name, name)
        if name in NOT_IN_CAMPAIGNS:
            raise ValueError(f"{key}: {NOT_IN_CAMPAIGNS[name]}")
        if name not in known:
            hint = suggest_name(name, {*known, *ALIASES})
            keys = ", ".join(sorted(known))
            raise ValueError(f"{key} is no key of a campaign{hint} (the keys are {keys})")
        if name in values:
            raise ValueError(f"{name} is there twice")
        values[name] = value
    return values


def _read_file_part(values: Mapping[str, Any], folder: Path, given: Mapping[str, Any]) -> FilePart:
    """Returns what a file says about ads as a part of a campaign; ValueError says what is wrong.

    values: as of read_part, and "overrides". folder: that of the file, to which paths are relative.
    given: flags of the command line.
    """
    part = read_part(values, PhotoFolder(folder), given)
    if overrides := values.get("overrides"):
        return replace(
            part,
            arguments={**part.arguments, "overrides": _read_overrides(overrides, part, folder)},
        )
    return part


def _read_overrides(overrides: Any, part: FilePart, folder: Path) -> list[dict[str, Any]]:
    """Returns the overrides of a campaign, as the file has them, as Jobs.submit expects them."""
    if not isinstance(overrides, list) or not all(isinstance(each, dict) for each in overrides):
        raise ValueError("overrides: write a list of mappings, such as [{size: 728x90, seed: 3}]")
    return [_read_override(each, part, folder) for each in overrides]


def _read_override(override: Mapping[str, Any], part: FilePart, folder: Path) -> dict[str, Any]:
    """Returns an override, which changes some ads of a campaign, as Jobs.submit expects it.

    The path of its photo is relative to the file. Fields of the contract, such as variant and
    lettering, stay.

    override: as the file has it. part: the campaign. folder: that of the file.
    """
    arguments, flags = {}, {}
    for key, value in override.items():
        key = str(key).replace("-", "_")
        name = FLAG_ALIASES.get(key, key)
        if name in SUBJECTS:
            arguments[name] = _find_subject(name, str(value), part, folder)
        elif name in FLAGS:
            flags[name] = value
        else:
            arguments[name] = value
    flags = read_flags(flags, PhotoFolder(folder).find_picture)
    # Finished ads among drafts are an override too.
    drafts = {"draft": flags["draft"]} if "draft" in flags else {}
    return arguments | build_ad_arguments(flags) | drafts


def _find_subject(name: str, value: str, part: FilePart, folder: Path) -> Any:
    """Returns the photo, prompt or size that an override is for, as its campaign has it.

    ValueError when the campaign lacks it.
    """
    choice: Any
    choices: Sequence[Any]
    match name:
        case "photo":
            choice, choices = PhotoFolder(folder).find_picture(value), part.photos
        case "prompt":
            choice, choices = value, part.prompts
        case _:
            choice, choices = parse_size(value, "size"), part.arguments.get("sizes", [])
    if choice not in choices:
        raise ValueError(f"an override is for {name} {value}, which the campaign lacks")
    return choice


def format_canonically(value: Any, describe_path: Callable[[Path], str]) -> str:
    """Returns a text for a value of a campaign, which equal values have in common."""

    def simplify(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): simplify(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [simplify(each) for each in value]
        return describe_path(value) if isinstance(value, Path) else value

    return json.dumps(simplify(value), sort_keys=True, default=str)
