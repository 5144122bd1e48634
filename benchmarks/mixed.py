"""Hundreds of valid and invalid files of every kind in one campaign of the command line.

python -m benchmarks.mixed [--quick] [--files COUNT]

Theirs is the number of files or calls that a claim is about; for memory, its value at file 100.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from benchmarks.chaos_rig import Replica, stop_at_exit
from benchmarks.mixed_files import MixedFile, write_mix
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from cyclorama.stages import STAGES
from gateway.stage_methods import METHODS as STAGE_METHODS

SIZE, EARLY = "256x256", 100
MAX_MEMORY_GROWTH = 1.05
# Exit status of the command line if some ads failed.
SOME_ADS_FAILED = 3
METHODS = tuple(method.name for method in STAGE_METHODS.values())


def main() -> None:
    """Runs the campaign twice and checks the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="60 files instead of 500")
    parser.add_argument("--files", type=int, default=500)
    arguments = parse_arguments(parser)
    count = 60 if arguments.quick else arguments.files
    with tempfile.TemporaryDirectory() as folder, start_services(Path(folder)) as running:
        campaign, sent = write_mix(Path(folder, "photos"), count, SIZE)
        command = CampaignCommand(campaign, Path(folder, "ads"), running["gateway"].address)
        early, late = MemorySnapshot(running), MemorySnapshot(running)
        first = command.run(min(EARLY, count // 2), early.take)
        late.take()
        calls = count_stage_calls(Path(folder))
        again = command.run(count, lambda: None)
        rows = [
            *check_results(sent, first),
            *check_second_run(first, again, calls, count_stage_calls(Path(folder))),
            *check_memory(early, late),
        ]
    write_report("mixed", rows, arguments.quick, ["pillow", "numpy", "sqlalchemy", "grpcio"])


@contextmanager
def start_services(folder: Path, **environment: str) -> Iterator[dict[str, Replica]]:
    """Starts the gateway and five stages, with jobs and logs in a folder.

    environment: variables of all services in addition to the current ones.
    """
    logged = {"CYCLORAMA_LOG_LEVEL": "info"} | environment
    stages = {
        stage: Replica(f"services.{stage}", log=folder / f"{stage}.log", **logged)
        for stage in STAGES
    }
    with stop_at_exit(*stages.values()):
        addresses = {
            f"CYCLORAMA_GATEWAY_{name.upper()}_ADDRESS": each.address
            for name, each in stages.items()
        }
        storage = {
            "CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{folder}/jobs.db",
            "CYCLORAMA_GATEWAY_ARTIFACT_STORE": f"{folder}/artifacts",
        }
        gateway = Replica("gateway", **addresses | storage | environment)
        with stop_at_exit(gateway):
            running = stages | {"gateway": gateway}
            for replica in running.values():
                replica.wait_until_serving()
            yield running


@dataclass
class MemorySnapshot:
    """Resident memory of each service at one moment, in MiB."""

    running: Mapping[str, Replica]
    mib: dict[str, float] = field(default_factory=dict)

    def take(self) -> None:
        """Reads the memory of all services now."""
        self.mib = {name: replica.memory_mib for name, replica in self.running.items()}


@dataclass(frozen=True)
class CampaignResult:
    """Exit status and seconds of a campaign, its results.csv, and the reports of its jobs."""

    status: int
    seconds: float
    lines: list[dict[str, str]]
    reports: list[dict]
    folder: Path

    @property
    def jobs(self) -> list[str | None]:
        """The job names of all lines."""
        return [each["job"] for each in self.reports]

    def engine(self, line: dict[str, str]) -> str:
        """Returns the segmentation engine of a line."""
        manifest = (self.folder / line["file"]).with_suffix(".json")
        return json.loads(manifest.read_text())["stages"][0]["engine"]


@dataclass(frozen=True)
class CampaignCommand:
    """The campaign command, run repeatedly with one request id."""

    campaign: Path
    folder: Path
    gateway: str
    request_id: str = field(default_factory=lambda: str(uuid4()))

    def run(self, count: int, callback) -> CampaignResult:
        """Runs the command; calls `callback` when `count` of its files are done."""
        start, table = time.perf_counter(), self.folder / "results.csv"
        arguments = ["campaign", str(self.campaign), "-o", str(self.folder), "--json"]
        arguments += ["--gateway", self.gateway, "--request-id", self.request_id]
        program = [sys.executable, "-c", "from cyclorama.cli import main; main()", *arguments]
        table.unlink(missing_ok=True)
        with tempfile.TemporaryFile() as out:
            running = subprocess.Popen(program, stdout=out, stderr=subprocess.DEVNULL)
            while running.poll() is None and _count_ended(table) < count:
                time.sleep(0.1)
            callback()
            status, seconds = running.wait(), time.perf_counter() - start
            out.seek(0)
            return CampaignResult(
                status, seconds, _lines(table), json.loads(out.read())["jobs"], self.folder
            )


def check_results(sent: list[MixedFile], seen: CampaignResult) -> Iterator[BenchmarkRow]:
    """Checks that valid files became ads, invalid ones have a reason, and all are in the table."""
    lines = {line["photo"]: line for line in seen.lines}
    valid = [lines.get(str(each.path), {}) for each in sent if not each.reason]
    invalid = [(each.reason, lines.get(str(each.path), {})) for each in sent if each.reason]
    lost = [line for line in valid if not line.get("file")]
    silent = [line for reason, line in invalid if reason not in line.get("error", "")]
    cutouts = [lines[str(each.path)] for each in sent if each.kind == "cut out"]
    for line in (*lost, *silent):
        print(f"unexpected: {line}", file=sys.stderr)
    recut = [line for line in cutouts if seen.engine(line) != "alpha"]
    yield zero_row("sound files without an ad", "files", len(valid), len(lost))
    yield zero_row("invalid files without their reason", "files", len(invalid), len(silent))
    yield zero_row("files missing in results.csv", "files", len(sent), len(sent) - len(lines))
    yield zero_row("cut-outs cut out again", "files", len(cutouts), len(recut))
    yield zero_row("exit status other than 3", "runs", 1, int(seen.status != SOME_ADS_FAILED))
    rate = len(sent) / seen.seconds
    yield BenchmarkRow("pace", "files/s", 0.0, rate)


def check_second_run(
    first: CampaignResult, again: CampaignResult, calls: int, calls_then: int
) -> Iterator[BenchmarkRow]:
    """Checks that a second run with the same request id computes nothing again."""
    kept = sum(before == after for before, after in zip(first.jobs, again.jobs, strict=True))
    yield zero_row("second start: calls of stages", "calls", calls, calls_then - calls)
    yield zero_row("second start: other jobs", "jobs", len(first.jobs), len(first.jobs) - kept)
    yield zero_row("second start: seconds", "s", first.seconds, again.seconds, first.seconds)


def check_memory(early: MemorySnapshot, late: MemorySnapshot) -> Iterator[BenchmarkRow]:
    """Compares the memory of each service at the end with that after 100 files."""
    for name, before in early.mib.items():
        claim = f"{name}: memory at the end"
        yield BenchmarkRow(claim, "MiB", before, late.mib[name], MAX_MEMORY_GROWTH, "ratio", True)


def count_stage_calls(folder: Path) -> int:
    """Returns how many calls the stages have logged."""
    lines = (line for stage in STAGES for line in (folder / f"{stage}.log").open())
    methods = Counter(json.loads(line).get("method") for line in lines)
    return sum(methods[method] for method in METHODS)


def zero_row(claim: str, unit: str, of: float, ours: float, goal: float = 0) -> BenchmarkRow:
    """Returns a row with an upper limit, usually 0."""
    return BenchmarkRow(claim, unit, of, ours, goal, "ours", True)


def _count_ended(table: Path) -> int:
    """Returns the number of ads in a table that succeeded or failed."""
    return sum(line["state"] in ("succeeded", "failed") for line in _lines(table))


def _lines(table: Path) -> list[dict[str, str]]:
    if not table.exists():
        return []
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
