"""Values that callers may write in place of messages of the contract: "512x512", "#e8d9c0", ..."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from cyclorama.pictures import image_from_picture

HEX_COLOR = re.compile(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
SIZE_TEXT = re.compile(r"\s*(\d{1,6})\s*[xX\u00d7]\s*(\d{1,6})\s*")
SIDES = ("top", "right", "bottom", "left")

# Returns a mapping of fields, or a message, for a value; `name` is that of the argument.
Convert = Callable[[Any, str], Mapping[str, Any] | Message]


def size_from_value(value: Any, name: str) -> dict[str, int]:
    """Returns width and height of a size, "1024x768" or (1024, 768); else raises ValueError."""
    sides = value
    if isinstance(value, str) and (found := SIZE_TEXT.fullmatch(value)):
        sides = tuple(map(int, found.groups()))
    if not _is_series(sides) or len(sides) != 2:
        raise ValueError(f'{name}: {value!r} is no size; write "1024x768" or (1024, 768)')
    return dict(zip(("width", "height"), sides, strict=True))


def color_from_value(value: Any, name: str) -> dict[str, int]:
    """Returns red, green and blue of a color, "#e8d9c0" or (232, 217, 192); else ValueError."""
    levels = value
    if isinstance(value, str) and (found := HEX_COLOR.fullmatch(value)):
        digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
        levels = tuple(bytes.fromhex(digits))
    if not _is_series(levels) or len(levels) != 3:
        raise ValueError(f'{name}: {value!r} is no color; write "#e8d9c0" or (232, 217, 192)')
    return dict(zip(("red", "green", "blue"), levels, strict=True))


def backdrop_from_value(value: Any, name: str) -> dict[str, Any]:
    """Returns the surface of a backdrop: the color, or else the picture, that a value is."""
    if (isinstance(value, str) and value.startswith("#")) or _is_series(value):
        return {"color": color_from_value(value, name)}
    is_name = isinstance(value, str) and value and "://" not in value
    if is_name and not Path(value).is_file():
        text = 'is neither a file nor a color; write a color in hexadecimal, such as "#e8d9c0"'
        raise ValueError(f"{name}: {value!r} {text}")
    return {"picture": image_from_picture(value, name)}


def box_from_value(value: Any, name: str) -> dict[str, Any]:
    """Returns the fields of a box (x, y, width, height) in pixels; else raises ValueError."""
    return _fields_of(("x", "y", "width", "height"), value, name)


def point_from_value(value: Any, name: str) -> dict[str, Any]:
    """Returns the fields of a point (x, y) in pixels; else raises ValueError."""
    return _fields_of(("x", "y"), value, name)


def spot_from_value(value: Any, name: str) -> dict[str, Any]:
    """Returns the fields of a spot (center_x, center_y, width), as shares; else ValueError."""
    return _fields_of(("center_x", "center_y", "width"), value, name)


def margins_from_value(value: Any, name: str) -> dict[str, Any]:
    """Returns the same margin on every side; raises ValueError when it is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name}: {value!r} is no margin; write 0.1, or a mapping of {SIDES}")
    return dict.fromkeys(SIDES, value)


def duration_from_value(value: Any, name: str) -> Duration:
    """Returns a time span of seconds or a timedelta; raises ValueError when it is none."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not math.isfinite(seconds):
        raise ValueError(f"{name}: {value!r} is no time; write seconds, such as 90")
    duration = Duration()
    try:
        duration.FromMilliseconds(round(1000 * seconds))
    except ValueError:
        raise ValueError(f"{name}: {value!r} s is out of range") from None
    return duration


def timestamp_from_value(value: Any, name: str) -> Timestamp:
    """Returns a point in time, in UTC unless it has a zone; ValueError when it is no datetime."""
    if not isinstance(value, datetime):
        raise ValueError(f"{name}: is {value!r}; give a datetime")
    timestamp = Timestamp()
    timestamp.FromDatetime(value)
    return timestamp


def _fields_of(names: Sequence[str], value: Any, name: str) -> dict[str, Any]:
    """Returns a series of numbers by field; raises ValueError when it has another length."""
    if not _is_series(value) or len(value) != len(names):
        raise ValueError(f"{name}: {value!r} is not ({', '.join(names)})")
    return dict(zip(names, value, strict=True))


def _is_series(value: Any) -> bool:
    """Returns whether a value is a list or tuple without gaps."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes) and None not in value


# By the name of the message.
CONVERTERS: Mapping[str, Convert] = {
    "Image": image_from_picture,
    "Size": size_from_value,
    "Color": color_from_value,
    "Backdrop": backdrop_from_value,
    "Box": box_from_value,
    "Point": point_from_value,
    "Spot": spot_from_value,
    "Margins": margins_from_value,
    "EngineChoice": lambda value, name: {"name": value},
    "ShadowOptions": lambda value, name: {"kind": value},
    "Duration": duration_from_value,
    "Timestamp": timestamp_from_value,
}
