"""What an ad of a job costs as the job grows, and what of that is the gateway's."""

import tempfile
from collections.abc import Sequence

from benchmarks.jobs import PHOTOS, SIDE, SMALL
from benchmarks.report import Row
from benchmarks.serving import NOOP, core_seconds, gateway_settings, process
from cyclorama import Client

# Small jobs are repeated until so many ads are made: one alone is too short to be measured.
LEAST_ADS = 30
GOAL, LESS = 1.1, ("ratio", True)


def batches(sizes: Sequence[int]) -> tuple[list[Row], float]:
    """Rows of core milliseconds an ad by the size of its job, beside the smallest.

    Ads are small for that. Also core seconds of the gateway for an ad of SIDE pixels. The stages
    do nothing; what they take to do so counts.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        process("benchmarks.noop") as (stages, idle),
        process("gateway", **gateway_settings(stages, folder)) as (address, gateway),
        Client(address) as client,
    ):
        make(client, LEAST_ADS, 0)
        spent = [cost(client, size, (gateway.pid, idle.pid)) for size in sizes]
        large, _ = cost(client, LEAST_ADS, (gateway.pid, idle.pid), SIDE)
    first, *more = (1000 * sum(each) for each in spent)
    rows = [
        Row(f"{size} ads as one job, beside {sizes[0]}", "core ms an ad", first, each, GOAL, *LESS)
        for size, each in zip(sizes[1:], more, strict=True)
    ]
    return rows, large


def cost(client: Client, size: int, pids: Sequence[int], side: int = SMALL) -> list[float]:
    """Core seconds that each of the processes takes for an ad of jobs of this size."""
    rounds = -(-LEAST_ADS // size)
    before = [core_seconds(pid) for pid in pids]
    for at in range(rounds):
        make(client, size, 1000 * size + at, side)
    after = [core_seconds(pid) for pid in pids]
    return [(b - a) / (rounds * size) for a, b in zip(before, after, strict=True)]


def make(client: Client, size: int, seed: int, side: int = SMALL) -> None:
    """A job of so many prompts, from its submission to its end."""
    prompts = [f"{seed} {at}" for at in range(size)]
    job = client.jobs.submit(PHOTOS[side], prompts, seed=seed, sizes=[(side, side)], options=NOOP)
    *_, last = client.jobs.watch(job.name)
    if last.state != "succeeded":
        raise SystemExit(f"the job has {last.state}")
