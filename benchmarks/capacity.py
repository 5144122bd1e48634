"""A model of capacity: replicas, GPUs, bandwidth and cost for so many ads a minute.

python -m benchmarks.capacity [ADS A MINUTE ...]

A replica works at one call at a time on one core, or on one GPU; the gateway sends calls to the
replicas in turn, and ads are asked for at random. How long calls then wait is simulated, with what
benchmarks.scaling has seen calls take; `agreements` holds the model against busy replicas, and
against the waiting that benchmarks.waiting has seen. What a GPU takes for a background is assumed:
no Stable Diffusion server was at hand.
"""

import heapq
import json
import math
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from benchmarks.report import FOLDER
from cyclorama.stages import STAGES

RATES = (1, 100, 10_000)
# Calls to one replica that are simulated: enough for the 95th percentile to stand still.
CALLS, SEED = 20_000, 1
# A fifth of the replicas may be away, or ads come in gusts.
MOST_BUSY = 0.8
# Calls wait at most as long as they take, but for one in twenty.
MOST_WAIT, PERCENT = 1.0, 95
# Seconds of a GPU for a picture of 1024 px. Of Segment Anything as docs/segment-anything.md tells;
# the others are assumed, to be replaced by those of one's own servers.
GPU_SECONDS = {"segmentation": 0.033, "background": 4.0, "inpainting": 2.5}
# In one's own currency; what a core and a GPU cost to own or to rent.
CORE_HOUR, GPU_HOUR = 0.04, 2.0
# What benchmarks.scaling calls the replicas that it kept busy.
BUSY, SAME_SIZE = "{}, 2 replicas beside 1", ("segmentation", "compositing", "inpainting")


@dataclass(frozen=True)
class Measured:
    """What was seen: of each kind of call its core seconds and bytes both ways.

    side: of the ads, pixels. busy_rates: calls a core second of replicas that were kept busy.
    """

    side: int
    seconds: Mapping[str, Sequence[float]]
    traffic: Mapping[str, int]
    gateway_seconds: float
    queues: Sequence[Mapping[str, Any]]
    busy_rates: Mapping[str, float]


@dataclass(frozen=True)
class Pool:
    """The replicas of one stage. busy: share of their time. wait: seconds, for 95 % of calls."""

    replicas: int
    busy: float
    wait: float


@dataclass(frozen=True)
class Plan:
    """What a rate of ads takes.

    seconds: an ad from its request to its file, median and 95th percentile. mbit: a second, between
    gateway and stages. cost: an hour.
    """

    ads_per_minute: float
    pools: Mapping[str, Pool]
    cores: int
    gpus: int
    seconds: tuple[float, float]
    mbit: float
    cost: float

    @property
    def cost_of_thousand(self) -> float:
        """Of a thousand ads."""
        return self.cost / (60 * self.ads_per_minute) * 1000


@dataclass(frozen=True)
class Agreement:
    """A figure as measured and as the model has it."""

    case: str
    figure: str
    measured: float
    modelled: float

    @property
    def apart(self) -> float:
        """By how many percent the model is above what was measured."""
        return 100 * (self.modelled / self.measured - 1)


@cache
def measured() -> Measured:
    """Reads the last full runs of benchmarks.scaling and benchmarks.waiting."""
    told, waited = (
        json.loads((FOLDER / "results" / f"{name}.json").read_text())
        for name in ("scaling", "waiting")
    )
    kept, calls = told["measured"], told["measured"]["calls"]
    rates = {row["claim"]: row["ours"] for row in told["rows"] if row["unit"] == "calls/core s"}
    return Measured(
        kept["side"],
        {name: call["core_seconds"] for name, call in calls.items()},
        {name: call["sent"] + call["received"] for name, call in calls.items()},
        kept["gateway_seconds"],
        waited["measured"]["cases"],
        # Those of the background are of smaller pictures.
        {name: rates[BUSY.format(name)] for name in SAME_SIZE},
    )


