"""Computes the turns of queued ads: callers share the stages evenly, however many ads they queue.

Start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996), with every ad of the same length, and
a virtual time for each priority.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class QueuedJob:
    """A job that has not ended.

    turn: of its first ad. places: its places in the queue so far. claimed: those that workers have
    claimed so far. waiting: number of ads that have not ended.
    """

    owner: str
    priority: int
    turn: int
    places: int
    claimed: int
    waiting: int


def compute_next_turn(owner: str, priority: int, queued: Iterable[QueuedJob]) -> int:
    """Returns the turn of a new job's first ad; its other ads take the turns after it.

    Queued ads of one priority run in the order of their turns. A new job begins at the turn that
    runs next, or after the ads of the same owner: a long queue of one owner does not delay the
    others, and nobody catches up on turns before the job. owner, priority: of the new job. queued:
    all jobs that have not ended; those of other priorities have turns of their own.
    """
    jobs = [job for job in queued if job.priority == priority]
    after_own = max((job.turn + job.places for job in jobs if job.owner == owner), default=0)
    return max(_find_virtual_time(jobs), after_own)


def _find_virtual_time(jobs: Sequence[QueuedJob]) -> int:
    """Returns the turn that runs next; the one after the last when all ads have been claimed.

    jobs: those of one priority.
    """
    next_turns = [job.turn + job.claimed for job in jobs if job.claimed < job.places]
    return min(next_turns, default=max((job.turn + job.places for job in jobs), default=0))
