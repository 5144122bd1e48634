"""Recovery of jobs after SIGKILL of their gateway: time lost, and stages computed twice.

python -m benchmarks.recovery [--quick] [--postgres ADDRESS]

Every stage takes a second, so that the time of the kill selects the stage in flight. With Postgres,
a second gateway is already running and continues the job. Theirs starts over and computes all
stages again.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from benchmarks.serving import NOOP, build_gateway_settings, start_process, start_service
from cyclorama import Client
from cyclorama.jobs import Job
from cyclorama.stages import STAGES
from services.imaging.images import encode_image
from services.runtime.formats import PNG

PHOTO = encode_image(np.full((64, 64, 3), 200, np.uint8), PNG).data
STAGE_SECONDS = 1.0
# Fewer rounds of the alternative, which starts over.
SCRATCH_ROUNDS = 5
# Seconds until the kill, stages done by then, and seconds of the remaining ones.
KILL_TIMES = {
    "segmentation and background": (0.5, 0, 4),
    "compositing": (1.5, 2, 3),
    "inpainting": (2.5, 3, 2),
    "finishing": (3.5, 4, 1),
}


def main() -> None:
    """Kills the gateway at each moment, several times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--postgres", help="postgresql://..., for two gateways")
    arguments = parse_arguments(parser)
    rounds = 2 if arguments.quick else 20
    with start_service(
        "benchmarks.noop", CYCLORAMA_NOOP_DELAY_SECONDS=str(STAGE_SECONDS)
    ) as stages:
        rows = list(measure_restarts(stages, rounds))
        if arguments.postgres:
            rows += measure_takeovers(stages, rounds, arguments.postgres)
    write_report("recovery", rows, arguments.quick, ["sqlalchemy", "grpcio"])


def measure_restarts(stages: str, rounds: int) -> Iterator[BenchmarkRow]:
    """Kills and restarts the only gateway, compared with starting the job over."""
    for moment, (seconds, done, left) in KILL_TIMES.items():
        outcome, from_scratch = RecoveryResult(), []
        for seed in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                settings = build_gateway_settings(stages, folder)
                name = kill_gateway_during_job(seconds, settings, seed)
                outcome.add_job(*start_gateway_and_finish(settings, name), done, left)
            if seed >= SCRATCH_ROUNDS:
                continue
            with tempfile.TemporaryDirectory() as folder:
                spent, _ = start_gateway_and_finish(build_gateway_settings(stages, folder), None)
                from_scratch.append(spent - left * STAGE_SECONDS)
        yield from outcome.build_rows(f"killed in {moment}", 2, from_scratch)


def measure_takeovers(stages: str, rounds: int, postgres: str) -> Iterator[BenchmarkRow]:
    """Kills one of two gateways during compositing, compared with starting the job over."""
    seconds, done, left = KILL_TIMES["compositing"]
    outcome, from_scratch = RecoveryResult(), []
    with tempfile.TemporaryDirectory() as folder:
        settings = build_gateway_settings(stages, folder, postgres)
        with start_service("gateway", **settings, CYCLORAMA_GATEWAY_NAME="other") as address:
            for _ in range(rounds):
                first = settings | {"CYCLORAMA_GATEWAY_NAME": f"first-{time.time_ns()}"}
                name = kill_gateway_during_job(seconds, first, time.time_ns() % 2**31)
                outcome.add_job(*finish_job(address, name), done, left)
                spent, _ = finish_job(address, None)
                from_scratch.append(spent - left * STAGE_SECONDS)
    yield from outcome.build_rows("killed next to another", 5, from_scratch)


@dataclass
class RecoveryResult:
    """Results of jobs whose gateway was killed.

    resumed: seconds lost by each. again: stages computed twice. lost: jobs that failed.
    """

    resumed: list[float] = field(default_factory=list)
    again: int = 0
    lost: int = 0

    def add_job(self, spent: float, job: Job, done: int, left: float) -> None:
        """Adds one job. done: stages done by the kill. left: seconds of the remaining ones."""
        self.resumed.append(spent - left * STAGE_SECONDS)
        self.again += done - sum(cached for _, cached in job.stages.values())
        self.lost += job.state != "succeeded"

    def build_rows(
        self, claim: str, goal: float, from_scratch: list[float]
    ) -> Iterator[BenchmarkRow]:
        """Yields the claims; theirs starts over and computes all stages again."""
        theirs = float(np.median(from_scratch))
        yield BenchmarkRow(
            f"{claim}: beyond work", "s", theirs, max(self.resumed), goal, "ours", True
        )
        count, stages = len(self.resumed), len(STAGES) * len(self.resumed)
        yield BenchmarkRow(
            f"{claim}: done stages again", "count", stages, self.again, 0, "ours", True
        )
        yield BenchmarkRow(f"{claim}: lost", "jobs", count, self.lost, 0, "ours", True)


def kill_gateway_during_job(seconds: float, settings: dict[str, str], seed: int) -> str:
    """Starts a gateway and a job, and kills the gateway after some seconds: the job's name."""
    with start_process("gateway", **settings) as (address, running), Client(address) as client:
        job = submit_job(client, seed)
        next(iter(client.jobs.watch(job.name)))
        time.sleep(seconds)
        running.kill()
        running.wait()
    return job.name


def submit_job(client: Client, seed: int) -> Job:
    """Submits a job of one ad."""
    return client.jobs.submit(PHOTO, ["x"], seed=seed, sizes=[(256, 256)], options=NOOP)


def start_gateway_and_finish(settings: dict[str, str], name: str | None) -> tuple[float, Job]:
    """Starts a gateway and finishes a job: seconds including the start, and the job."""
    start = time.perf_counter()
    with start_service("gateway", **settings) as address:
        _, job = finish_job(address, name)
        return time.perf_counter() - start, job


def finish_job(address: str, name: str | None) -> tuple[float, Job]:
    """Waits for the end of a job: seconds, and the job. name: None to submit a new one."""
    start = time.perf_counter()
    with Client(address) as client:
        if name is None:
            seed = time.time_ns() % 2**31
            name = submit_job(client, seed).name
        *_, last = client.jobs.watch(name)
    return time.perf_counter() - start, last


if __name__ == "__main__":
    main()
