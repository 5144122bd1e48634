"""How soon jobs go on whose gateway was killed with -9, and what is done twice.

python -m benchmarks.recovery [--quick] [--postgres ADDRESS]

Every stage takes a second, so that the moment of the kill tells the stage that was at work. With
Postgres a second gateway is there already and takes over.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from benchmarks.report import Row, report
from benchmarks.serving import NOOP, gateway_settings, process, service
from cyclorama import Client
from cyclorama.jobs import Job
from cyclorama.stages import STAGES
from services.imaging.images import encode_image
from services.runtime.formats import PNG

PHOTO = encode_image(np.full((64, 64, 3), 200, np.uint8), PNG).data
STAGE_SECONDS = 1.0
# Starting over is only there to compare with.
ANEW_ROUNDS = 5
# When the kill comes, how many stages are done by then, and the seconds of those that are not.
MOMENTS = {
    "segmentation and background": (0.5, 0, 4),
    "compositing": (1.5, 2, 3),
    "inpainting": (2.5, 3, 2),
    "finishing": (3.5, 4, 1),
}


def main() -> None:
    """Kills and restarts at each moment, again and again."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true")
    words.add_argument("--postgres", help="postgresql://..., for the takeover")
    asked = words.parse_args()
    rounds = 2 if asked.quick else 20
    with service("benchmarks.noop", CYCLORAMA_NOOP_DELAY_SECONDS=str(STAGE_SECONDS)) as stages:
        rows = list(restarts(stages, rounds))
        if asked.postgres:
            rows += takeovers(stages, rounds, asked.postgres)
    report("recovery", rows, asked.quick, ["dbos", "grpcio"])


def restarts(stages: str, rounds: int) -> Iterator[Row]:
    """One gateway that is killed and started again, beside starting the job over."""
    for moment, (seconds, done, left) in MOMENTS.items():
        outcome, anew = Outcome(), []
        for seed in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                settings = gateway_settings(stages, folder)
                name = kill_at(seconds, settings, seed)
                outcome.add(*restarted(settings, name), done, left)
            if seed >= ANEW_ROUNDS:
                continue
            with tempfile.TemporaryDirectory() as folder:
                spent, _ = restarted(gateway_settings(stages, folder), None)
                anew.append(spent - left * STAGE_SECONDS)
        yield from outcome.rows(f"killed in {moment}", 2, anew)


def takeovers(stages: str, rounds: int, postgres: str) -> Iterator[Row]:
    """One of two gateways is killed, in compositing, beside starting the job over."""
    seconds, done, left = MOMENTS["compositing"]
    outcome, anew = Outcome(), []
    with tempfile.TemporaryDirectory() as folder:
        settings = gateway_settings(stages, folder, postgres)
        with service("gateway", **settings, CYCLORAMA_GATEWAY_NAME="other") as address:
            for _ in range(rounds):
                first = settings | {"CYCLORAMA_GATEWAY_NAME": f"first-{time.time_ns()}"}
                name = kill_at(seconds, first, time.time_ns() % 2**31)
                outcome.add(*finished(address, name), done, left)
                spent, _ = finished(address, None)
                anew.append(spent - left * STAGE_SECONDS)
    yield from outcome.rows("killed beside another", 5, anew)


@dataclass
class Outcome:
    """What became of jobs whose gateway was killed."""

    resumed: list[float] = field(default_factory=list)
    again: int = 0
    lost: int = 0

    def add(self, spent: float, job: Job, done: int, left: float) -> None:
        """Takes in one job, the stages that were done by the kill, and the seconds left."""
        self.resumed.append(spent - left * STAGE_SECONDS)
        self.again += done - sum(cached for _, cached in job.stages.values())
        self.lost += job.state != "succeeded"

    def rows(self, claim: str, goal: float, anew: list[float]) -> Iterator[Row]:
        """The claims: theirs starts over, and does all stages again."""
        theirs = float(np.median(anew))
        yield Row(f"{claim}: beyond work", "s", theirs, max(self.resumed), goal, "ours", True)
        count, stages = len(self.resumed), len(STAGES) * len(self.resumed)
        yield Row(f"{claim}: done stages again", "count", stages, self.again, 0, "ours", True)
        yield Row(f"{claim}: lost", "jobs", count, self.lost, 0, "ours", True)


def kill_at(seconds: float, settings: dict[str, str], seed: int) -> str:
    """Starts a job at a gateway of its own and kills that so long after the job's start."""
    with process("gateway", **settings) as (address, running), Client(address) as client:
        job = submit(client, seed)
        next(iter(client.jobs.watch(job.name)))
        time.sleep(seconds)
        running.kill()
        running.wait()
    return job.name


def submit(client: Client, seed: int) -> Job:
    """Starts a job of one ad."""
    return client.jobs.submit(PHOTO, ["x"], seed=seed, sizes=[(256, 256)], options=NOOP)


def restarted(settings: dict[str, str], name: str | None) -> tuple[float, Job]:
    """As finished, at a gateway that is started for it: its start counts."""
    start = time.perf_counter()
    with service("gateway", **settings) as address:
        _, job = finished(address, name)
        return time.perf_counter() - start, job


def finished(address: str, name: str | None) -> tuple[float, Job]:
    """Seconds until a job has ended, a new one where there is no name, and the job."""
    start = time.perf_counter()
    with Client(address) as client:
        if name is None:
            seed = time.time_ns() % 2**31
            name = submit(client, seed).name
        *_, last = client.jobs.watch(name)
    return time.perf_counter() - start, last


if __name__ == "__main__":
    main()
