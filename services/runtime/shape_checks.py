"""Checks the format and size of a picture, made or planned, against the rules of a platform."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.runtime.formats import join_names

# The measured value in words, whether it meets the rule (None: unknown), and the limit in words.
CheckOutcome = tuple[str, bool | None, str]
Bounds = Mapping[str, Any]


@dataclass(frozen=True)
class PictureShape:
    """The name of a picture's format, such as "JPEG", and its width and height in pixels."""

    format: str
    width: int
    height: int


ShapeCheck = Callable[[Bounds, PictureShape], CheckOutcome]


def format_number(value: float) -> str:
    """Formats a number with at most four significant decimals and no trailing zeros."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def check_bounds(value: float, bounds: Bounds) -> CheckOutcome:
    """Compares a number with bounds; returns it in words, whether it fits, the bounds in words.

    bounds: the smallest and largest allowed value under "least" and "most", both inclusive; a
        missing one does not limit.
    """
    low, high = bounds.get("least"), bounds.get("most")
    met = (low is None or value >= low) and (high is None or value <= high)
    limits = [f"at least {format_number(low)}"] if low is not None else []
    limits += [f"at most {format_number(high)}"] if high is not None else []
    return format_number(value), met, " and ".join(limits)


def _number_check(read: Callable[[PictureShape], float]) -> ShapeCheck:
    """Returns a check that compares a number with bounds; `read` reads it from the shape."""
    return lambda bounds, shape: check_bounds(read(shape), bounds)


def _check_format(bounds: Bounds, shape: PictureShape) -> CheckOutcome:
    """Returns the format, whether it is among bounds["allowed"], and those in words."""
    allowed = bounds["allowed"]
    return shape.format, shape.format in allowed, join_names(allowed)


def _check_size(bounds: Bounds, shape: PictureShape) -> CheckOutcome:
    """Returns the size, whether it is an allowed one, and the allowed ones in words.

    bounds: pairs of width and height in pixels under "allowed".
    """
    allowed = [f"{width} x {height}" for width, height in bounds["allowed"]]
    measured = f"{shape.width} x {shape.height}"
    return measured, measured in allowed, join_names(allowed)


def _check_ratio(bounds: Bounds, shape: PictureShape) -> CheckOutcome:
    """Returns width / height, whether it is near an allowed ratio, and those in words.

    bounds: the ratios under "allowed", and by which share of one of them the picture's may differ
        under "tolerance".
    """
    ratio, tolerance = shape.width / shape.height, bounds["tolerance"]
    met = any(abs(ratio / allowed - 1) <= tolerance for allowed in bounds["allowed"])
    choices = join_names([format_number(allowed) for allowed in bounds["allowed"]])
    return format_number(ratio), met, f"{choices}, within {tolerance:.0%}"


def _check_least_size(bounds: Bounds, shape: PictureShape) -> CheckOutcome:
    """Checks that a picture is as large as its aspect ratio requires, in width and in height.

    Returns the size, whether it is large enough, and the least size, both in words.

    bounds: the least width and height in pixels for each ratio, in pairs under "sizes".
    """
    ratio = shape.width / shape.height
    width, height = min(bounds["sizes"], key=lambda size: abs(ratio * size[1] / size[0] - 1))
    met = shape.width >= width and shape.height >= height
    return f"{shape.width} x {shape.height}", met, f"at least {width} x {height}"


# By the names of the checks in the platforms' rules.
SHAPE_CHECKS: Mapping[str, ShapeCheck] = {
    "format": _check_format,
    "size": _check_size,
    "ratio": _check_ratio,
    "least_size": _check_least_size,
    "width": _number_check(lambda shape: shape.width),
    "shortest_side": _number_check(lambda shape: min(shape.width, shape.height)),
    "longest_side": _number_check(lambda shape: max(shape.width, shape.height)),
    "megapixels": _number_check(lambda shape: shape.width * shape.height / 1e6),
}
