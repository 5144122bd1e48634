"""Reads the values of campaign files, as YAML has them or as the texts of a table's cells."""

from collections.abc import Callable, Mapping
from json import dumps
from math import isfinite, nan
from typing import Any

# Characters of the name of a photo or of a job, as the contract has it.
MAX_NAME = 200
YES, NO = ("yes", "true", "y", "x", "1"), ("no", "false", "n", "0")


def read_values(
    values: Mapping[str, Any], readers: Mapping[str, Callable[[Any], Any]]
) -> dict[str, Any]:
    """Converts values of a campaign file; raises ValueError, which names the one that is wrong.

    values: by name, as YAML has them or all as texts. readers: functions that convert one, by name.
    """
    converted = {}
    for name, value in values.items():
        if value is None:
            raise ValueError(f"{name} is empty; put colors in quotes, as in backdrop: '#e8d9c0'")
        try:
            converted[name] = readers[name](value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name} {value}: {error}") from None
    return converted


def read_text(value: Any) -> str:
    """Returns a text or a number of a campaign file as a text; ValueError for anything else."""
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise ValueError("write a text")
    return str(value)


def read_integer(value: Any) -> int:
    """Returns a whole number of a campaign file; ValueError for anything else."""
    number = read_number(value)
    if number != int(number):
        raise ValueError("write a whole number")
    return int(number)


def read_number(value: Any) -> float:
    """Returns a number of a campaign file; ValueError for anything else."""
    try:
        # Spreadsheets of many countries write a comma.
        number = float(value.replace(",", ".") if isinstance(value, str) else value)
    except (TypeError, ValueError):
        number = nan
    if isinstance(value, bool) or not isfinite(number):
        raise ValueError("write a number")
    return number


def read_yes_or_no(value: Any) -> bool:
    """Returns whether a word of a campaign file means yes; ValueError unless it means yes or no."""
    word = str(value).lower()
    if word not in (*YES, *NO):
        raise ValueError("write yes or no")
    return word in YES


def read_words(value: Any) -> list[str]:
    """Returns words NAME=VALUE: a text, a list of them, or a mapping of names and values."""
    if isinstance(value, Mapping):
        texts = {
            name: each if isinstance(each, str) else dumps(each) for name, each in value.items()
        }
        return [f"{name}={text}" for name, text in texts.items()]
    words = [value] if isinstance(value, str) else value
    return [read_text(word) for word in words]


def read_labels(value: Any) -> dict[str, str]:
    """Returns labels of a campaign file, texts by name; ValueError for anything else."""
    if not isinstance(value, Mapping):
        raise ValueError("write a mapping, such as {season: spring}")
    return {str(name): read_text(text) for name, text in value.items()}


def clean_name(name: str) -> str:
    """Returns the name of a photo or of a job as the contract allows it: printable and short."""
    return "".join(filter(str.isprintable, name))[:MAX_NAME].strip()
