"""Computes the turns of queued ads: callers share the stages evenly, however many ads they queue.

Start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996), with every ad of the same length.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class QueuedJob:
    """A job that has not ended.

    turn: of its first ad. ads: number of its ads. waiting: those that have not ended.
    """

    owner: str
    turn: int
    ads: int
    waiting: int


def compute_next_turn(owner: str, queued: Iterable[QueuedJob]) -> int:
    """Returns the turn of the first ad of a new job; its other ads take the turns after it.

    It is after the ads of the same owner, and at the position that the other owners have reached:
    a long queue of one caller does not delay the others.
    """
    jobs = list(queued)
    reached = min((job.turn + job.ads - job.waiting for job in jobs), default=0)
    after_own = max((job.turn + job.ads for job in jobs if job.owner == owner), default=0)
    return max(reached, after_own)
