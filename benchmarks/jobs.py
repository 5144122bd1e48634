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
from benchmarks.serving import NOOP, gateway_settings, service
from cyclorama import Client
from services.runtime.images import PNG, encode

SIDE, SMALL, CALLERS = 1024, 256, 16
PHOTOS = {side: encode(np.full((side, side, 3), 200, np.uint8), PNG).data for side in (SIDE, SMALL)}


def main() -> None:
    """Measures one job beside one call, then many jobs, then a campaign beside its calls."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true")
    words.add_argument("--postgres", help="postgresql://..., measured beside SQLite")
    asked = words.parse_args()
    rounds, many = (5, 50) if asked.quick else (30, 500)
    rows = []
    for transport, goal in (("raw", 40), ("reference", 20)):
        with (
            tempfile.TemporaryDirectory() as folder,
            gateway(folder, transport=transport) as client,
        ):
            rows.append(one_by_one(client, rounds, transport, goal))
    databases = {"SQLite": "", "Postgres": asked.postgres}
    for name, address in databases.items():
        if address is None:
            continue
        with tempfile.TemporaryDirectory() as folder, gateway(folder, address) as client:
            pace = jobs_per_second(client, many)
            rows.append(Row(f"durable jobs on {name}", "jobs/s", pace[0], pace[1], 100))
    report("jobs", rows, asked.quick, ["dbos", "obstore", "grpcio"])


@contextmanager
def gateway(folder: str, database: str = "", transport: str = "raw") -> Iterator[Client]:
    """A gateway before stages that answer at once."""
    shared = {"CYCLORAMA_ARTIFACTS": f"{folder}/artifacts"} if transport == "reference" else {}
    with service("benchmarks.noop", **shared) as stages:
        settings = gateway_settings(stages, folder, database)
        settings["CYCLORAMA_GATEWAY_TRANSPORT"] = transport
        with service("gateway", **settings) as address, Client(address) as client:
            yield client


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

    def work() -> None:
        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(lambda n: make(client, 10_000 + n, SMALL), range(many)))

    return few / spent, many / seconds(work)


def call(client: Client, seed: int, side: int) -> None:
    """One ad as a single call."""
    client.create_ad(PHOTOS[side], "x", seed=seed, size=(side, side), options=NOOP)


def make(client: Client, seed: int, side: int) -> None:
    """One ad as a job, from its submission to its end."""
    job = client.jobs.submit(PHOTOS[side], ["x"], seed=seed, sizes=[(side, side)], options=NOOP)
    *_, last = client.jobs.watch(job.name)
    assert last.state == "succeeded", last


if __name__ == "__main__":
    main()
