"""Checks of arguments that are no fields of requests; the errors are in the words of the caller."""

from collections.abc import Callable
from inspect import iscoroutinefunction
from os import PathLike
from pathlib import Path
from typing import Any

# Characters of a value that errors show. Larger: the advice after it is found later.
LONGEST = 60


def check_text(value: Any, name: str, example: str = "") -> str:
    """Returns a text; raises ValueError for anything else, or one that no file or message can have.

    name: of the argument, which errors start with. example: of a text to give, as written in
    Python.
    """
    if not isinstance(value, str):
        advice = f"give a text, such as {example}" if example else "give a text"
        raise ValueError(f"{name}: is {describe(value)}; {advice}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name}: character {error.start + 1} is half of a surrogate pair; give Unicode text"
        ) from None
    return value


def check_flag(value: Any, name: str) -> bool:
    """Returns a bool; raises ValueError for anything else, such as a text or a number."""
    if not isinstance(value, bool):
        raise ValueError(f"{name}: is {describe(value)}; give True or False")
    return value


def check_path(value: Any, name: str) -> Path:
    """Returns a path; raises ValueError when an argument is no text and no path."""
    if not isinstance(value, str | PathLike):
        raise ValueError(f"{name}: is {describe(value)}; give a path")
    return Path(value)


def check_count(value: Any, name: str, least: int) -> None:
    """Raises ValueError when an argument is no whole number, or below the least allowed."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not is_number or value < least:
        raise ValueError(f"{name}: is {describe(value)}; give a whole number, {least} or more")


def check_timeout(timeout: Any) -> float:
    """Returns a timeout in seconds; raises ValueError when it is no number above 0."""
    is_number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if not is_number or not timeout > 0:
        raise ValueError(
            f"timeout: is {describe(timeout)}; give seconds above 0, math.inf for no limit"
        )
    return float(timeout)


def check_callback(
    callback: Callable[..., Any] | None, name: str, *, may_be_async: bool = False
) -> None:
    """Raises TypeError when a callback cannot be called, or is async and would not be awaited.

    callback: None for none. name: of the argument, which errors start with.
    """
    if callback is not None and not callable(callback):
        raise TypeError(f"{name}: is {describe(callback)}; pass a function")
    if not may_be_async and iscoroutinefunction(callback):
        raise TypeError(f"{name}: is async; call AsyncClient, or pass a plain function")


def describe(value: Any) -> str:
    """Returns an argument as errors show it: as written in Python, or its type if that is long."""
    is_long = isinstance(value, str | bytes | bytearray) and len(value) > LONGEST
    text = "" if is_long else repr(value)
    return text if 0 < len(text) <= LONGEST else f"of type {type(value).__name__}"
