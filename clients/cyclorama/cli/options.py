"""Options of the command line as values of the contract; ValueError says what to write."""

import json
import re
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any

import typer

from cyclorama.documents import DEEPEST, bounded
from cyclorama.stages import STAGES

Options = dict[str, dict[str, Any]]
Profile = Annotated[
    str, typer.Option(help="A platform whose rules the ad must meet, such as amazon-main.")
]
Quality = Annotated[int | None, typer.Option(help="1 to 100, of lossy formats.")]
MaxKb = Annotated[int | None, typer.Option(help="Largest file, in kB of 1000 bytes.")]
Dpi = Annotated[float | None, typer.Option(help="Dots per inch; default 72.")]


def given(words: dict[str, Any]) -> dict[str, Any]:
    """What was given on the command line."""
    return {name: value for name, value in words.items() if value is not None}


def delivery_of(
    profile: str, quality: int | None, max_kb: int | None, dpi: float | None
) -> dict[str, Any]:
    """How the file is to be written, as fields of a Delivery."""
    limits = {"profile": profile or None, "quality": quality, "max_kilobytes": max_kb, "dpi": dpi}
    return given(limits)


def parse_size(text: str) -> tuple[int, int]:
    """Reads "1024x768" as width and height."""
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise ValueError(f"--size {text}: write WIDTHxHEIGHT, such as 1024x768")
    return int(width), int(height)


def parse_backdrop(text: str) -> dict[str, Any]:
    """Reads "#f4f0e8" as a color; anything else names a picture file."""
    if not text.startswith("#"):
        return {"picture": {"data": Path(text).read_bytes()}}
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError(f"--backdrop {text}: write a color as #rrggbb, such as #ffffff")
    levels = bytes.fromhex(text[1:])
    return {"color": dict(zip(("red", "green", "blue"), levels, strict=True))}


def parse_engines(words: Iterable[str]) -> Options:
    """Reads STAGE=ENGINE as the options of each stage."""
    options: Options = {}
    for word in words:
        stage, _, name = word.partition("=")
        if stage not in STAGES or not name:
            raise ValueError(f"--engine {word}: write STAGE=ENGINE with {', '.join(STAGES)}")
        options[stage] = {"engine": {"name": name}}
    return options


def parse_options(words: Iterable[str], options: Options) -> Options:
    """Adds "compositing.tint=0.1", "compositing.shadow.kind=..." and the like to the options."""
    merged = deepcopy(options)
    for word in words:
        name, _, value = word.partition("=")
        stage, *path = name.split(".")
        if stage not in STAGES or not all(path) or not path or not value:
            raise ValueError(f"--option {word}: write STAGE.FIELD=VALUE with {', '.join(STAGES)}")
        set_field(merged.setdefault(stage, {}), ".".join(path), parse_value(value))
    return merged


def set_field(fields: dict[str, Any], name: str, value: Any) -> None:
    """Sets a field by its name, or one of a message within by "diffusion.steps"."""
    *outer, last = name.split(".")
    for each in outer:
        fields = fields.setdefault(each, {})
    fields[last] = value


def parse_value(text: str) -> Any:
    """Reads a number, true or false; anything else is a text."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return text
    except RecursionError:
        raise ValueError(f"{text[:40]}...: is nested deeper than {DEEPEST}") from None
    return bounded(value)
