"""Capacity model: replicas, GPUs, bandwidth and cost for a number of ads per minute.

python -m benchmarks.capacity [ADS_PER_MINUTE ...]

A replica computes one call at a time on one core or one GPU; the gateway sends calls to the replica
with the fewest in flight, and ads are requested at random. The model simulates how long calls wait,
with the call times measured by benchmarks.scaling. `compare_with_model` validates it against busy
replicas and against the waits measured by benchmarks.waiting. GPU times of backgrounds are assumed,
not measured.
"""

import json
import math
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from benchmarks.queueing import compute_waits
from benchmarks.report import FOLDER
from cyclorama.stages import STAGES

RATES = (1, 100, 10_000)
# Simulated calls to a stage: enough for a stable 95th percentile.
SIMULATED_CALLS, SEED = 20_000, 1
# Leaves a fifth for lost replicas and bursts.
MAX_UTILIZATION = 0.8
# 95 % of the calls wait at most as long as a call takes.
MAX_WAIT_RATIO, PERCENT = 1.0, 95
# GPU seconds for an image of 1024 px. Segment Anything: of an earlier version on an H200, as in
# docs/segment-anything.md. The others are assumed; replace them by those of your own servers.
GPU_SECONDS = {"segmentation": 0.033, "background": 4.0, "inpainting": 2.5}
# Cost per hour in any currency, owned or rented.
CORE_HOUR, GPU_HOUR = 0.04, 2.0
# Claims of benchmarks.scaling about busy replicas, by stage.
BUSY_CLAIM, SAME_SIZE = "{}, 2 replicas next to 1", ("segmentation", "compositing", "inpainting")


@dataclass(frozen=True)
class StageMeasurements:
    """Measured core seconds and bytes (sent + received) of each kind of call.

    side: of the ads, in pixels. queues: the cases of benchmarks.waiting. busy_rates: calls per core
    second of busy replicas, by stage.
    """

    side: int
    seconds: Mapping[str, Sequence[float]]
    traffic: Mapping[str, int]
    gateway_seconds: float
    queues: Sequence[Mapping[str, Any]]
    busy_rates: Mapping[str, float]


@dataclass(frozen=True)
class ReplicaPool:
    """The replicas of one stage. utilization: 0 to 1. p95_wait: 95th percentile, in seconds."""

    replicas: int
    utilization: float
    p95_wait: float


@dataclass(frozen=True)
class CapacityPlan:
    """What a rate of ads needs.

    ad_seconds: from the request to the finished file, median and 95th percentile.
    megabits_per_second: between gateway and stages.
    """

    ads_per_minute: float
    pools: Mapping[str, ReplicaPool]
    cores: int
    gpus: int
    ad_seconds: tuple[float, float]
    megabits_per_second: float
    cost_per_hour: float

    @property
    def cost_per_thousand(self) -> float:
        """Cost of a thousand ads."""
        return self.cost_per_hour / (60 * self.ads_per_minute) * 1000


@dataclass(frozen=True)
class ModelComparison:
    """One figure, measured and modeled."""

    case: str
    figure: str
    measured: float
    modeled: float

    @property
    def deviation(self) -> float:
        """Percent by which the modeled figure exceeds the measured one."""
        return 100 * (self.modeled / self.measured - 1)


@cache
def read_measurements() -> StageMeasurements:
    """Reads the last full runs of benchmarks.scaling and benchmarks.waiting."""
    scaling, waiting = (
        json.loads((FOLDER / "results" / f"{name}.json").read_text())
        for name in ("scaling", "waiting")
    )
    measured, calls = scaling["measured"], scaling["measured"]["calls"]
    rates = {row["claim"]: row["ours"] for row in scaling["rows"] if row["unit"] == "calls/core s"}
    return StageMeasurements(
        measured["side"],
        {name: call["core_seconds"] for name, call in calls.items()},
        {name: call["sent"] + call["received"] for name, call in calls.items()},
        measured["gateway_seconds"],
        waiting["measured"]["cases"],
        # The background was measured at a smaller size.
        {name: rates[BUSY_CLAIM.format(name)] for name in SAME_SIZE},
    )


