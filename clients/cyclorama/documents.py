"""Reads what people write, JSON and YAML, within bounds on size and nesting."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LARGEST_MIB = 16
DEEPEST, MOST_VALUES = 32, 200_000


def read_json(text: str) -> Any:
    """Reads JSON; ValueError where it is none or out of bounds."""
    try:
        return bounded(json.loads(text))
    except RecursionError:
        raise ValueError(f"is nested deeper than {DEEPEST}") from None


def read_text(path: Path) -> str:
    """The text of a file; ValueError where it is too large to be meant."""
    with path.open(encoding="utf-8") as file:
        text = file.read(LARGEST_MIB * 2**20 + 1)
    if len(text) > LARGEST_MIB * 2**20:
        raise ValueError(f"has more than {LARGEST_MIB} MiB")
    return text


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; ValueError names the file where there is none."""
    try:
        value = read_json(read_text(path))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"{path}: holds no JSON object")
    return value


def bounded(value: Any) -> Any:
    """The value; ValueError where it is nested too deep or holds too much.

    What YAML repeats by an alias counts each time: a few lines of it could stand for billions.
    """
    waiting, count = [(value, 1)], 0
    while waiting:
        inner, depth = waiting.pop()
        count += 1
        if depth > DEEPEST:
            raise ValueError(f"is nested deeper than {DEEPEST}")
        if count > MOST_VALUES:
            raise ValueError(f"holds more than {MOST_VALUES} values")
        if isinstance(inner, Mapping):
            waiting += [(each, depth + 1) for each in inner.values()]
        elif isinstance(inner, list):
            waiting += [(each, depth + 1) for each in inner]
    return value
