"""Ads on two replicas of unequal speed, and when one of them is killed.

python -m benchmarks.balancing [--quick]

All stages run in two processes, one of which takes three times as long; each computes one call at
a time. Theirs is the ideal, in which both are busy until the last call, then round robin, which
gRPC itself offers. Both run the same gateway.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.chaos_rig import (
    MAX_CONCURRENT_CALLS,
    CallLog,
    Replica,
    build_gateway_environment,
    grpc_target,
    run_ads,
    stop_at_exit,
)
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from cyclorama.stages import STAGES

ADS, CALLERS = 60, 8
# Seconds of a call of the fast replica. Shorter: the costs of gateway and callers weigh more.
FAST_SECONDS, SLOWDOWN = 0.06, 3
CONCURRENCY = 1
# Only targets without slashes are recognized as local.
PLAINTEXT = {"CYCLORAMA_ALLOW_PLAINTEXT": "true"}
GOAL = 1.15
FAST, SLOW = 0, 1


def main() -> None:
    """Measures the makespan of ads under both policies, then kills each replica."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer ads")
    quick = parse_arguments(parser).quick
    ads = ADS // 3 if quick else ADS
    rows = [*compare_policies(ads), *(measure_kill(ads, which) for which in (FAST, SLOW))]
    write_report("balancing", rows, quick, ["grpcio"])


@dataclass(frozen=True)
class UnequalReplicas:
    """Two replicas, the fast one first, two gateways by load, and one that is round robin."""

    replicas: list[Replica]
    by_load: list[Replica]
    round_robin: Replica


@contextmanager
def start_unequal_replicas() -> Iterator[UnequalReplicas]:
    """Starts two replicas with all stages, and three gateways in front of them."""
    replicas = [
        Replica(
            "benchmarks.chaos_stage",
            *map(str, (FAST_SECONDS * slowdown, CONCURRENCY, MAX_CONCURRENT_CALLS)),
        )
        for slowdown in (1, SLOWDOWN)
    ]
    target = grpc_target(replicas)
    # The gateway leaves a target with slashes to gRPC, which takes both for one address.
    targets = target, target, target.replace("ipv4:", "ipv4:///")
    gateways = [
        Replica("gateway", **build_gateway_environment(dict.fromkeys(STAGES, each)) | PLAINTEXT)
        for each in targets
    ]
    with stop_at_exit(*replicas, *gateways):
        for each in (*replicas, *gateways):
            each.wait_until_serving()
        yield UnequalReplicas(replicas, gateways[:2], gateways[2])


def compare_policies(ads: int) -> Iterator[BenchmarkRow]:
    """Compares the makespan of one gateway and of two with the ideal and with round robin."""
    with start_unequal_replicas() as running:
        gateways = [running.round_robin], running.by_load[:1], running.by_load
        round_robin, one, two = (measure_makespan(each, ads) for each in gateways)
    claim = f"{ads} ads, replicas of speed 1 and {SLOWDOWN}"
    # Calls per second of both replicas together.
    rate = CONCURRENCY * (1 + 1 / SLOWDOWN) / FAST_SECONDS
    ideal = ads * len(STAGES) / rate
    yield BenchmarkRow(f"{claim}: ideal", "s", ideal, one, GOAL, "ratio", True)
    yield BenchmarkRow(f"{claim}, two gateways: ideal", "s", ideal, two, GOAL, "ratio", True)
    yield BenchmarkRow(f"{claim}: round robin", "s", round_robin, one, None, "ratio", True)


def measure_makespan(gateways: Sequence[Replica], ads: int) -> float:
    """Returns the seconds until gateways have finished a number of ads, an equal part each."""
    with ThreadPoolExecutor(len(gateways)) as executor:

        def run(count: int, callers: int) -> None:
            list(executor.map(lambda each: run_checked(each, count, callers), gateways))

        # The first ads open the connections.
        run(1, 1)
        start = time.perf_counter()
        run(ads // len(gateways), CALLERS // len(gateways))
    return time.perf_counter() - start


def run_checked(gateway: Replica, ads: int, callers: int) -> None:
    """Creates ads; ends the process if one fails."""
    outcome = run_ads(gateway.address, ads, callers, {})
    if outcome.failed:
        raise SystemExit(f"{outcome.failed} ads failed: {outcome.calls[-1]}")


def measure_kill(ads: int, which: int) -> BenchmarkRow:
    """Counts the ads that are lost when one replica is killed in the middle.

    which: FAST or SLOW.
    """
    with start_unequal_replicas() as running:
        kill: dict[int, Callable[[], object]] = {ads // 2: running.replicas[which].stop}
        outcome: CallLog = run_ads(running.by_load[0].address, ads, CALLERS, kill)
    name = "fast" if which == FAST else "slow"
    claim = f"{ads} ads, lost when the {name} replica is killed"
    return BenchmarkRow(claim, "ads", 0, outcome.failed, 0, "ours", True)


if __name__ == "__main__":
    main()
