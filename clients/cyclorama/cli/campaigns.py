"""Reads campaigns, from a .yaml or .csv file or a folder of photos, and submits their parts."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import cyclorama
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
from cyclorama.campaign_values import clean_name
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
    """A campaign: its parts, and the columns of its table that have no meaning."""

    parts: tuple[FilePart, ...]
    unused_columns: tuple[str, ...] = ()


def read_campaign(source: Path, flags: Mapping[str, Any], request_id: str = "") -> Campaign:
    """Reads a campaign: a .yaml file, a table with one ad or more in each row, or a folder.

    flags: those of the command line by name, `prompt` and `size` among them as lists; they precede
    what the file says. request_id: a UUID for the whole campaign, or empty.

    A row that is wrong becomes a part with an error; ValueError says what else is wrong.
    """
    given = drop_unset(flags)
    if source.is_dir():
        return Campaign(_split_part(_read_file_part({"photo": "."}, source, given), request_id))
    suffix = source.suffix.lower()
    if suffix in TABLE_SUFFIXES:
        return _read_table_file(source, given)
    if suffix in YAML_SUFFIXES:
        part = _read_yaml(source, given)
        fits = sum(path.stat().st_size for path in part.photos) <= MAX_JOB_MIB * 2**20
        is_one_job = fits or "overrides" in part.arguments
        return Campaign((part,) if is_one_job else _split_part(part, request_id))
    raise ValueError(
        f"{source}: a campaign is a .yaml or .csv file, or a folder of photos; spreadsheets save "
        "as CSV"
    )


def submit_part(
    client: "cyclorama.Client", part: FilePart, request_id: str, name: str, *, is_whole: bool
) -> "cyclorama.Job | str":
    """Submits a part of a campaign; returns its job, or why this part alone is rejected.

    request_id: a UUID for the whole campaign, or empty. Each of several parts derives its own from
    it and from all that shapes its ads, so that a second submission only runs parts that have
    changed. name: of the campaign, which its jobs have unless the file names them. is_whole:
    whether the part is the whole campaign.

    Raises the error of a part that is the whole campaign, and one that concerns every part.
    """
    try:
        arguments = {"display_name": _name_job(name, part, is_whole=is_whole), **part.arguments}
        if request_id:
            arguments["request_id"] = (
                request_id if is_whole else _derive_request_id(request_id, part)
            )
        return client.jobs.submit(part.photos, part.prompts, **arguments)
    except (OSError, ValueError, cyclorama.CycloramaError) as error:
        concerns_all = isinstance(error, cyclorama.CycloramaError) and not error.caller_can_fix
        if is_whole or concerns_all:
            raise
        return str(error)


def parse_request_id(text: str) -> str:
    """Returns a UUID, such as --request-id names, in canonical form; empty for an empty text.

    Raises ValueError for any other text.
    """
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        raise ValueError(f"--request-id {text}: write a UUID, such as uuidgen makes") from None


def _split_part(part: FilePart, request_id: str) -> tuple[FilePart, ...]:
    """Returns a part for each photo, so that one that cannot be read does not stop the others.

    All have one seed, so that they share their scenes; the same request_id has the same seed.
    """
    arguments = {"seed": choose_seed(request_id), **part.arguments}
    return tuple(FilePart((photo,), part.prompts, arguments) for photo in part.photos)


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


def _read_yaml(file: Path, given: Mapping[str, Any]) -> FilePart:
    """Reads a .yaml campaign as its only part; ValueError names the file and says what is wrong.

    given: flags of the command line.
    """
    import yaml  # Here: only this function needs it, and commands start faster.

    try:
        campaign = check_limits(yaml.safe_load(read_text_file(file)))
        if not isinstance(campaign, dict):
            raise ValueError("write a mapping, such as photo: bottle.jpg")
        return _read_file_part(_name_keys(campaign), file.parent, given)
    except RecursionError:  # The YAML parser calls itself for every level, before the check.
        raise ValueError(f"{file}: is nested deeper than {MAX_DEPTH}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{file}: {' '.join(str(error).split())}") from None


def _name_keys(campaign: Mapping[Any, Any]) -> dict[str, Any]:
    """Returns a mapping with the usual names of its keys; ValueError names an unknown one."""
    known = {*SUBJECTS, *JOB_KEYS, *FLAGS, "options", "overrides"}
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
        name = FLAG_ALIASES.get(key.replace("-", "_"), key.replace("-", "_"))
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
            choice, choices = parse_size(value), part.arguments.get("sizes", [])
    if choice not in choices:
        raise ValueError(f"an override is for {name} {value}, which the campaign lacks")
    return choice


def _name_job(campaign: str, part: FilePart, *, is_whole: bool) -> str:
    """Returns the name of a part's job: that of the campaign and, unless it is whole, which part.

    The part is the line of its table, or its photo.
    """
    which = f"line {part.line}" if part.line else part.photos[0].name
    name = campaign if is_whole else f"{campaign}, {which}"
    return clean_name(name)


def _derive_request_id(request_id: str, part: FilePart) -> str:
    """Returns a UUID for a part of a campaign, which is equal only for equal ads.

    It depends on the whole campaign's UUID, `request_id`, on the content of the photos, and on all
    other arguments of Jobs.submit.
    """
    photos = [(path.name, _hash_picture(path)) for path in part.photos]
    content = [photos, part.prompts, part.arguments]
    # Pictures among the arguments are paths.
    return str(uuid5(UUID(request_id), json.dumps(content, sort_keys=True, default=_hash_picture)))


def _hash_picture(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