def plan_capacity(
    ads_per_minute: float, measurements: StageMeasurements, gpu: bool = False
) -> CapacityPlan:
    """Returns the replicas, times and cost for a rate of ads.

    gpu: whether the stages in GPU_SECONDS use models on GPUs instead of embedded engines.
    """
    rate = ads_per_minute / 60
    services = list_service_times(measurements, gpu)
    pools, durations = {}, {}
    for stage in STAGES:
        pools[stage], waits = size_pool(rate, services[stage])
        durations[stage] = waits + sample_service_times(services[stage], stage)
    pools["gateway"], _ = size_pool(rate, np.array([measurements.gateway_seconds]))
    gpus = sum(pools[stage].replicas for stage in GPU_SECONDS) if gpu else 0
    # A replica on a GPU occupies a core, too.
    cores = sum(each.replicas for each in pools.values())
    first = np.maximum(durations["segmentation"], durations["background"])
    whole = first + sum(durations[stage] for stage in STAGES[2:])
    return CapacityPlan(
        ads_per_minute=ads_per_minute,
        pools=pools,
        cores=cores,
        gpus=gpus,
        ad_seconds=tuple(np.percentile(whole, (50, PERCENT)).tolist()),
        megabits_per_second=rate * sum(measurements.traffic.values()) * 8 / 1e6,
        cost_per_hour=cores * CORE_HOUR + gpus * GPU_HOUR,
    )


def list_service_times(measurements: StageMeasurements, gpu: bool) -> dict[str, np.ndarray]:
    """Returns the seconds of each kind of call: measured on a core, or assumed on a GPU."""
    measured = {kind: np.array(seconds) for kind, seconds in measurements.seconds.items()}
    assumed = {kind: np.array([seconds]) for kind, seconds in GPU_SECONDS.items()}
    return measured | assumed if gpu else measured


def size_pool(rate: float, services: np.ndarray) -> tuple[ReplicaPool, np.ndarray]:
    """Returns the smallest pool within the limits at `rate` calls per second, and its waits.

    services: float64 (n,), seconds that calls take. The waits are float64 (calls,), in seconds.
    """
    mean = float(services.mean())
    replicas = max(1, math.ceil(rate * mean / MAX_UTILIZATION))
    while True:
        waits = simulate_waits(rate, replicas, services)
        wait = float(np.percentile(waits, PERCENT))
        if wait <= MAX_WAIT_RATIO * mean:
            return ReplicaPool(replicas, rate * mean / replicas, wait), waits
        replicas += 1


def simulate_waits(rate: float, replicas: int, services: np.ndarray) -> np.ndarray:
    """Simulates Poisson arrivals at replicas: seconds that calls wait at the one they are sent to.

    services: float64 (n,), seconds that calls take.
    """
    rng = np.random.default_rng(SEED)
    arrivals = np.cumsum(rng.exponential(1 / rate, SIMULATED_CALLS))
    return compute_waits(arrivals, rng.choice(services, SIMULATED_CALLS), replicas)


def sample_service_times(services: np.ndarray, kind: str) -> np.ndarray:
    """Returns the seconds of all simulated calls of a kind, sampled from the measured ones."""
    return np.random.default_rng(SEED + STAGES.index(kind)).choice(services, SIMULATED_CALLS)


def compare_with_model(measurements: StageMeasurements) -> Iterator[ModelComparison]:
    """Yields measured and modeled figures: waits at stages of constant duration, busy replicas."""
    for case in measurements.queues:
        durations = simulate_case(case)
        name = f"{case['replicas']} x {case['places']} concurrent, {case['load']:.0%} busy"
        yield ModelComparison(name, "mean, s", case["mean"], float(durations.mean()))
        p95 = float(np.percentile(durations, PERCENT))
        yield ModelComparison(name, f"p{PERCENT}, s", case["p95"], p95)
    for stage, rate in measurements.busy_rates.items():
        alone = 1 / float(np.mean(measurements.seconds[stage]))
        yield ModelComparison(f"{stage}, busy replicas", "calls per core second", rate, alone)


def simulate_case(case: Mapping[str, Any]) -> np.ndarray:
    """Simulates a case of benchmarks.waiting: seconds from each call's arrival to its response."""
    arrivals = generate_arrivals(case["calls"], case["rate"])
    services = np.full(len(arrivals), case["service_seconds"])
    return compute_waits(arrivals, services, case["replicas"], case["places"]) + services


def generate_arrivals(calls: int, rate: float) -> list[float]:
    """Returns arrival times in seconds of a Poisson process with `rate` per second, from a seed."""
    rng, now, arrivals = random.Random(SEED), 0.0, []
    for _ in range(calls):
        now += rng.expovariate(rate)
        arrivals.append(now)
    return arrivals


def main() -> None:
    """Prints plans for rates of ads, and compares the model with the measurements."""
    measurements = read_measurements()
    for rate in map(float, sys.argv[1:] or RATES):
        for gpu in (False, True):
            print(plan_capacity(rate, measurements, gpu))
    for each in compare_with_model(measurements):
        print(f"{each.case}, {each.figure}: measured {each.measured}, modeled {each.modeled:.4f}")


if __name__ == "__main__":
    main()
