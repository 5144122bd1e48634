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
    """Returns the turn of a new job's first ad; its other ads take the turns after it.

    Queued ads run in the order of their turns. A new job begins after the ads of the same owner,
    but not after those of others, only where the slowest of their jobs has arrived: a long queue of
    one owner does not delay the others. owner: of the new job. queued: all jobs that have not
    ended.
    """
    jobs = list(queued)
    # Turn of the ad that each job runs next, for the job that is furthest behind.
    reached = min((job.turn + job.ads - job.waiting for job in jobs), default=0)
    after_own = max((job.turn + job.ads for job in jobs if job.owner == owner), default=0)
    return max(reached, after_own)
