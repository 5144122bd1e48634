"""How long calls wait at replicas of a stage, beside what the model of capacity says.

python -m benchmarks.waiting [--quick]

Stages take a set time, so many calls at once; calls come at random, as many callers send them, and
count from the moment at which they were due. Theirs is the model, which simulates the same calls.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks.capacity import PERCENT, arrivals_of, simulated
from benchmarks.chaos_faults import ASK
from benchmarks.chaos_rig import Outcome, Replica, call, ending
from benchmarks.report import Row, report
from benchmarks.scaling_work import balanced
from cyclorama.v1.segmentation_pb2_grpc import SegmentationServiceStub

# Long beside what a busy machine holds a call up.
SECONDS, AT_WORK, QUIET = 0.15, 1024, 10
# Replicas, places of each, and the share of their time that arrivals fill.
CASES = ((1, 1, 0.5), (1, 1, 0.8), (1, 2, 0.8), (2, 1, 0.5), (2, 1, 0.8))
MORE_THAN_WAIT = 256
TURNS, SEEN = 2, ("service_seconds", "mean", "p95")
GOAL = 1.2


def main() -> None:
    """Sends the calls of each case several times, and keeps the middle of what was seen."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="few calls, once")
    quick = words.parse_args().quick
    calls, turns = (40, 1) if quick else (150, TURNS)
    seen = [[waited(calls, *case) for case in CASES] for _ in range(turns)]
    cases = [middle(each) for each in zip(*seen, strict=True)]
    rows = [row for case in cases for row in rows_of(case)]
    report("waiting", rows, quick, ["grpcio"], {"cases": cases})


def middle(turns: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One case with the medians of its turns: other programs hold up now this one, now that."""
    seen = {name: statistics.median(turn[name] for turn in turns) for name in SEEN}
    return {**turns[0], **seen}


def rows_of(case: Mapping[str, Any]) -> Iterator[Row]:
    """Mean and 95th percentile, by the model and as seen."""
    took = simulated(case)
    figures = {"mean": took.mean(), "p95": np.percentile(took, PERCENT)}
    for name, model in figures.items():
        claim = f"{case['replicas']} x {case['places']} at once, {case['load']:.0%} busy, {name}"
        yield Row(claim, "ms", 1000 * float(model), 1000 * case[name], GOAL, "ratio", True)


def waited(calls: int, count: int, places: int, load: float) -> dict[str, Any]:
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
            segment = SegmentationServiceStub(channel).SegmentProduct
            alone = Outcome()
            for _ in range(QUIET):
                call(alone, lambda: segment(ASK, timeout=60))
            seen = offered(arrivals, lambda: segment(ASK, timeout=60))
    return {
        "replicas": count,
        "places": places,
        "load": load,
        "rate": rate,
        "service_seconds": round(statistics.median(alone.seconds()), 5),
        "calls": calls,
        "mean": round(statistics.mean(seen), 5),
        "p95": round(float(np.percentile(seen, 95)), 5),
    }


def offered(arrivals: Sequence[float], work: Callable[[], object]) -> list[float]:
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


if __name__ == "__main__":
    main()
