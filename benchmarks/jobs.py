"""Cost of durability: jobs compared with single calls, which are not durable, in the same gateway.

python -m benchmarks.jobs [--quick] [--postgres ADDRESS]

The stages return immediately, so that the time is that of the gateway and the artifact store.
Theirs are the single calls; for memory, its value after a tenth of the jobs.
"""

import argparse
import itertools
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from benchmarks.report import BenchmarkRow, measure_seconds, parse_arguments, write_report
from benchmarks.serving import (
    NOOP,
    build_gateway_settings,
    read_core_seconds,
    read_resident_mib,
    start_process,
    start_service,
)
from cyclorama import Client
from services.imaging.images import encode_image
from services.runtime.formats import PNG

SIDE, SMALL, CALLERS = 1024, 256, 16
# Larger: medians are steadier; each round has fewer ads.
ROUNDS = 5
# Until a gateway is idle, and for how long it is measured then.
SETTLE_SECONDS, IDLE_SECONDS = 3.0, 10.0
PHOTOS = {
    side: encode_image(np.full((side, side, 3), 200, np.uint8), PNG).data for side in (SIDE, SMALL)
}
_starts = itertools.count(10**6, 10**5)


def main() -> None:
    """Compares one job with one call, then measures many jobs and the memory of the gateway."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--postgres", help="postgresql://..., measured in addition to SQLite")
    arguments = parse_arguments(parser)
    rounds, many, most = (5, 80, 200) if arguments.quick else (30, 600, 10_000)
    rows = []
    for transport, goal in (("raw", 40), ("reference", 20)):
        with (
            tempfile.TemporaryDirectory() as folder,
            start_gateway(folder, transport=transport) as (client, _),
        ):
            rows.append(measure_single_ad(client, rounds, transport, goal))
    databases = {"SQLite": "", "Postgres": arguments.postgres}
    for name, address in databases.items():
        if address is None:
            continue
        with tempfile.TemporaryDirectory() as folder, start_gateway(folder, address) as gateway:
            rows += measure_rates(*gateway, name, many)
            rows.append(measure_idle_gateway(gateway[1], name))
    with tempfile.TemporaryDirectory() as folder, start_gateway(folder) as (client, pid):
        rows.append(measure_memory_growth(client, pid, most))
    write_report("jobs", rows, arguments.quick, ["sqlalchemy", "obstore", "grpcio"])


@contextmanager
def start_gateway(
    folder: str, database: str = "", transport: str = "raw"
) -> Iterator[tuple[Client, int]]:
    """Starts a gateway in front of noop stages: a client of it, and its process id."""
    shared = {"CYCLORAMA_ARTIFACT_STORE": f"{folder}/artifacts"} if transport == "reference" else {}
    with start_service("benchmarks.noop", **shared) as stages:
        settings = build_gateway_settings(stages, folder, database)
        settings["CYCLORAMA_GATEWAY_TRANSPORT"] = transport
        with start_process("gateway", **settings) as (address, running), Client(address) as client:
            yield client, running.pid


def measure_single_ad(client: Client, rounds: int, transport: str, goal: float) -> BenchmarkRow:
    """Measures one ad as a call and as a job, alternately: medians."""
    calls, jobs = [], []
    for seed in range(rounds):
        calls.append(measure_seconds(lambda seed=seed: create_ad(client, seed, SIDE)))
        jobs.append(measure_seconds(lambda seed=seed: run_job(client, 10_000 + seed, SIDE)))
    single, job = (float(np.median(each)) * 1000 for each in (calls, jobs))
    claim = f"durable job of one ad at 1024 px, images as {transport}"
    return BenchmarkRow(claim, "ms", single, job, goal, lower_is_better=True)


def measure_rates(client: Client, pid: int, database: str, many: int) -> Iterator[BenchmarkRow]:
    """Compares jobs with single calls from as many callers, alternately: medians of ROUNDS rounds.

    pid: of the gateway, whose own core time per ad is compared too. many: ads of all rounds.
    """
    ads = many // ROUNDS
    kinds = {"calls": create_ads, "jobs": run_jobs, "job": run_large_job}
    rates, costs = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    with ThreadPoolExecutor(CALLERS) as pool:
        for number in range(ROUNDS + 1):
            for name, run in kinds.items():
                seeds = next_seeds(ads if number else CALLERS)
                before = read_core_seconds(pid)
                seconds = measure_seconds(lambda run=run, seeds=seeds: run(client, pool, seeds))
                # The first round opens connections.
                if number:
                    rates[name].append(len(seeds) / seconds)
                    costs[name].append(1000 * (read_core_seconds(pid) - before) / len(seeds))
    calls, jobs, job = (float(np.median(rates[name])) for name in kinds)
    rate = ("ads/s", calls)
    yield BenchmarkRow(f"durable jobs of one ad on {database}", *rate, jobs, 0.9, "ratio")
    yield BenchmarkRow(f"ads of one durable job on {database}", *rate, job, 0.9, "ratio")
    calls, jobs, job = (float(np.median(costs[name])) for name in kinds)
    cost = ("core ms an ad", calls)
    yield BenchmarkRow(f"gateway alone, jobs of one ad on {database}", *cost, jobs)
    yield BenchmarkRow(
        f"gateway alone, ads of one job on {database}", *cost, job, 25, lower_is_better=True
    )


def measure_idle_gateway(pid: int, database: str) -> BenchmarkRow:
    """Measures the share of a core that a gateway takes that has no jobs."""
    time.sleep(SETTLE_SECONDS)
    before = read_core_seconds(pid)
    time.sleep(IDLE_SECONDS)
    share = 100 * (read_core_seconds(pid) - before) / IDLE_SECONDS
    claim = f"idle gateway on {database}"
    return BenchmarkRow(claim, "% of a core", 0.0, share, 1, lower_is_better=True)


def measure_memory_growth(client: Client, pid: int, most: int) -> BenchmarkRow:
    """Measures the gateway's memory after a tenth of many jobs, and after all of them."""
    with ThreadPoolExecutor(CALLERS) as pool:
        run_jobs(client, pool, range(most // 10))
        early = read_resident_mib(pid)
        run_jobs(client, pool, range(most // 10, most))
    claim = f"memory of the gateway after {most // 10} and {most} jobs"
    return BenchmarkRow(
        claim, "MiB", early, read_resident_mib(pid), 1.1, "ratio", lower_is_better=True
    )


def create_ad(client: Client, seed: int, side: int) -> None:
    """Creates one ad with a single call."""
    client.create_ad(PHOTOS[side], "x", seed=seed, size=(side, side), options=NOOP)


def create_ads(client: Client, pool: ThreadPoolExecutor, seeds: range) -> None:
    """Creates an ad for each seed with single calls, from several concurrent callers."""
    list(pool.map(lambda seed: create_ad(client, seed, SMALL), seeds))


def run_jobs(client: Client, pool: ThreadPoolExecutor, seeds: range) -> None:
    """Runs a job of one ad for each seed, from several concurrent callers."""
    list(pool.map(lambda seed: run_job(client, seed, SMALL), seeds))


def run_large_job(client: Client, _pool: ThreadPoolExecutor, seeds: range) -> None:
    """Runs one job of an ad for each seed, from its submission to its end."""
    prompts = [f"x {seed}" for seed in seeds]
    job = client.jobs.submit(
        PHOTOS[SMALL], prompts, seed=seeds[0], sizes=[(SMALL, SMALL)], options=NOOP
    )
    *_, last = client.jobs.watch(job.name)
    assert last.count("succeeded") == len(seeds), last


def next_seeds(count: int) -> range:
    """Returns seeds that were not used before, so that no result is cached but the cut-out."""
    start = next(_starts)
    return range(start, start + count)


def run_job(client: Client, seed: int, side: int) -> None:
    """Creates one ad with a job, from its submission to its end."""
    job = client.jobs.submit(PHOTOS[side], ["x"], seed=seed, sizes=[(side, side)], options=NOOP)
    *_, last = client.jobs.watch(job.name)
    assert last.state == "succeeded", last


if __name__ == "__main__":
    main()
