"""Failures under load: killed, frozen and slow replicas, shutdown, overload, cancellation, jobs.

python -m benchmarks.chaos [--quick]

Stages only sleep, so that the results are those of the system itself; cancellation is measured on
real engines. Theirs, where there is one, is the same fault with a default gRPC channel instead of
the gateway, the duration of the sleep alone, or the memory before. Run it with `make chaos`.
"""

import argparse
import statistics
import time
from collections.abc import Iterator

from benchmarks.chaos_bytes import encode_noise, send_large_photos
from benchmarks.chaos_callers import (
    create_ad_despite_silent_streams,
    send_compressed,
    send_lies,
    send_unannounced,
)
from benchmarks.chaos_cancellation import build_slow_request, cancel_call, run_stage
from benchmarks.chaos_crashes import send_fatal_photo
from benchmarks.chaos_faults import (
    cut_network,
    freeze_replica,
    kill_replica,
    kill_replica_without_gateway,
    slow_replica,
    start_system,
    stop_service,
)
from benchmarks.chaos_jobs import measure_jobs
from benchmarks.chaos_overload import run_overload
from benchmarks.chaos_page import attack_page, is_ad
from benchmarks.chaos_rig import ReplicatedSystem, start_rig
from benchmarks.chaos_streams import probe_gateway, probe_stage
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from cyclorama.stages import STAGES

GRACE_SECONDS = 30
# Photos of 47 MiB at once, the gateway's limits in MiB while they are in flight and afterwards, and
# the seconds until then.
LARGE_PHOTOS, PEAK_MIB, SETTLED_MIB, SETTLE_SECONDS = 16, 2048, 250, 60
# Memory of a gateway's container, by which it bounds the requests in flight.
GATEWAY_MIB = 2048
# Streams that are open at once and never send a request.
HALF_OPEN = (40, 400, 4000)


