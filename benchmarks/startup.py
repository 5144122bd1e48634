"""How soon each service answers after its process was started, and the command line after Enter.

python -m benchmarks.startup [--quick]

Every service starts as by `make up`, with all its engines that need no server or weights, one at a
time, and is over when the standard health service says SERVING. Theirs is an interpreter that
imports the foreign libraries which the service cannot do without, and nothing of ours.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from benchmarks.report import Row, report, seconds
from benchmarks.serving import ROOT, core_seconds, gateway_settings, process
from cyclorama.stages import STAGES

SERVING = "grpc, grpc_health.v1.health, grpc_reflection.v1alpha.reflection, pydantic_settings"
SERVING += ", prometheus_client, structlog"
PICTURES = f"{SERVING}, cv2, numpy, PIL.Image"
NEEDED = {
    "segmentation": PICTURES,
    "background": f"{PICTURES}, mitsuba, pyoidn",
    "compositing": PICTURES,
    "inpainting": PICTURES,
    "finishing": PICTURES,
    "gateway": f"{SERVING}, dbos, obstore, sqlalchemy",
}
MODULES = {name: f"services.{name}" for name in STAGES} | {"gateway": "gateway"}
GOALS = {"compositing": 1.5}
COMMAND = str(Path(sys.executable).with_name("cyclorama"))
WORDS = {
    "cyclorama --version": ("--version",),
    "cyclorama --help": ("--help",),
    "completion of cyclorama": (),
}
# What a shell asks when somebody presses Tab after `cyclorama c`.
COMPLETING = {"_CYCLORAMA_COMPLETE": "complete_bash"}
COMPLETING |= {"COMP_WORDS": "cyclorama c", "COMP_CWORD": "1"}
COMMAND_GOAL = 0.5


def main() -> None:
    """Starts everything in turns, again and again."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="twice in place of seven times")
    quick = words.parse_args().quick
    rounds = 2 if quick else 7
    rows = [row for name in (*STAGES, "gateway") for row in service_rows(name, rounds)]
    rows += command_rows(rounds)
    report("startup", rows, quick, ["grpcio", "opencv-python-headless", "mitsuba", "dbos", "typer"])


def service_rows(name: str, rounds: int) -> Iterator[Row]:
    """Seconds until a service is ready, and what that takes of cores."""
    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(run(sys.executable, "-c", f"import {NEEDED[name]}"))
        ours.append(started(name))
    yield from told(f"{name} ready", theirs, ours, GOALS.get(name))


def command_rows(rounds: int) -> Iterator[Row]:
    """Seconds of what the command line does without a server."""
    for claim, arguments in WORDS.items():
        theirs, ours = [], []
        for _ in range(rounds):
            theirs.append(run(sys.executable, "-c", "import typer, rich.table"))
            more = {} if arguments else COMPLETING
            ours.append(run(COMMAND, *arguments, **more))
        yield from told(claim, theirs, ours, COMMAND_GOAL)


Spans = Sequence[tuple[float, float]]


def told(claim: str, theirs: Spans, ours: Spans, goal: float | None) -> Iterator[Row]:
    """Medians of seconds and of core seconds."""
    middle = (map(statistics.median, zip(*spans, strict=True)) for spans in (theirs, ours))
    waited, worked = zip(*middle, strict=True)
    yield Row(claim, "s", *waited, goal, lower_is_better=True)
    yield Row(claim, "core s", *worked)


def started(name: str) -> tuple[float, float]:
    """Seconds until a service serves, and core seconds that it has had by then."""
    with tempfile.TemporaryDirectory() as folder:
        settings = gateway_settings(f"unix:{folder}/none", folder) if name == "gateway" else {}
        start = time.perf_counter()
        with process(MODULES[name], **settings) as (_, running):
            return time.perf_counter() - start, core_seconds(running.pid)


def run(*command: str, **environment: str) -> tuple[float, float]:
    """Seconds of a command, and core seconds; an error where it fails."""
    before = getrusage(RUSAGE_CHILDREN)
    took = seconds(
        lambda: subprocess.run(
            command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL, check=True
        )
    )
    after = getrusage(RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
