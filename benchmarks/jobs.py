"""Cost of durability: jobs compared with single calls, which are not durable.

python -m benchmarks.jobs [--quick] [--postgres ADDRESS]

The stages return immediately, so that the time is that of the gateway and the artifact store.
"""

import argparse
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from benchmarks.report import BenchmarkRow, measure_seconds, write_report
from benchmarks.serving import (
    NOOP,
    build_gateway_settings,
    read_resident_mib,
    start_process,
    start_service,
)
from cyclorama import Client
from services.imaging.images import encode_image
from services.runtime.formats import PNG

SIDE, SMALL, CALLERS = 1024, 256, 16
PHOTOS = {
    side: encode_image(np.full((side, side, 3), 200, np.uint8), PNG).data for side in (SIDE, SMALL)
}


def main() -> None:
    """Compares one job with one call, then measures many jobs and the memory of the gateway."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--postgres", help="postgresql://..., measured in addition to SQLite")
    arguments = parser.parse_args()
    rounds, many, most = (5, 50, 200) if arguments.quick else (30, 500, 10_000)
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
        with tempfile.TemporaryDirectory() as folder, start_gateway(folder, address) as (client, _):
            rates = measure_throughput(client, many)
            rows.append(BenchmarkRow(f"durable jobs on {name}", "jobs/s", rates[0], rates[1], 100))
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
    claim = f"one ad at 1024 px, pictures as {transport}"
    return BenchmarkRow(claim, "ms", single, job, goal, lower_is_better=True)


def measure_throughput(client: Client, many: int) -> tuple[float, float]:
    """Returns ads per second: single calls one after another, and concurrent jobs."""
    few = max(10, many // 10)
    spent = measure_seconds(lambda: [create_ad(client, seed, SMALL) for seed in range(few)])

    return few / spent, many / measure_seconds(
        lambda: run_jobs(client, range(10_000, 10_000 + many))
    )


def measure_memory_growth(client: Client, pid: int, most: int) -> BenchmarkRow:
    """Measures the gateway's memory after a tenth of many jobs, and after all of them."""
    run_jobs(client, range(most // 10))
    early = read_resident_mib(pid)
    run_jobs(client, range(most // 10, most))
    claim = f"memory of the gateway after {most // 10} and {most} jobs"
    return BenchmarkRow(
        claim, "MiB", early, read_resident_mib(pid), 1.1, "ratio", lower_is_better=True
    )


def create_ad(client: Client, seed: int, side: int) -> None:
    """Creates one ad with a single call."""
    client.create_ad(PHOTOS[side], "x", seed=seed, size=(side, side), options=NOOP)


def run_jobs(client: Client, seeds: range) -> None:
    """Runs a job for each seed, from several concurrent callers."""
    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(lambda seed: run_job(client, seed, SMALL), seeds))


def run_job(client: Client, seed: int, side: int) -> None:
    """Creates one ad with a job, from its submission to its end."""
    job = client.jobs.submit(PHOTOS[side], ["x"], seed=seed, sizes=[(side, side)], options=NOOP)
    *_, last = client.jobs.watch(job.name)
    assert last.state == "succeeded", last


if __name__ == "__main__":
    main()
