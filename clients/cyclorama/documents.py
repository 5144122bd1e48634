"""Reads JSON and text files from users, with limits on size, depth and number of values."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Larger: a file that was named by mistake takes more memory before it is refused.
MAX_DOCUMENT_MIB = 16
# The contract's messages nest at most nine levels, free-form values aside. Python's own recursion
# limit is 1000.
MAX_DEPTH = 32
# YAML aliases can stand for billions of values ("billion laughs"); this many take a fraction of
# a second to check.
MAX_VALUES = 200_000


def read_json(text: str) -> Any:
    """Parses JSON text; raises ValueError when it is invalid, too deep or has too many values."""
    try:
        return check_limits(json.loads(text))
    except RecursionError:  # json.loads calls itself for every level, before the check.
        raise ValueError(f"is nested deeper than {MAX_DEPTH}") from None


def read_text_file(path: Path) -> str:
    """Reads a UTF-8 text file; raises ValueError when it is larger than MAX_DOCUMENT_MIB."""
    with path.open(encoding="utf-8") as file:
        # One character more than allowed shows that there is more, without reading all of it.
        text = file.read(MAX_DOCUMENT_MIB * 2**20 + 1)
    if len(text) > MAX_DOCUMENT_MIB * 2**20:
        raise ValueError(f"has more than {MAX_DOCUMENT_MIB} MiB")
    return text


def read_json_object(path: Path) -> dict[str, Any]:
    """Reads a JSON file that contains one object, and returns it as a dict.

    Raises ValueError, which names the file, when it is invalid JSON, too large or no object.
    """
    try:
        value = read_json(read_text_file(path))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"{path}: contains no JSON object")
    return value


def check_limits(value: Any) -> Any:
    """Returns a document unchanged; raises ValueError when it is too deep or has too many values.

    value: a document as json or yaml parsed it. The limits are MAX_DEPTH and MAX_VALUES; a YAML
    alias counts each time that it is used.
    """
    # Values to visit, with their depths: a loop, as recursion itself would fail on deep documents.
    pending, count = [(value, 1)], 0
    while pending:
        item, depth = pending.pop()
        count += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"is nested deeper than {MAX_DEPTH}")
        if count > MAX_VALUES:
            raise ValueError(f"contains more than {MAX_VALUES} values")
        if isinstance(item, Mapping):
            pending += [(child, depth + 1) for child in item.values()]
        elif isinstance(item, list):
            pending += [(child, depth + 1) for child in item]
    return value
