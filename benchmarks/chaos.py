"""What the system promises while its parts fail, under load: `make chaos`.

python -m benchmarks.chaos [--quick]

Stages are idle but for a pause, so that what is seen is the system's own; callers who leave do so
from real engines. Theirs, where there is one, is the same before a channel as gRPC makes it, or
what the pause alone takes.
"""

import argparse
import statistics
from collections.abc import Iterator

from benchmarks.chaos_faults import (
    cut_off,
    frozen,
    killed,
    killed_before_a_plain_channel,
    slowed,
    stopped,
    system,
)
from benchmarks.chaos_leaving import leave, stage_at_work, work_of
from benchmarks.chaos_overload import overload
from benchmarks.chaos_rig import Rig
from benchmarks.report import Row, report
from cyclorama.stages import STAGES

GRACE_SECONDS = 30


def main() -> None:
    """Breaks one thing after the other and counts what failed."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true")
    asked = words.parse_args()
    calls, seconds, rounds = (80, 5, 1) if asked.quick else (1000, 60, 3)
    rows: list[Row] = []
    with system() as running:
        rows += kills(running, calls)
        rows += silences(running, calls // 4)
        rows += stops(running, calls // 4)
    rows += overloaded(seconds)
    rows += left(rounds)
    report("chaos", rows, asked.quick, ["grpcio"])


def kills(running: Rig, calls: int) -> Iterator[Row]:
    """One of two replicas of each stage is killed with -9, and comes back."""
    theirs = killed_before_a_plain_channel(running, calls).failed
    for stage in STAGES:
        failed = killed(running, stage, calls).failed
        yield none(f"{stage} killed: failed of {calls}", theirs, failed)


def silences(running: Rig, calls: int) -> Iterator[Row]:
    """One of two replicas freezes, runs a tenth of the time, or is cut off."""
    found = {
        "frozen": frozen(running, "compositing", calls),
        "slowed": slowed(running, "compositing", calls),
        "cut off": cut_off(calls),
    }
    for what, outcome in found.items():
        yield none(f"one of two {what}: failed of {calls}", calls, outcome.failed)


def stops(running: Rig, calls: int) -> Iterator[Row]:
    """Each kind of service is told to stop under load."""
    services = {stage: running.stages[stage][0] for stage in STAGES} | {"gateway": running.gateway}
    for name, replica in services.items():
        seen = stopped(running, replica, calls)
        yield none(f"SIGTERM of {name}: failed in flight", seen.under_way, seen.failed)
        claim = f"SIGTERM of {name}: until it had ended"
        yield Row(claim, "s", GRACE_SECONDS, seen.seconds, GRACE_SECONDS, "ours", True)


def overloaded(seconds: float) -> Iterator[Row]:
    """Three times what a stage can do."""
    seen = overload(seconds)
    claims = (
        ("refusals, p95", "ms", seen.refusal_milliseconds, 20.0),
        ("accepted calls beside alone, p95", "x", seen.accepted_times, 1.5),
        ("memory beside before", "x", seen.memory_times, 1.5),
        ("until it was normal again", "s", seen.normal_after, 2.0),
        ("refused without when to come back", "calls", seen.wrong_refusals, 0.0),
    )
    for claim, unit, ours, goal in claims:
        yield Row(f"3 x the load: {claim}", unit, 0.0, ours, goal, "ours", True)


def left(rounds: int) -> Iterator[Row]:
    """Callers who leave while a real engine works, and deadlines that pass."""
    for stage in STAGES:
        work = work_of(stage)
        with stage_at_work(stage) as running:
            for deadline, word in ((False, "caller left"), (True, "deadline passed")):
                spans = [leave(running, work, 0.5, deadline=deadline) for _ in range(rounds)]
                claim = f"{stage}: went on after its {word}"
                yield Row(claim, "s", 0.0, statistics.median(spans), 0.5, "ours", True)


def none(claim: str, theirs: float, ours: float) -> Row:
    """A claim that nothing fails."""
    return Row(claim, "calls", theirs, ours, 0, "ours", True)


if __name__ == "__main__":
    main()
