"""Whose turn it is: callers share the stages evenly, however much each of them asks for.

Start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996), every ad of the same length.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """A job that has not ended: its owner, the turn of its first ad, its ads, those not ended."""

    owner: str
    turn: int
    ads: int
    waiting: int


def next_turn(owner: str, standings: Iterable[Standing]) -> int:
    """The turn of the first ad of a new job; those of its other ads follow it one by one.

    It comes after the owner's own ads, and beside the ads that others are at now: who has many
    waiting does not keep out who has few.
    """
    others = list(standings)
    now = min((each.turn + each.ads - each.waiting for each in others), default=0)
    own = max((each.turn + each.ads for each in others if each.owner == owner), default=0)
    return max(now, own)