def main() -> None:
    """Injects one fault after another and counts failed calls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    arguments = parse_arguments(parser)
    calls, seconds, rounds = (80, 5, 1) if arguments.quick else (1000, 60, 3)
    rows: list[BenchmarkRow] = []
    with start_system() as running:
        rows += measure_kills(running, calls)
        rows += measure_silent_replicas(running, calls // 4)
        rows += measure_shutdowns(running, calls // 4)
        rows += measure_half_open_streams(running)
    rows += measure_crashes(calls // 4)
    rows += measure_large_photos()
    rows += measure_evasions()
    rows += measure_overload(seconds)
    rows += measure_jobs(ads=10_000, readers=32, watchers=200)
    rows += measure_cancellation(rounds)
    rows += measure_page(8 if arguments.quick else 20)
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


def measure_crashes(calls: int) -> Iterator[BenchmarkRow]:
    """Sends a photo that ends every process which decodes it to three replicas."""
    with start_rig(("segmentation", "segmentation")) as running:
        result = send_fatal_photo(running, calls)
        replicas = len(running.stages["segmentation"])
    claim = "photo that ends replicas"
    yield BenchmarkRow(f"{claim}: ended", "replicas", replicas, result.ended, 2, "ours", True)
    yield zero_row(f"{claim}: other calls failed of {calls}", calls, result.others.failed)


def measure_large_photos() -> Iterator[BenchmarkRow]:
    """Creates ads of the largest photos at once, and measures the memory of the gateway."""
    limits = {"CYCLORAMA_GATEWAY_MEMORY_MIB": str(GATEWAY_MIB)}
    with start_rig((), **limits) as running:
        result = send_large_photos(running, encode_noise(), LARGE_PHOTOS, SETTLE_SECONDS)
    claim, before = f"{LARGE_PHOTOS} photos of 47 MiB", result.before_mib
    yield zero_row(f"{claim}: failed", LARGE_PHOTOS, result.outcome.failed)
    for moment, mib, goal in (
        ("gateway at its peak", result.peak_mib, PEAK_MIB),
        ("gateway a minute later", result.settled_mib, SETTLED_MIB),
    ):
        yield BenchmarkRow(f"{claim}: {moment}", "MiB", before, mib, goal, "ours", True)


def measure_evasions() -> Iterator[BenchmarkRow]:
    """Sends large requests that evade the budget, each kind to a gateway of its own."""
    limits, photo = {"CYCLORAMA_GATEWAY_MEMORY_MIB": str(GATEWAY_MIB)}, encode_noise()
    for kind, send in (
        ("unannounced", lambda running: send_unannounced(running, photo, LARGE_PHOTOS)),
        ("announced as smaller", lambda running: send_lies(running, photo, LARGE_PHOTOS)),
        ("compressed", lambda running: send_compressed(running, len(photo), LARGE_PHOTOS)),
    ):
        with start_rig((), **limits) as running:
            before, peak = running.gateway.memory_mib, send(running)
            time.sleep(SETTLE_SECONDS)
            settled = running.gateway.memory_mib
        claim = f"{LARGE_PHOTOS} {kind} requests of 47 MiB: gateway"
        yield BenchmarkRow(f"{claim} at its peak", "MiB", before, peak, PEAK_MIB, "ours", True)
        claim += " a minute later"
        yield BenchmarkRow(claim, "MiB", before, settled, SETTLED_MIB, "ours", True)
    with start_rig((), **limits) as running:
        failed = create_ad_despite_silent_streams(running, photo).failed
    yield zero_row("large photo next to announced ones that never arrive: failed", 1, failed)


def measure_half_open_streams(running: ReplicatedSystem) -> Iterator[BenchmarkRow]:
    """Opens streams that never send a request, and checks health and calls meanwhile."""
    for service, probe in (("segmentation", probe_stage), ("gateway", probe_gateway)):
        for count in HALF_OPEN:
            slowest = probe(running, count)
            claim = f"{count} half-open streams at {service}: slowest"
            seconds = slowest.health_seconds
            yield BenchmarkRow(f"{claim} health check", "s", 0.0, seconds, 1.0, "ours", True)
            seconds = slowest.call_seconds
            yield BenchmarkRow(f"{claim} call", "s", 0.0, seconds, 1.0, "ours", True)


def measure_overload(seconds: float) -> Iterator[BenchmarkRow]:
    """Offers a stage three times the load that it can handle."""
    result = run_overload(seconds)
    claims = (
        ("refusals, p95", "ms", result.refusal_milliseconds, 20.0),
        ("accepted calls, relative to calls alone, p95", "x", result.accepted_slowdown, 1.5),
        ("memory, relative to before", "x", result.memory_growth, 1.5),
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
                claim = f"{stage}: continued after its {word}"
                yield BenchmarkRow(claim, "s", 0.0, statistics.median(spans), 0.5, "ours", True)


def measure_page(uploads: int) -> Iterator[BenchmarkRow]:
    """Uploads photos of 47 MiB to the page at once, next to 200 connections that send slowly."""
    result = attack_page(200, uploads, mib=47, rest_seconds=60)
    claims = (
        ("until GET / was answered", "s", result.page_seconds, 1.0),
        ("uploads that failed unexpectedly", "calls", result.unexpected, 0.0),
        ("small uploads that failed", "calls", not is_ad(result.small_upload), 0.0),
        ("peak memory", "MiB", result.peak_mib, 1024.0),
        ("memory a minute later, over that before", "MiB", result.end_mib - result.start_mib, 50.0),
    )
    for claim, unit, ours, goal in claims:
        name = f"page, {uploads} uploads of 47 MiB: {claim}"
        yield BenchmarkRow(name, unit, 0.0, float(ours), goal, "ours", True)


def zero_row(claim: str, theirs: float, ours: float) -> BenchmarkRow:
    """Returns a row whose goal is 0 failed calls."""
    return BenchmarkRow(claim, "calls", theirs, ours, 0, "ours", True)


if __name__ == "__main__":
    main()
