"""The capacity model agrees with queueing theory and plans within its bounds."""

import math

import numpy as np
import pytest

from benchmarks.capacity import (
    GPU_SECONDS,
    MAX_UTILIZATION,
    StageMeasurements,
    plan_capacity,
    simulate_case,
    simulate_waits,
    size_pool,
)
from benchmarks.queueing import compute_waits

KINDS = ("segmentation", "background", "compositing", "inpainting", "finishing")
KNOWN = StageMeasurements(
    side=1024,
    seconds={kind: [0.9, 1.1] for kind in KINDS},
    traffic=dict.fromkeys(KINDS, 10**6),
    gateway_seconds=0.02,
    queues=(),
    busy_rates={},
)


@pytest.mark.parametrize("busy", [0.3, 0.6, 0.8])
def test_waits_with_constant_service_times_match_pollaczek_khinchine(busy):
    found = simulate_waits(busy / 0.05, 1, np.array([0.05])).mean()
    assert found == pytest.approx(busy * 0.05 / (2 * (1 - busy)), rel=0.1)


def test_waits_for_several_servers_match_erlang_c():
    places, busy, calls = 3, 0.7, 100_000
    chance = np.random.default_rng(2)
    arrivals = np.cumsum(chance.exponential(1 / (places * busy), calls))
    found = compute_waits(arrivals, chance.exponential(1.0, calls), places=places).mean()
    offered = places * busy
    full = offered**places / (math.factorial(places) * (1 - busy))
    parts = sum(offered**k / math.factorial(k) for k in range(places))
    assert found == pytest.approx(full / (parts + full) / (places * (1 - busy)), rel=0.1)


def test_joining_the_shortest_of_two_queues_takes_as_long_as_theory_says():
    calls, busy = 100_000, 0.8
    chance = np.random.default_rng(3)
    arrivals = np.cumsum(chance.exponential(1 / (2 * busy), calls))
    services = chance.exponential(1.0, calls)
    found = compute_waits(arrivals, services, replicas=2).mean() + 1
    # Between one queue for both servers (Erlang C) and a queue of its own for each.
    assert 1 / (1 - busy**2) < found < 0.7 / (1 - busy)


def test_a_pool_has_the_fewest_replicas_within_its_bounds():
    services = np.array([0.5, 1.5])
    found, _ = size_pool(20.0, services)
    assert found.utilization <= MAX_UTILIZATION and found.p95_wait <= services.mean()
    one_less = simulate_waits(20.0, found.replicas - 1, services)
    assert 20.0 / (found.replicas - 1) > MAX_UTILIZATION or np.percentile(one_less, 95) > 1.0


def test_a_plan_grows_with_the_rate_and_ads_get_no_more_expensive():
    few, many = (plan_capacity(rate, KNOWN) for rate in (100, 10_000))
    assert 60 < many.cores / few.cores <= 100
    assert many.cost_per_thousand <= few.cost_per_thousand
    assert many.megabits_per_second == pytest.approx(100 * few.megabits_per_second)


def test_stages_with_models_get_gpus():
    with_models = plan_capacity(600, KNOWN, gpu=True)
    assert with_models.gpus == sum(with_models.pools[stage].replicas for stage in GPU_SECONDS)
    assert with_models.pools["background"].replicas >= 10 * GPU_SECONDS["background"]
    assert plan_capacity(600, KNOWN).gpus == 0


def test_rare_calls_take_the_service_time():
    case = {"replicas": 2, "places": 1, "calls": 50, "rate": 0.01, "service_seconds": 0.1}
    assert simulate_case(case) == pytest.approx(0.1)


def test_a_second_replica_shortens_waits_no_more_than_a_second_server():
    case = {"replicas": 1, "places": 1, "calls": 500, "rate": 12.0, "service_seconds": 0.15}
    one, shortest, shared = (
        simulate_case(case | more).mean() for more in ({}, {"replicas": 2}, {"places": 2})
    )
    assert 0.15 < shared <= shortest < one
