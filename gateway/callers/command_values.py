"""Parses values on the command line of `python -m gateway.callers`; errors say what is allowed."""

import math
import re
from argparse import ArgumentTypeError

from gateway.callers.caller import NAME, Scope

# A hundred years: dates far beyond cannot be written.
MAX_DAYS = 36_525
# The least of each quota. A caller that may send no call at all has no token instead.
LEAST_QUOTAS = {"max_concurrent_calls": 1, "ads_per_day": 0, "mib_per_day": 0}


def parse_days(text: str) -> float:
    """Returns a number of days; raises ArgumentTypeError unless it is from 0 to MAX_DAYS."""
    days = _parse_number(text)
    if not 0 <= days <= MAX_DAYS:
        raise ArgumentTypeError(f"{text}: from 0 to {MAX_DAYS} days")
    return days


def parse_caller_name(text: str) -> str:
    """Returns the name of a new caller; raises ArgumentTypeError unless it is a valid one."""
    if not re.fullmatch(NAME, text):
        raise ArgumentTypeError(
            f"{text!r}: at most 64 of a-z, 0-9, _, - and ., of which the first is a letter or digit"
        )
    return text


def parse_scopes(text: str) -> list[str]:
    """Returns the scopes of a comma-separated list; raises ArgumentTypeError for other words."""
    scopes = text.split(",")
    for scope in scopes:
        if scope not in list(Scope):
            raise ArgumentTypeError(f"{scope!r}: scopes are {', '.join(Scope)}")
    return scopes


def parse_quota(name: str, text: str) -> float:
    """Returns the value of a quota of Caller; raises ArgumentTypeError unless it is allowed.

    name: of the field. MiB may have decimals.
    """
    value, least = _parse_number(text), LEAST_QUOTAS[name]
    if name == "mib_per_day" and least <= value < math.inf:
        return value
    if text.isdecimal() and value >= least:
        return int(text)
    kind = "a number" if name == "mib_per_day" else "a whole number"
    raise ArgumentTypeError(f"{text}: {kind}, at least {least}")


def parse_changed_quota(name: str, text: str) -> float | None:
    """As `parse_quota`; None for "none", which removes a quota."""
    return None if text == "none" else parse_quota(name, text)


def _parse_number(text: str) -> float:
    """Returns a number, NaN for other texts; NaN is in no range."""
    try:
        return float(text)
    except ValueError:
        return math.nan
