"""Failures under load: killed, frozen and slow replicas, shutdown, overload and cancellation.

python -m benchmarks.chaos [--quick]

Stages only sleep, so that the results are those of the system itself; cancellation is measured on
real engines. Theirs, where there is one, is the same fault with a default gRPC channel instead of
the gateway, or the duration of the sleep alone. Run it with `make chaos`.
"""

import argparse
import statistics
from collections.abc import Iterator

from benchmarks.chaos_cancellation import build_slow_request, cancel_call, run_stage
from benchmarks.chaos_faults import (
    cut_network,
    freeze_replica,
    kill_replica,
    kill_replica_without_gateway,
    slow_replica,
    start_system,
    stop_service,
)
from benchmarks.chaos_overload import run_overload
from benchmarks.chaos_rig import ReplicatedSystem
from benchmarks.report import BenchmarkRow, write_report
from cyclorama.stages import STAGES

GRACE_SECONDS = 30


def main() -> None:
    """Injects one fault after another and counts failed calls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    calls, seconds, rounds = (80, 5, 1) if arguments.quick else (1000, 60, 3)
    rows: list[BenchmarkRow] = []
    with start_system() as running:
        rows += measure_kills(running, calls)
        rows += measure_silent_replicas(running, calls // 4)
        rows += measure_shutdowns(running, calls // 4)
    rows += measure_overload(seconds)
    rows += measure_cancellation(rounds)
    write_report("chaos", rows, arguments.quick, ["grpcio"])


def measure_kills(running: ReplicatedSystem, calls: int) -> Iterator[BenchmarkRow]:
    """Kills one of two replicas of each stage with SIGKILL, and restarts it."""
    theirs = kill_replica_without_gateway(running, calls).failed
    for stage in STAGES:
        failed = kill_replica(running, stage, calls).failed
        yield zero_row(f"{stage} killed: failed of {calls}", theirs, failed)


def measure_silent_replicas(running: ReplicatedSystem, calls: int) -> Iterator[BenchmarkRow]:
    """Freezes one of two replicas, runs it a tenth of the time, or cuts its network."""
    outcomes = {
        "frozen": freeze_replica(running, "compositing", calls),
        "slowed": slow_replica(running, "compositing", calls),
        "cut off": cut_network(calls),
    }
    for fault, outcome in outcomes.items():
        yield zero_row(f"one of two {fault}: failed of {calls}", calls, outcome.failed)


def measure_shutdowns(running: ReplicatedSystem, calls: int) -> Iterator[BenchmarkRow]:
    """Sends SIGTERM to each kind of service under load."""
    services = {stage: running.stages[stage][0] for stage in STAGES} | {"gateway": running.gateway}
    for name, replica in services.items():
        result = stop_service(running, replica, calls)
        yield zero_row(f"SIGTERM of {name}: failed in flight", result.in_flight, result.failed)
        claim = f"SIGTERM of {name}: until it had ended"
        yield BenchmarkRow(claim, "s", GRACE_SECONDS, result.seconds, GRACE_SECONDS, "ours", True)


def measure_overload(seconds: float) -> Iterator[BenchmarkRow]:
    """Offers a stage three times the load that it can handle."""
    result = run_overload(seconds)
    claims = (
        ("refusals, p95", "ms", result.refusal_milliseconds, 20.0),
        ("accepted calls beside alone, p95", "x", result.accepted_slowdown, 1.5),
        ("memory beside before", "x", result.memory_growth, 1.5),
        ("until it was normal again", "s", result.recovery_seconds, 2.0),
        ("refused without when to come back", "calls", result.unexpected_errors, 0.0),
    )
    for claim, unit, ours, goal in claims:
        yield BenchmarkRow(f"3 x the load: {claim}", unit, 0.0, ours, goal, "ours", True)


def measure_cancellation(rounds: int) -> Iterator[BenchmarkRow]:
    """Measures how long real engines continue after a cancellation or a deadline."""
    for stage in STAGES:
        work = build_slow_request(stage)
        with run_stage(stage) as running:
            for deadline, word in ((False, "caller left"), (True, "deadline passed")):
                spans = [cancel_call(running, work, 0.5, deadline=deadline) for _ in range(rounds)]
                claim = f"{stage}: went on after its {word}"
                yield BenchmarkRow(claim, "s", 0.0, statistics.median(spans), 0.5, "ours", True)


def zero_row(claim: str, theirs: float, ours: float) -> BenchmarkRow:
    """Returns a row whose goal is 0 failed calls."""
    return BenchmarkRow(claim, "calls", theirs, ours, 0, "ours", True)


if __name__ == "__main__":
    main()
