"""What durability costs: jobs that survive beside single calls that do not.

python -m benchmarks.jobs [--quick] [--postgres ADDRESS]

The stages answer at once, so that all time is the gateway's and the store's.
"""

import argparse
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from benchmarks.report import Row, report, seconds
from benchmarks.serving import NOOP, gateway_settings, process, resident_mib, service
from cyclorama import Client
from services.imaging.images import encode_image
from services.runtime.formats import PNG

SIDE, SMALL, CALLERS = 1024, 256, 16
PHOTOS = {
    side: encode_image(np.full((side, side, 3), 200, np.uint8), PNG).data for side in (SIDE, SMALL)
}


def main() -> None:
    """Measures one job beside one call, then many jobs, then a campaign beside its calls."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true")
    words.add_argument("--postgres", help="postgresql://..., measured beside SQLite")
    asked = words.parse_args()
    rounds, many, most = (5, 50, 200) if asked.quick else (30, 500, 10_000)
    rows = []
    for transport, goal in (("raw", 40), ("reference", 20)):
        with (
            tempfile.TemporaryDirectory() as folder,
            gateway(folder, transport=transport) as (client, _),
        ):
            rows.append(one_by_one(client, rounds, transport, goal))
    databases = {"SQLite": "", "Postgres": asked.postgres}
    for name, address in databases.items():
        if address is None:
            continue
        with tempfile.TemporaryDirectory() as folder, gateway(folder, address) as (client, _):
            pace = jobs_per_second(client, many)
            rows.append(Row(f"durable jobs on {name}", "jobs/s", pace[0], pace[1], 100))
    with tempfile.TemporaryDirectory() as folder, gateway(folder) as (client, pid):
        rows.append(growth(client, pid, most))
    report("jobs", rows, asked.quick, ["dbos", "obstore", "grpcio"])


@contextmanager
def gateway(
    folder: str, database: str = "", transport: str = "raw"
) -> Iterator[tuple[Client, int]]:
    """A gateway before stages that answer at once, and its process."""
    shared = {"CYCLORAMA_ARTIFACT_STORE": f"{folder}/artifacts"} if transport == "reference" else {}
    with service("benchmarks.noop", **shared) as stages:
        settings = gateway_settings(stages, folder, database)
        settings["CYCLORAMA_GATEWAY_TRANSPORT"] = transport
        with process("gateway", **settings) as (address, running), Client(address) as client:
            yield client, running.pid


def one_by_one(client: Client, rounds: int, transport: str, goal: float) -> Row:
    """One ad as a call and as a job, in turns: seconds of each, medians."""
    calls, jobs = [], []
    for seed in range(rounds):
        calls.append(seconds(lambda seed=seed: call(client, seed, SIDE)))
        jobs.append(seconds(lambda seed=seed: make(client, 10_000 + seed, SIDE)))
    single, job = (float(np.median(each)) * 1000 for each in (calls, jobs))
    claim = f"one ad at 1024 px, pictures as {transport}"
    return Row(claim, "ms", single, job, goal, lower_is_better=True)


def jobs_per_second(client: Client, many: int) -> tuple[float, float]:
    """Ads a second: single calls one after the other, and as many jobs put in at once."""
    few = max(10, many // 10)
    spent = seconds(lambda: [call(client, seed, SMALL) for seed in range(few)])

    return few / spent, many / seconds(lambda: make_all(client, range(10_000, 10_000 + many)))


def growth(client: Client, pid: int, most: int) -> Row:
    """The gateway's memory after a tenth of many jobs, and after all of them."""
    make_all(client, range(most // 10))
    early = resident_mib(pid)
    make_all(client, range(most // 10, most))
    claim = f"memory of the gateway after {most // 10} and {most} jobs"
    return Row(claim, "MiB", early, resident_mib(pid), 1.1, "ratio", lower_is_better=True)


def call(client: Client, seed: int, side: int) -> None:
    """One ad as a single call."""
    client.create_ad(PHOTOS[side], "x", seed=seed, size=(side, side), options=NOOP)


def make_all(client: Client, seeds: range) -> None:
    """A job for each seed, from a number of callers."""
    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(lambda seed: make(client, seed, SMALL), seeds))


def make(client: Client, seed: int, side: int) -> None:
    """One ad as a job, from its submission to its end."""
    job = client.jobs.submit(PHOTOS[side], ["x"], seed=seed, sizes=[(side, side)], options=NOOP)
    *_, last = client.jobs.watch(job.name)
    assert last.state == "succeeded", last


if __name__ == "__main__":
    main()
