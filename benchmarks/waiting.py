"""How long calls wait at stages of a set time, for a model of waiting to be held against."""

import random
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.chaos_faults import ASK
from benchmarks.chaos_rig import Outcome, Replica, call, ending
from benchmarks.scaling_work import balanced
from cyclorama.v1.segmentation_pb2_grpc import SegmentationServiceStub

SECONDS, AT_WORK, QUIET = 0.05, 1024, 20
# Replicas, places of each, and the share of their time that arrivals fill.
CASES = ((1, 1, 0.5), (1, 1, 0.8), (1, 2, 0.8), (2, 1, 0.5), (2, 1, 0.8))
MORE_THAN_WAIT = 256


def queues(calls: int) -> list[dict[str, object]]:
    """What was seen in each case: arrivals at random, as many callers send them."""
    return [waited(calls, *case) for case in CASES]


def waited(calls: int, count: int, places: int, load: float) -> dict[str, object]:
    """Plain JSON values: the case, the calls a second, and the seconds that they took.

    service_seconds: of a call that comes alone.
    """
    rate = load * count * places / SECONDS
    arrivals = arrivals_of(calls, rate)
    words = [str(each) for each in (SECONDS, places, AT_WORK)]
    replicas = [Replica("benchmarks.chaos_stage", *words) for _ in range(count)]
    with ending(*replicas):
        addresses = [replica.ready().address for replica in replicas]
        with balanced(addresses) as channel:
            segment = SegmentationServiceStub(channel).Segment
            alone = Outcome()
            for _ in range(QUIET):
                call(alone, lambda: segment(ASK, timeout=60))
            seen = offered(arrivals, lambda: segment(ASK, timeout=60))
    return {
        "replicas": count,
        "places": places,
        "rate": rate,
        "service_seconds": round(statistics.median(alone.seconds()), 5),
        "calls": calls,
        "mean": round(statistics.mean(seen), 5),
        "p95": round(float(np.percentile(seen, 95)), 5),
    }


def arrivals_of(calls: int, rate: float) -> list[float]:
    """Seconds at which calls come when each comes on its own, `rate` a second; always the same."""
    chance, at, found = random.Random(1), 0.0, []
    for _ in range(calls):
        at += chance.expovariate(rate)
        found.append(at)
    return found


def offered(arrivals: Sequence[float], work) -> list[float]:
    """Seconds of each call from the moment at which it was due, whatever became of earlier ones."""
    outcome, start = Outcome(), time.perf_counter()
    due: list[float] = []

    def send(moment: float) -> None:
        call(outcome, work)
        due.append(time.perf_counter() - moment)

    with ThreadPoolExecutor(MORE_THAN_WAIT) as callers:
        for at in arrivals:
            time.sleep(max(0.0, start + at - time.perf_counter()))
            callers.submit(send, start + at)
    if outcome.failed:
        raise SystemExit(f"{outcome.failed} calls failed: {outcome.calls[-1]}")
    return due
