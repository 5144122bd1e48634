"""Three times what a stage can do: how soon it says no, and what the rest of the calls take."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc
import numpy as np

from benchmarks.chaos_faults import ASK
from benchmarks.chaos_rig import Outcome, Replica, call, ending
from cyclorama.v1 import segmentation_pb2_grpc

PLACES, PLACE_SECONDS, TIMES = 8, 0.2, 3
ALONE = 10


@dataclass
class Overload:
    """What was seen, in seconds; memory in MiB before, and its most meanwhile."""

    alone: float
    outcome: Outcome
    memory: list[float] = field(default_factory=list)
    normal_after: float = 0.0

    @property
    def accepted_times(self) -> float:
        """How many times longer than alone 95 % of the accepted calls took at most."""
        return float(np.percentile(self.outcome.seconds(), 95)) / self.alone

    @property
    def refusal_milliseconds(self) -> float:
        """What 95 % of the refusals took at most."""
        refused = self.outcome.seconds(failed=True)
        return float(np.percentile(refused, 95)) * 1000 if len(refused) else 0.0

    @property
    def memory_times(self) -> float:
        """The most memory over that before."""
        return max(self.memory) / self.memory[0]

    @property
    def wrong_refusals(self) -> int:
        """Calls that failed otherwise than by a refusal that tells when to come back."""
        errors = [error for *_, error in self.outcome.calls if error is not None]
        return sum(_reason(error) != "OVERLOADED" for error in errors)


def overload(seconds: float, max_concurrent_calls: int = PLACES) -> Overload:
    """Offers calls at a steady pace, whether or not earlier ones were answered."""
    words = (PLACE_SECONDS, PLACES, max_concurrent_calls)
    replica = Replica("benchmarks.chaos_stage", *map(str, words)).ready()
    with ending(replica), grpc.insecure_channel(replica.address) as channel:
        segment = segmentation_pb2_grpc.SegmentationServiceStub(channel).SegmentProduct
        quiet = Outcome()
        for _ in range(ALONE):
            call(quiet, lambda: segment(ASK, timeout=60))
        seen = Overload(float(np.median(quiet.seconds())), Outcome(), [replica.memory])
        answered = offer(seen, segment, seconds, replica)
        seen.normal_after = until_normal(segment, seen.alone)
        answered()
    return seen


def offer(
    seen: Overload, segment: grpc.UnaryUnaryMultiCallable, seconds: float, replica: Replica
) -> Callable[[], None]:
    """Sends the calls, notes what becomes of them, and how the memory goes meanwhile.

    Returns what waits until all are answered.
    """
    pace = PLACES / PLACE_SECONDS * TIMES
    number, begin = round(pace * seconds), time.perf_counter()
    answered = threading.Semaphore(0)

    def note(start: float, future: grpc.Future) -> None:
        seen.outcome.calls.append((start, time.perf_counter(), future.exception()))
        answered.release()

    for count in range(number):
        time.sleep(max(0.0, begin + count / pace - time.perf_counter()))
        start = time.perf_counter()
        future = segment.future(ASK, timeout=60)
        future.add_done_callback(lambda future, start=start: note(start, future))
        if count % round(pace) == 0:
            seen.memory.append(replica.memory)
    return lambda: [answered.acquire() for _ in range(number)]


def until_normal(segment: grpc.UnaryUnaryMultiCallable, alone: float) -> float:
    """Seconds until a call is accepted and takes no longer than 1.5 times what it did alone."""
    begin = time.perf_counter()
    while time.perf_counter() - begin < 60:
        outcome = Outcome()
        call(outcome, lambda: segment(ASK, timeout=60))
        if not outcome.failed and outcome.seconds()[0] <= 1.5 * alone:
            break
    return time.perf_counter() - begin


def _reason(error: Exception) -> str:
    return dict(error.trailing_metadata() or ()).get("cyclorama-reason", "")
