"""Speedup by a second replica of a stage, and cost per ad as its job grows.

python -m benchmarks.scaling [--quick]

Replicas run on one core each, which their calls keep busy; calls go to the replica with the fewest
in flight, as the gateway sends them. Theirs is one replica, ours two. A stage of constant duration
shows the effect of the distribution alone. For real engines, calls per core second are reported
too, as other programs do not affect them. Durations of calls are recorded for the capacity model.
"""

import argparse
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle

from google.protobuf.message import Message

from benchmarks.capacity import BUSY_CLAIM
from benchmarks.chaos_faults import NOOP_REQUEST
from benchmarks.chaos_rig import Replica, stop_at_exit
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from benchmarks.scaling_batch import measure_job_sizes
from benchmarks.scaling_work import (
    EMBEDDED,
    StageCalls,
    measure_ads,
    open_balanced_stage,
    start_pinned_stage,
)
from benchmarks.serving import read_core_seconds
from cyclorama.v1 import ads_pb2
from gateway.stage_methods import METHODS, name_from_stage

SIDE, ADS = 1024, 4
# The studio is slow, and its time per pixel does not depend on the size.
BACKGROUND_SIDE = 256
STAGE_SECONDS, CONCURRENCY, MAX_CONCURRENT_CALLS = 0.05, 1, 64
CALLERS_PER_REPLICA = 2
GOAL, CORE_GOAL = 1.9, 0.95
STAGES = {name_from_stage(stage): stage for stage in METHODS}


def main() -> None:
    """Measures calls, then replicas of each stage, then jobs of increasing size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller, fewer and shorter")
    quick = parse_arguments(parser).quick
    works = measure_ads(256 if quick else SIDE, 1 if quick else ADS)
    rows = [
        *measure_constant_stage(quick),
        *(row for name in EMBEDDED for row in measure_stage(name, works[name], quick)),
    ]
    jobs, gateway_seconds = measure_job_sizes((1, 10, 50) if quick else (1, 10, 100, 1000))
    measured = {
        "side": SIDE,
        "calls": {name: summarize_calls(work) for name, work in works.items()},
    }
    measured |= {"gateway_seconds": gateway_seconds}
    write_report("scaling", [*rows, *jobs], quick, ["grpcio", "mitsuba", "sqlalchemy"], measured)


def summarize_calls(work: StageCalls) -> dict[str, object]:
    """Returns what the capacity model needs to know about calls."""
    seconds = [round(each, 5) for each in work.seconds]
    sent, received = (round(statistics.mean(each)) for each in (work.sent, work.received))
    return {"core_seconds": seconds, "sent": sent, "received": received}


@dataclass(frozen=True)
class ReplicaPair:
    """Two replicas of a stage: addresses, process ids, and seconds of one measurement."""

    stage: int
    addresses: Sequence[str]
    pids: Sequence[int]
    run_seconds: float

    def run(self, count: int, requests: Sequence[Message]) -> tuple[float, float]:
        """Keeps `count` replicas busy; returns calls per second, and calls per core second."""
        upcoming, lock = cycle(requests), threading.Lock()
        with open_balanced_stage(self.stage, self.addresses[:count]) as call:
            call(next(upcoming))
            start, ends = time.perf_counter(), list[float]()
            before = sum(map(read_core_seconds, self.pids))

            def work() -> None:
                while time.perf_counter() < start + self.run_seconds:
                    with lock:
                        request = next(upcoming)
                    call(request)
                    ends.append(time.perf_counter())

            run_threads(work, count * CALLERS_PER_REPLICA)
        spent = sum(map(read_core_seconds, self.pids)) - before
        return len(ends) / (max(ends) - start), len(ends) / spent


def run_threads(work: Callable[[], None], callers: int) -> None:
    """Runs a function in several threads and waits for them."""
    threads = [threading.Thread(target=work) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def compare_replicas(
    pair: ReplicaPair, requests: Sequence[Message], rounds: int
) -> list[tuple[float, float]]:
    """Returns medians with one replica and with two: calls per second, calls per core second."""
    runs = {count: [] for count in (1, 2)}
    for _ in range(rounds):
        for count, seen in runs.items():
            seen.append(pair.run(count, requests))
    return [tuple(map(statistics.median, zip(*seen, strict=True))) for seen in runs.values()]


def measure_constant_stage(quick: bool) -> Iterator[BenchmarkRow]:
    """Compares replicas that only sleep, one call at a time each."""
    arguments = [str(each) for each in (STAGE_SECONDS, CONCURRENCY, MAX_CONCURRENT_CALLS)]
    replicas = [Replica("benchmarks.chaos_stage", *arguments) for _ in range(2)]
    with stop_at_exit(*replicas):
        addresses = [replica.wait_until_serving().address for replica in replicas]
        pids = [replica.process.pid for replica in replicas]
        pair = ReplicaPair(ads_pb2.STAGE_SEGMENTATION, addresses, pids, 1 if quick else 4)
        one, two = compare_replicas(pair, [NOOP_REQUEST], 2 if quick else 7)
    claim = f"a stage of {STAGE_SECONDS} s, 2 replicas next to 1"
    yield BenchmarkRow(claim, "calls/s", one[0], two[0], GOAL, "ratio")


def measure_stage(name: str, work: StageCalls, quick: bool) -> Iterator[BenchmarkRow]:
    """Compares replicas of a stage with its embedded engine, on one core each."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    requests, seconds = work.requests, 2.0 if quick else 5.0
    if name == "background":
        requests, seconds = [shrink_background(each) for each in requests], 2 * seconds
    with ExitStack() as stack:
        replicas = [stack.enter_context(start_pinned_stage(name, core)) for core in cores]
        pids = [running.pid for _, running in replicas]
        pair = ReplicaPair(STAGES[name], [address for address, _ in replicas], pids, seconds)
        one, two = compare_replicas(pair, requests, 2 if quick else 5)
    claim = BUSY_CLAIM.format(name)
    yield BenchmarkRow(claim, "calls/s", one[0], two[0], GOAL, "ratio")
    yield BenchmarkRow(claim, "calls/core s", one[1], two[1], CORE_GOAL, "ratio")


def shrink_background(request: Message) -> Message:
    """Returns a copy of a background request with fewer pixels."""
    changed = type(request)()
    changed.CopyFrom(request)
    changed.size.width = changed.size.height = BACKGROUND_SIDE
    return changed


if __name__ == "__main__":
    main()
