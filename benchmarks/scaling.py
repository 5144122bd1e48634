"""What a second replica of a stage brings, and what an ad costs as its job grows.

python -m benchmarks.scaling [--quick]

Replicas run on one core each, which their calls keep busy; the caller sends them in turn, as the
gateway does. Theirs is one replica, ours two. A stage of a set time shows what sending them in turn
brings where nothing else is short; of real engines also the calls per core second are told, which
other programs on the machine do not take away. What calls took is kept for the model of capacity.
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

from benchmarks.chaos_faults import ASK
from benchmarks.chaos_rig import Replica, ending
from benchmarks.report import Row, report
from benchmarks.scaling_batch import batches
from benchmarks.scaling_work import EMBEDDED, Work, alone, answered, balanced, work_of_ads
from benchmarks.serving import core_seconds
from cyclorama.v1 import ads_pb2
from gateway.stage_methods import METHODS, name_from_stage

SIDE, ADS = 1024, 4
# The studio takes long for a picture, and as long for each of its pixels.
BACKGROUND_SIDE = 256
SET_SECONDS, PLACES, AT_WORK = 0.05, 1, 64
CALLERS_PER_REPLICA = 2
GOAL, CORE_GOAL = 1.9, 0.95
STAGES = {name_from_stage(stage): stage for stage in METHODS}


def main() -> None:
    """Measures calls, then replicas of each stage, then growing jobs."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="smaller, fewer and shorter")
    quick = words.parse_args().quick
    works = work_of_ads(256 if quick else SIDE, 1 if quick else ADS)
    rows = [*set_time(quick), *(row for name in EMBEDDED for row in real(name, works[name], quick))]
    jobs, gateway_seconds = batches((1, 10, 50) if quick else (1, 10, 100, 1000))
    measured = {"side": SIDE, "calls": {name: told(work) for name, work in works.items()}}
    measured |= {"gateway_seconds": gateway_seconds}
    report("scaling", [*rows, *jobs], quick, ["grpcio", "mitsuba", "dbos"], measured)


def told(work: Work) -> dict[str, object]:
    """What the model of capacity wants to know of calls."""
    seconds = [round(each, 5) for each in work.seconds]
    sent, received = (round(statistics.mean(each)) for each in (work.sent, work.received))
    return {"core_seconds": seconds, "sent": sent, "received": received}


@dataclass(frozen=True)
class Pair:
    """Two replicas of a stage: their addresses and processes, and how long one turn lasts."""

    stage: int
    addresses: Sequence[str]
    pids: Sequence[int]
    turn_seconds: float

    def turn(self, count: int, requests: Sequence[Message]) -> tuple[float, float]:
        """Keeps so many of them busy; returns calls a second, and calls a core second."""
        upcoming, lock = cycle(requests), threading.Lock()
        with balanced(self.addresses[:count]) as channel:
            call = answered(self.stage, channel)
            call(next(upcoming))
            begun, ends = time.perf_counter(), list[float]()
            before = sum(map(core_seconds, self.pids))

            def work() -> None:
                while time.perf_counter() < begun + self.turn_seconds:
                    with lock:
                        request = next(upcoming)
                    call(request)
                    ends.append(time.perf_counter())

            together(work, count * CALLERS_PER_REPLICA)
        spent = sum(map(core_seconds, self.pids)) - before
        return len(ends) / (max(ends) - begun), len(ends) / spent


def together(work: Callable[[], None], callers: int) -> None:
    """Does the same in so many threads."""
    threads = [threading.Thread(target=work) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def compare(pair: Pair, requests: Sequence[Message], rounds: int) -> list[tuple[float, float]]:
    """Medians with one replica and with two, in turns: calls a second, calls a core second."""
    turns = {count: [] for count in (1, 2)}
    for _ in range(rounds):
        for count, seen in turns.items():
            seen.append(pair.turn(count, requests))
    return [tuple(map(statistics.median, zip(*seen, strict=True))) for seen in turns.values()]


def set_time(quick: bool) -> Iterator[Row]:
    """Replicas that wait instead of working, one call at a time each."""
    words = [str(each) for each in (SET_SECONDS, PLACES, AT_WORK)]
    replicas = [Replica("benchmarks.chaos_stage", *words) for _ in range(2)]
    with ending(*replicas):
        addresses = [replica.ready().address for replica in replicas]
        pids = [replica.process.pid for replica in replicas]
        pair = Pair(ads_pb2.STAGE_SEGMENTATION, addresses, pids, 1 if quick else 4)
        one, two = compare(pair, [ASK], 2 if quick else 7)
    claim = f"a stage of {SET_SECONDS} s, 2 replicas beside 1"
    yield Row(claim, "calls/s", one[0], two[0], GOAL, "ratio")


def real(name: str, work: Work, quick: bool) -> Iterator[Row]:
    """Replicas of a stage with its embedded engine, on a core each."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    requests, seconds = work.requests, 2.0 if quick else 5.0
    if name == "background":
        requests, seconds = [smaller(each) for each in requests], 2 * seconds
    with ExitStack() as stack:
        found = [stack.enter_context(alone(name, core)) for core in cores]
        pids = [running.pid for _, running in found]
        pair = Pair(STAGES[name], [address for address, _ in found], pids, seconds)
        one, two = compare(pair, requests, 2 if quick else 5)
    claim = f"{name}, 2 replicas beside 1"
    yield Row(claim, "calls/s", one[0], two[0], GOAL, "ratio")
    yield Row(claim, "calls/core s", one[1], two[1], CORE_GOAL, "ratio")


def smaller(request: Message) -> Message:
    """The same background of fewer pixels."""
    changed = type(request)()
    changed.CopyFrom(request)
    changed.size.width = changed.size.height = BACKGROUND_SIDE
    return changed


if __name__ == "__main__":
    main()
