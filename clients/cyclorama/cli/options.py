"""Converts command-line options into fields of the contract; ValueError says what to write."""

import json
import re
from collections.abc import Callable, Iterable
from copy import deepcopy
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, Any

import typer

from cyclorama.documents import MAX_DEPTH, check_limits
from cyclorama.stages import STAGES

# The message of fields with any names, such as settings of an image server.
FREE_FORM = "google.protobuf.Struct"
# Stands for standard input or output.
DASH = Path("-")
Options = dict[str, dict[str, Any]]
Profile = Annotated[
    str,
    typer.Option(
        metavar="PLATFORM", help="A platform whose rules the ad must meet, such as amazon-main."
    ),
]
Draft = Annotated[
    bool, typer.Option("--draft", help="The same composition in half the size, much sooner.")
]
Quality = Annotated[int | None, typer.Option(metavar="NUMBER", help="1 to 100, of lossy formats.")]
MaxKb = Annotated[int | None, typer.Option(metavar="KB", help="Largest file, in kB of 1000 bytes.")]
Dpi = Annotated[float | None, typer.Option(metavar="NUMBER", help="Dots per inch; default 72.")]


def parse_size(text: str, name: str = "--size") -> tuple[int, int]:
    """Parses a size in pixels such as "1024x768" into width and height.

    Raises ValueError for another text, which begins with `name`.
    """
    found = re.fullmatch(r"\s*(\d+)\s*[xX\u00d7]\s*(\d+)\s*", text, re.ASCII)
    if not found:
        raise ValueError(f"{name} {text}: write WIDTHxHEIGHT, such as 1024x768")
    return int(found[1]), int(found[2])


def require_file_or_dash(path: Path) -> Path:
    """Refuses the path of an option that does not exist and stands for no standard stream."""
    if path != DASH and not path.exists():
        raise typer.BadParameter(f"{str(path)!r} does not exist.")
    return path


def check_output_file(path: Path | None) -> Path | None:
    """Refuses the path of a picture that cannot be written, before it takes the time to make it.

    Raises ValueError for a folder or an unknown suffix, OSError for a folder that takes no files.
    """
    if path is None or path == DASH:
        return path
    from cyclorama.formats import format_name_from_path  # Here: --help starts faster.

    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file in it, such as {path / 'ad.png'}")
    format_name_from_path(path)
    check_folder(path.parent)
    return path


def check_folder(folder: Path) -> None:
    """Raises OSError if a folder cannot be created or takes no files."""
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    try:
        TemporaryFile(dir=existing).close()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(existing)) from None


def limit_number(low: float, high: float) -> Callable[[float | None], float | None]:
    """Returns a callback of an option that refuses numbers outside a range; None stays."""

    def check_number(number: float | None) -> float | None:
        if number is not None and not low <= number <= high:
            raise typer.BadParameter(f"write {low} to {high}")
        return number

    return check_number


def parse_engines(words: Iterable[str]) -> dict[str, str]:
    """Parses words STAGE=ENGINE, such as "background=flat", into the engines of stages by name.

    ValueError for a word of another form.
    """
    engines = {}
    for word in words:
        stage, _, name = word.partition("=")
        if stage not in STAGES or not name:
            raise ValueError(f"--engine {word}: write STAGE=ENGINE with {', '.join(STAGES)}")
        engines[stage] = name
    return engines


def parse_options(words: Iterable[str], options: Options) -> Options:
    """Returns a copy of the options of all stages with those of the command line added.

    words: STAGE.FIELD=VALUE, such as "compositing.tint=0.1"; ValueError for any other. options:
    fields by stage, such as {"compositing": {"tint": 0.1}}.
    """
    merged = deepcopy(options)
    for word in words:
        name, _, value = word.partition("=")
        stage, *path = name.split(".")
        if stage not in STAGES or not all(path) or not path or not value:
            raise ValueError(f"--option {word}: write STAGE.FIELD=VALUE with {', '.join(STAGES)}")
        set_option(merged.setdefault(stage, {}), stage, ".".join(path), value)
    return merged


def set_option(fields: dict[str, Any], stage: str, name: str, text: str) -> None:
    """Sets an option of a stage, in place, to a value that was typed on the command line.

    fields: the options of the stage. name: of the option; "diffusion.steps" is the field steps in
    the message diffusion. text: JSON such as 0.1, or any text; for a field that is a text in the
    contract, numbers and words such as true are texts too.

    Raises ValueError for a field that does not exist.
    """
    value = parse_value(text)
    is_text = isinstance(value, str) or not _is_text_field(stage, name)
    set_field(fields, name, value if is_text else text)


def _is_text_field(stage: str, name: str) -> bool:
    """Whether an option of a stage is a single text in the contract.

    name: of the option, such as "diffusion.model"; ValueError names the part that does not exist.
    """
    from cyclorama.v1 import ads_pb2  # Here: --help starts faster.

    # An ad's options are fields of its request, one for each stage.
    field = ads_pb2.CreateAdRequest.DESCRIPTOR.fields_by_name[stage]
    known = stage
    for part in name.split("."):
        if field.message_type and field.message_type.full_name == FREE_FORM:
            return False
        inner = field.message_type.fields_by_name if field.message_type else {}
        if part not in inner:
            hint = suggest_name(part, set(inner))
            has = f"has {', '.join(sorted(inner))}" if inner else "has no fields"
            raise ValueError(f"--option {stage}.{name}: there is no {part}{hint} ({known} {has})")
        field, known = inner[part], f"{known}.{part}"
    # A repeated field's default is a list.
    return isinstance(field.default_value, str)


def suggest_name(name: str, names: set[str]) -> str:
    """Returns "; did you mean ...?" with the most similar of some names, or an empty text."""
    similar = get_close_matches(name, sorted(names), n=1)
    return f"; did you mean {similar[0]}?" if similar else ""


def set_field(fields: dict[str, Any], name: str, value: Any) -> None:
    """Sets a field of a message, a nested mapping, in place, and creates missing messages.

    name: of the field; "diffusion.steps" is the field steps in the message diffusion.
    """
    *message_names, field_name = name.split(".")
    for message_name in message_names:
        fields = fields.setdefault(message_name, {})
    fields[field_name] = value


def parse_value(text: str) -> Any:
    """Parses the value of an option as JSON, such as 0.1 or true; anything else remains a text."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return text
    except RecursionError:  # json.loads calls itself for every level, before the check.
        raise ValueError(f"{text[:40]}...: is nested deeper than {MAX_DEPTH}") from None
    return check_limits(value)
