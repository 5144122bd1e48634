"""Reads words for fields of the contract, as options and tables have them, such as "1024x768"."""

import json
import re
from collections.abc import Iterable
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

from cyclorama.documents import MAX_DEPTH, check_limits
from cyclorama.stages import STAGES

# The message of fields with any names, such as settings of an image server.
FREE_FORM = "google.protobuf.Struct"
Options = dict[str, dict[str, Any]]


def parse_size(text: str, name: str = "--size") -> tuple[int, int]:
    """Parses a size in pixels such as "1024x768" into width and height.

    Raises ValueError for another text, which begins with `name`.
    """
    found = re.fullmatch(r"\s*(\d+)\s*[xX\u00d7]\s*(\d+)\s*", text, re.ASCII)
    if not found:
        raise ValueError(f"{name} {text}: write WIDTHxHEIGHT, such as 1024x768")
    return int(found[1]), int(found[2])


def parse_spot(text: str) -> tuple[float, ...]:
    """Parses the place of a product, "0.5,0.6,0.4", into shares; else raises ValueError."""
    try:
        center_x, center_y, width = map(float, text.split(","))
    except ValueError:
        raise ValueError(f"spot {text}: write X,Y,WIDTH, such as 0.5,0.6,0.4") from None
    return center_x, center_y, width


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
