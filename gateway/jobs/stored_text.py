"""Texts that the job database can store: Postgres refuses NUL, and no database has surrogates."""

import re
from collections.abc import Mapping
from typing import Any

# Control characters except tabs and line feeds, and halves of characters, which have no UTF-8.
UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def make_storable(value: Any) -> Any:
    """Returns a value with REPLACEMENT in place of what a text cannot have in the database.

    value: a text, a mapping, list or tuple of values, or anything else, which is returned as it is.
    """
    if isinstance(value, str):
        return UNSTORABLE.sub(REPLACEMENT, value)
    if isinstance(value, Mapping):
        return {make_storable(key): make_storable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return tuple(map(make_storable, value))
    return value
