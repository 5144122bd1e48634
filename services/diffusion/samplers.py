"""Finds a server's own names for a sampler and a scheduler."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.runtime.engines import Notice

# What servers append to a sampler's name where they have no schedulers of their own.
SUFFIXES = ("karras", "exponential", "polyexponential", "sgmuniform", "uniform", "simple", "normal")


@dataclass(frozen=True)
class Named:
    """Something on a server's list: the name to send, and others that mean the same."""

    name: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """Exact names to send; empty where the server had better choose for itself."""

    sampler: str = ""
    scheduler: str = ""
    notices: tuple[Notice, ...] = ()


def choose_sampler(
    sampler: str, scheduler: str, samplers: Sequence[Named], schedulers: Sequence[Named]
) -> Chosen:
    """Maps ids such as dpmpp_2m and karras, or any server's names, to the names on these lists.

    A combined name such as "DPM++ 2M Karras" is split, unless the server lists it and has no
    schedulers apart. What is not on the lists is left out, and a notice says so.
    """
    found = _find(sampler, samplers)
    if sampler and not found:
        head, tail = _split(sampler)
        found, scheduler = _find(head, samplers), scheduler or tail
    paired = "" if schedulers or not (found and scheduler) else _find(found + scheduler, samplers)
    timed = "" if paired else _find(scheduler, schedulers)
    missing = [
        _notice(kind, wanted)
        for kind, wanted, got in (
            ("sampler", sampler, found),
            ("scheduler", scheduler, timed or paired),
        )
        if wanted and not got
    ]
    return Chosen(paired or found, timed, tuple(missing))


def plain(name: str) -> str:
    """A name without case, blanks and signs, so that "DPM++ 2M" equals "dpmpp_2m"."""
    return "".join(filter(str.isalnum, name.lower().replace("+", "p"))).removeprefix("kdiffusion")


def _find(wanted: str, listed: Iterable[Named]) -> str:
    if not wanted:
        return ""
    key = plain(wanted)
    for by in (lambda each: (each.name,), lambda each: each.others):
        for each in listed:
            if key in map(plain, by(each)):
                return each.name
    return ""


def _split(sampler: str) -> tuple[str, str]:
    key = plain(sampler)
    for suffix in SUFFIXES:
        if key.endswith(suffix) and key != suffix:
            return key.removesuffix(suffix), suffix
    return sampler, ""


def _notice(kind: str, wanted: str) -> Notice:
    text = f"the server has no {kind} {wanted}, so it used its own; its list has the names"
    return Notice(f"{kind.upper()}_UNKNOWN", text)
