"""Decides whether a failed call is worth another try, and when."""

import random

from services.diffusion.errors import (
    BadOutput,
    Busy,
    CutByProxy,
    Failed,
    MaskIgnored,
    OutOfMemory,
    Unreachable,
    WrongModel,
)

MOST_RETRIES = 2
FIRST_PAUSE = 0.3
# What another server may do better, though the same one would do it again.
ELSEWHERE = (BadOutput, Failed, MaskIgnored, OutOfMemory, WrongModel)


def pause_before_retry(error: Exception, retries: int, others: int) -> float | None:
    """Seconds to wait before the next try, or None to give up.

    retries: how many there have been. others: well servers that have not been tried. What timed
    out is never sent again: the server may still be at work on it. A refused request stays one.
    """
    if retries >= MOST_RETRIES:
        return None
    if others:
        again = (Unreachable, CutByProxy, *ELSEWHERE)
        return 0.0 if isinstance(error, again) else None
    if isinstance(error, CutByProxy):
        return 0.0 if error.settled else None
    jittered = FIRST_PAUSE * 2**retries * random.uniform(0.7, 1.3)
    if isinstance(error, Busy):
        return max(error.seconds or 0.0, jittered)
    return jittered if isinstance(error, Unreachable) else None
