"""Converts command-line options into fields of the contract; ValueError says what to write."""

import json
import re
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any

import typer

from cyclorama.documents import MAX_DEPTH, check_limits
from cyclorama.stages import STAGES

Options = dict[str, dict[str, Any]]
Profile = Annotated[
    str, typer.Option(help="A platform whose rules the ad must meet, such as amazon-main.")
]
Quality = Annotated[int | None, typer.Option(help="1 to 100, of lossy formats.")]
MaxKb = Annotated[int | None, typer.Option(help="Largest file, in kB of 1000 bytes.")]
Dpi = Annotated[float | None, typer.Option(help="Dots per inch; default 72.")]


def drop_none(fields: dict[str, Any]) -> dict[str, Any]:
    """Returns the fields without those that are None, which the caller did not set."""
    return {name: value for name, value in fields.items() if value is not None}


def build_delivery(
    profile: str, quality: int | None, max_kb: int | None, dpi: float | None
) -> dict[str, Any]:
    """Returns options of the output file as fields of a Delivery; None stands for a default."""
    limits = {"profile": profile or None, "quality": quality, "max_kilobytes": max_kb, "dpi": dpi}
    return drop_none(limits)


def parse_size(text: str) -> tuple[int, int]:
    """Parses "1024x768" into width and height."""
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise ValueError(f"--size {text}: write WIDTHxHEIGHT, such as 1024x768")
    return int(width), int(height)


def parse_backdrop(text: str) -> dict[str, Any]:
    """Parses a Backdrop: a color such as "#f4f0e8", or the path of a picture file."""
    if not text.startswith("#"):
        return {"picture": {"data": Path(text).read_bytes()}}
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError(f"--backdrop {text}: write a color as #rrggbb, such as #ffffff")
    levels = bytes.fromhex(text[1:])
    return {"color": dict(zip(("red", "green", "blue"), levels, strict=True))}


def parse_engines(words: Iterable[str]) -> Options:
    """Parses words STAGE=ENGINE into options by stage."""
    options: Options = {}
    for word in words:
        stage, _, name = word.partition("=")
        if stage not in STAGES or not name:
            raise ValueError(f"--engine {word}: write STAGE=ENGINE with {', '.join(STAGES)}")
        options[stage] = {"engine": {"name": name}}
    return options


def parse_options(words: Iterable[str], options: Options) -> Options:
    """Returns options by stage with words such as "compositing.tint=0.1" added."""
    merged = deepcopy(options)
    for word in words:
        name, _, value = word.partition("=")
        stage, *path = name.split(".")
        if stage not in STAGES or not all(path) or not path or not value:
            raise ValueError(f"--option {word}: write STAGE.FIELD=VALUE with {', '.join(STAGES)}")
        set_field(merged.setdefault(stage, {}), ".".join(path), parse_value(value))
    return merged


def set_field(fields: dict[str, Any], name: str, value: Any) -> None:
    """Sets a field in place by its name; "diffusion.steps" names one of a nested message."""
    *outer, last = name.split(".")
    for part in outer:
        fields = fields.setdefault(part, {})
    fields[last] = value


def parse_value(text: str) -> Any:
    """Parses a value as JSON, such as a number, true or false; anything else is a text."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return text
    except RecursionError:
        raise ValueError(f"{text[:40]}...: is nested deeper than {MAX_DEPTH}") from None
    return check_limits(value)
