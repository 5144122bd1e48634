"""Startup time of each service and of the command line.

python -m benchmarks.startup [--quick]

Services start one at a time, as with `make up`, with all engines that need no server or weights,
until the gRPC health service reports SERVING. Theirs is an interpreter that imports only the
third-party libraries that the service needs.
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

from benchmarks.report import BenchmarkRow, measure_seconds, parse_arguments, write_report
from benchmarks.serving import ROOT, build_gateway_settings, read_core_seconds, start_process
from cyclorama.stages import STAGES

SERVER_LIBRARIES = (
    "grpc, grpc_health.v1.health, grpc_reflection.v1alpha.reflection, pydantic_settings"
)
SERVER_LIBRARIES += ", prometheus_client, structlog"
IMAGE_LIBRARIES = f"{SERVER_LIBRARIES}, cv2, numpy, PIL.Image"
LIBRARIES = {
    "segmentation": IMAGE_LIBRARIES,
    "background": f"{IMAGE_LIBRARIES}, mitsuba, pyoidn",
    "compositing": IMAGE_LIBRARIES,
    "inpainting": IMAGE_LIBRARIES,
    "finishing": IMAGE_LIBRARIES,
    "gateway": f"{SERVER_LIBRARIES}, obstore, sqlalchemy",
}
MODULES = {name: f"services.{name}" for name in STAGES} | {"gateway": "gateway"}
GOALS = {"compositing": 1.5}
COMMAND = str(Path(sys.executable).with_name("cyclorama"))
COMMANDS = {
    "cyclorama --version": ("--version",),
    "cyclorama --help": ("--help",),
    "completion of cyclorama": (),
}
# Environment of the command when the user presses Tab after `cyclorama c`.
COMPLETION = {"_CYCLORAMA_COMPLETE": "complete_bash"}
COMPLETION |= {"COMP_WORDS": "cyclorama c", "COMP_CWORD": "1"}
COMMAND_GOAL = 0.5


def main() -> None:
    """Starts ours and theirs alternately, several times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two rounds instead of seven")
    quick = parse_arguments(parser).quick
    rounds = 2 if quick else 7
    rows = [row for name in (*STAGES, "gateway") for row in measure_service(name, rounds)]
    rows += measure_commands(rounds)
    write_report(
        "startup",
        rows,
        quick,
        ["grpcio", "opencv-python-headless", "mitsuba", "sqlalchemy", "typer"],
    )


def measure_service(name: str, rounds: int) -> Iterator[BenchmarkRow]:
    """Measures seconds and core seconds until a service is ready."""
    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(time_command(sys.executable, "-c", f"import {LIBRARIES[name]}"))
        ours.append(time_service_start(name))
    yield from build_rows(f"{name} ready", theirs, ours, GOALS.get(name))


def measure_commands(rounds: int) -> Iterator[BenchmarkRow]:
    """Measures commands that need no server."""
    for claim, arguments in COMMANDS.items():
        theirs, ours = [], []
        for _ in range(rounds):
            theirs.append(time_command(sys.executable, "-c", "import typer, rich.table"))
            more = {} if arguments else COMPLETION
            ours.append(time_command(COMMAND, *arguments, **more))
        yield from build_rows(claim, theirs, ours, COMMAND_GOAL)


Spans = Sequence[tuple[float, float]]


def build_rows(
    claim: str, theirs: Spans, ours: Spans, goal: float | None
) -> Iterator[BenchmarkRow]:
    """Yields rows with the medians of seconds and of core seconds."""
    medians = (map(statistics.median, zip(*spans, strict=True)) for spans in (theirs, ours))
    elapsed, core = zip(*medians, strict=True)
    yield BenchmarkRow(claim, "s", *elapsed, goal, lower_is_better=True)
    yield BenchmarkRow(claim, "core s", *core)


def time_service_start(name: str) -> tuple[float, float]:
    """Returns seconds and core seconds until a service is ready."""
    with tempfile.TemporaryDirectory() as folder:
        settings = (
            build_gateway_settings(f"unix:{folder}/none", folder) if name == "gateway" else {}
        )
        start = time.perf_counter()
        with start_process(MODULES[name], **settings) as (_, running):
            return time.perf_counter() - start, read_core_seconds(running.pid)


def time_command(*command: str, **environment: str) -> tuple[float, float]:
    """Returns seconds and core seconds of a command; raises if it fails."""
    before = getrusage(RUSAGE_CHILDREN)
    duration = measure_seconds(
        lambda: subprocess.run(
            command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL, check=True
        )
    )
    after = getrusage(RUSAGE_CHILDREN)
    return duration, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
