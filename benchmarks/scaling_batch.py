"""Cost per ad as a job grows, and the share of the gateway."""

import tempfile
from collections.abc import Sequence

from benchmarks.jobs import PHOTOS, SIDE, SMALL
from benchmarks.report import BenchmarkRow
from benchmarks.serving import NOOP, build_gateway_settings, read_core_seconds, start_process
from cyclorama import Client

# Small jobs are repeated up to this number of ads, as one alone is too short to measure.
MIN_ADS = 30
GOAL, UPPER_LIMIT = 1.1, ("ratio", True)


def measure_job_sizes(sizes: Sequence[int]) -> tuple[list[BenchmarkRow], float]:
    """Returns rows with core milliseconds per ad by job size, compared with the smallest job.

    Also returns core seconds of the gateway per ad of SIDE pixels. The stages use noop engines,
    whose time is included.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        start_process("benchmarks.noop") as (stages, idle),
        start_process("gateway", **build_gateway_settings(stages, folder)) as (address, gateway),
        Client(address) as client,
    ):
        run_job(client, MIN_ADS, 0)
        spent = [measure_cost(client, size, (gateway.pid, idle.pid)) for size in sizes]
        large, _ = measure_cost(client, MIN_ADS, (gateway.pid, idle.pid), SIDE)
    first, *more = (1000 * sum(each) for each in spent)
    rows = [
        BenchmarkRow(
            f"{size} ads as one job, next to {sizes[0]}",
            "core ms an ad",
            first,
            each,
            GOAL,
            *UPPER_LIMIT,
        )
        for size, each in zip(sizes[1:], more, strict=True)
    ]
    return rows, large


def measure_cost(client: Client, size: int, pids: Sequence[int], side: int = SMALL) -> list[float]:
    """Returns the core seconds per ad of each process, for jobs of this size."""
    rounds = -(-MIN_ADS // size)
    before = [read_core_seconds(pid) for pid in pids]
    for at in range(rounds):
        run_job(client, size, 1000 * size + at, side)
    after = [read_core_seconds(pid) for pid in pids]
    return [(b - a) / (rounds * size) for a, b in zip(before, after, strict=True)]


def run_job(client: Client, size: int, seed: int, side: int = SMALL) -> None:
    """Runs a job of `size` prompts, from its submission to its end."""
    prompts = [f"{seed} {at}" for at in range(size)]
    job = client.jobs.submit(PHOTOS[side], prompts, seed=seed, sizes=[(side, side)], options=NOOP)
    *_, last = client.jobs.watch(job.name)
    if last.state != "succeeded":
        raise SystemExit(f"the job has {last.state}")
