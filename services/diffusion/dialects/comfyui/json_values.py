"""Reads JSON of a server that may have any shape."""

import json


def parse_json_object(data: bytes) -> dict[str, object]:
    """Returns the JSON object in some bytes; an empty one if there is none."""
    try:
        return narrow_to_object(json.loads(data))
    # json raises RecursionError for brackets that are nested too deep.
    except (ValueError, RecursionError):
        return {}


def narrow_to_object(value: object) -> dict[str, object]:
    """Returns a JSON object; an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def narrow_to_list(value: object) -> list[object]:
    """Returns a JSON list; an empty one for any other value."""
    return value if isinstance(value, list) else []