def plan(ads_per_minute: float, known: Measured, gpu: bool = False) -> Plan:
    """Reckons with the embedded engines on cores, or with models on GPUs where there are such."""
    rate = ads_per_minute / 60
    services = services_of(known, gpu)
    pools, taken = {}, {}
    for stage in STAGES:
        pools[stage], waits = pool(rate, services[stage])
        taken[stage] = waits + drawn(services[stage], stage)
    pools["gateway"], _ = pool(rate, np.array([known.gateway_seconds]))
    gpus = sum(pools[stage].replicas for stage in GPU_SECONDS) if gpu else 0
    # What works on a GPU has a core beside it.
    cores = sum(each.replicas for each in pools.values())
    first = np.maximum(taken["segmentation"], taken["background"])
    whole = first + sum(taken[stage] for stage in STAGES[2:])
    return Plan(
        ads_per_minute=ads_per_minute,
        pools=pools,
        cores=cores,
        gpus=gpus,
        seconds=tuple(np.percentile(whole, (50, PERCENT)).tolist()),
        mbit=rate * sum(known.traffic.values()) * 8 / 1e6,
        cost=cores * CORE_HOUR + gpus * GPU_HOUR,
    )


def services_of(known: Measured, gpu: bool) -> dict[str, np.ndarray]:
    """Seconds that each kind of call was seen to take, or is assumed to on a GPU."""
    seen = {kind: np.array(seconds) for kind, seconds in known.seconds.items()}
    assumed = {kind: np.array([seconds]) for kind, seconds in GPU_SECONDS.items()}
    return seen | assumed if gpu else seen


def pool(rate: float, services: np.ndarray) -> tuple[Pool, np.ndarray]:
    """The fewest replicas that keep the bounds at `rate` calls a second, and the waits there."""
    mean = float(services.mean())
    replicas = max(1, math.ceil(rate * mean / MOST_BUSY))
    while True:
        waits = waits_at(rate, replicas, services)
        wait = float(np.percentile(waits, PERCENT))
        if wait <= MOST_WAIT * mean:
            return Pool(replicas, rate * mean / replicas, wait), waits
        replicas += 1


def waits_at(rate: float, replicas: int, services: np.ndarray) -> np.ndarray:
    """Seconds that calls wait at one of `replicas`, to which calls at random go in turn."""
    chance = np.random.default_rng(SEED)
    # Each replica gets every n-th call: between two of its calls lie n of all.
    arrivals = np.cumsum(chance.gamma(replicas, 1 / rate, CALLS))
    return waits(arrivals, chance.choice(services, CALLS))


def waits(arrivals: np.ndarray, services: np.ndarray, places: int = 1) -> np.ndarray:
    """Seconds that each call waits where so many are worked on at once, in order of arrival."""
    free, found = [0.0] * places, np.empty(len(arrivals))
    for at, (arrival, service) in enumerate(zip(arrivals, services, strict=True)):
        start = max(arrival, heapq.heappop(free))
        heapq.heappush(free, start + service)
        found[at] = start - arrival
    return found


def drawn(services: np.ndarray, kind: str) -> np.ndarray:
    """Seconds of so many calls as are simulated; other ones for each kind."""
    return np.random.default_rng(SEED + STAGES.index(kind)).choice(services, CALLS)


def agreements(known: Measured) -> Iterator[Agreement]:
    """What was measured beside the model: waiting at stages of a set time, and busy replicas."""
    for case in known.queues:
        took = simulated(case)
        name = f"{case['replicas']} x {case['places']} at once, {case['load']:.0%} busy"
        yield Agreement(name, "mean, s", case["mean"], float(took.mean()))
        yield Agreement(name, f"p{PERCENT}, s", case["p95"], float(np.percentile(took, PERCENT)))
    for stage, rate in known.busy_rates.items():
        alone = 1 / float(np.mean(known.seconds[stage]))
        yield Agreement(f"{stage} kept busy", "calls a core second", rate, alone)


def simulated(case: Mapping[str, Any]) -> np.ndarray:
    """Seconds of each call of a case of benchmarks.waiting, from when it was due to its answer."""
    count, arrivals = case["replicas"], np.array(arrivals_of(case["calls"], case["rate"]))
    took = np.empty(len(arrivals))
    for at in range(count):
        own = arrivals[at::count]
        services = np.full(len(own), case["service_seconds"])
        took[at::count] = waits(own, services, case["places"]) + services
    return took


def arrivals_of(calls: int, rate: float) -> list[float]:
    """Seconds at which calls come when each comes on its own, `rate` a second; always the same."""
    chance, at, found = random.Random(SEED), 0.0, []
    for _ in range(calls):
        at += chance.expovariate(rate)
        found.append(at)
    return found


def main() -> None:
    """Prints the plans for rates of ads, and how far the model is from what was measured."""
    known = measured()
    for rate in map(float, sys.argv[1:] or RATES):
        for gpu in (False, True):
            print(plan(rate, known, gpu))
    for each in agreements(known):
        print(f"{each.case}, {each.figure}: {each.measured}, by the model {each.modelled:.4f}")


if __name__ == "__main__":
    main()
