"""Waits of calls at replicas of a stage, compared with the capacity model.

python -m benchmarks.waiting [--quick]

Stages take a constant time with a fixed concurrency. Calls arrive at random (a Poisson process),
and their time counts from their arrival. Theirs is the model, which simulates the same calls.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks.capacity import PERCENT, generate_arrivals, simulate_case
from benchmarks.chaos_faults import NOOP_REQUEST
from benchmarks.chaos_rig import CallLog, Replica, record_call, stop_at_exit
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from benchmarks.scaling_work import open_balanced_stage
from cyclorama.v1.ads_pb2 import STAGE_SEGMENTATION

# Long compared with the delays of a busy machine.
CALL_SECONDS, MAX_CONCURRENT_CALLS, IDLE_CALLS = 0.15, 1024, 10
# Replicas, concurrency of each, and utilization.
CASES = ((1, 1, 0.5), (1, 1, 0.8), (1, 2, 0.8), (2, 1, 0.5), (2, 1, 0.8))
MAX_CALLERS = 256
ROUNDS, MEDIAN_FIELDS = 2, ("service_seconds", "mean", "p95")
GOAL = 1.2


def main() -> None:
    """Measures each case several times and reports medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few calls, once")
    quick = parse_arguments(parser).quick
    calls, turns = (40, 1) if quick else (150, ROUNDS)
    seen = [[measure_case(calls, *case) for case in CASES] for _ in range(turns)]
    cases = [take_medians(each) for each in zip(*seen, strict=True)]
    rows = [row for case in cases for row in build_rows(case)]
    write_report("waiting", rows, quick, ["grpcio"], {"cases": cases})


def take_medians(turns: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns one case with the medians of its rounds."""
    seen = {name: statistics.median(turn[name] for turn in turns) for name in MEDIAN_FIELDS}
    return {**turns[0], **seen}


def build_rows(case: Mapping[str, Any]) -> Iterator[BenchmarkRow]:
    """Yields mean and 95th percentile, modeled and measured."""
    durations = simulate_case(case)
    figures = {"mean": durations.mean(), "p95": np.percentile(durations, PERCENT)}
    for name, model in figures.items():
        claim = f"{case['replicas']} x {case['places']} at once, {case['load']:.0%} busy, {name}"
        yield BenchmarkRow(claim, "ms", 1000 * float(model), 1000 * case[name], GOAL, "ratio", True)


def measure_case(calls: int, count: int, places: int, load: float) -> dict[str, Any]:
    """Measures one case: plain JSON values with its parameters, rate and durations.

    service_seconds: the duration of a call without others.
    """
    rate = load * count * places / CALL_SECONDS
    arrivals = generate_arrivals(calls, rate)
    arguments = [str(each) for each in (CALL_SECONDS, places, MAX_CONCURRENT_CALLS)]
    replicas = [Replica("benchmarks.chaos_stage", *arguments) for _ in range(count)]
    with stop_at_exit(*replicas):
        addresses = [replica.wait_until_serving().address for replica in replicas]
        with open_balanced_stage(STAGE_SEGMENTATION, addresses) as segment:
            alone = CallLog()
            for _ in range(IDLE_CALLS):
                record_call(alone, lambda: segment(NOOP_REQUEST))
            seen = send_at(arrivals, lambda: segment(NOOP_REQUEST))
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


def send_at(arrivals: Sequence[float], work: Callable[[], object]) -> list[float]:
    """Sends calls at arrival times: seconds from arrival to response of each."""
    outcome, start = CallLog(), time.perf_counter()
    durations: list[float] = []

    def send(arrival: float) -> None:
        record_call(outcome, work)
        durations.append(time.perf_counter() - arrival)

    with ThreadPoolExecutor(MAX_CALLERS) as callers:
        for arrival in arrivals:
            time.sleep(max(0.0, start + arrival - time.perf_counter()))
            callers.submit(send, start + arrival)
    if outcome.failed:
        raise SystemExit(f"{outcome.failed} calls failed: {outcome.calls[-1]}")
    return durations


if __name__ == "__main__":
    main()
