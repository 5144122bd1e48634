"""Hundreds of files of every sort, sound and spoilt, in one campaign of the command line.

python -m benchmarks.mixed [--quick] [--files COUNT]

Theirs is how many files, or calls, a claim is about; for memory it is that at file 100.
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

from benchmarks.chaos_rig import Replica, ending
from benchmarks.mixed_files import Sent, write_mix
from benchmarks.report import Row, report
from cyclorama.stages import STAGES
from gateway.stage_methods import METHODS as STAGE_METHODS

SIZE, EARLY = "256x256", 100
MOST_GROWTH = 1.05
# What the command line exits with where some ads were not made.
SOME_MISSING = 3
METHODS = tuple(method.name for method in STAGE_METHODS.values())


def main() -> None:
    """Sends the files twice and looks at what became of them."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="60 files in place of 500")
    words.add_argument("--files", type=int, default=500)
    asked = words.parse_args()
    count = 60 if asked.quick else asked.files
    with tempfile.TemporaryDirectory() as folder, services(Path(folder)) as running:
        campaign, sent = write_mix(Path(folder, "photos"), count, SIZE)
        order = Order(campaign, Path(folder, "ads"), running["gateway"].address)
        early, late = Memory(running), Memory(running)
        first = order.run(min(EARLY, count // 2), early.note)
        late.note()
        calls = calls_made(Path(folder))
        again = order.run(count, lambda: None)
        rows = [
            *becoming(sent, first),
            *repeated(first, again, calls, calls_made(Path(folder))),
            *growing(early, late),
        ]
    report("mixed", rows, asked.quick, ["pillow", "numpy", "dbos", "grpcio"])


@contextmanager
def services(folder: Path) -> Iterator[dict[str, Replica]]:
    """The five services as they are, with their jobs and their logs in a folder."""
    stages = {
        stage: Replica(f"services.{stage}", log=folder / f"{stage}.log", CYCLORAMA_LOG_LEVEL="info")
        for stage in STAGES
    }
    with ending(*stages.values()):
        where = {
            f"CYCLORAMA_GATEWAY_{name.upper()}_ADDRESS": each.address
            for name, each in stages.items()
        }
        kept = {
            "CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{folder}/jobs.db",
            "CYCLORAMA_GATEWAY_ARTIFACT_STORE": f"{folder}/artifacts",
        }
        gateway = Replica("gateway", **where | kept)
        with ending(gateway):
            running = stages | {"gateway": gateway}
            for replica in running.values():
                replica.ready()
            yield running


@dataclass
class Memory:
    """Resident memory of each service at one moment, MiB."""

    running: Mapping[str, Replica]
    found: dict[str, float] = field(default_factory=dict)

    def note(self) -> None:
        """Looks now."""
        self.found = {name: replica.memory for name, replica in self.running.items()}


@dataclass(frozen=True)
class Outcome:
    """What a campaign left: exit status, seconds, its table, and its reports by line."""

    status: int
    seconds: float
    lines: list[dict[str, str]]
    reports: list[dict]
    folder: Path

    @property
    def jobs(self) -> list[str | None]:
        """The name of each line's job."""
        return [each["job"] for each in self.reports]

    def engine(self, line: dict[str, str]) -> str:
        """The engine that cut the product of a line out."""
        manifest = (self.folder / line["file"]).with_suffix(".json")
        return json.loads(manifest.read_text())["stages"][0]["engine"]


@dataclass(frozen=True)
class Order:
    """A campaign that is given again and again under one request id."""

    campaign: Path
    folder: Path
    gateway: str
    request_id: str = field(default_factory=lambda: str(uuid4()))

    def run(self, moment: int, then) -> Outcome:
        """Runs the command; calls `then` once so many of its files have come to an end."""
        start, table = time.perf_counter(), self.folder / "results.csv"
        words = ["campaign", str(self.campaign), "-o", str(self.folder), "--json"]
        words += ["--gateway", self.gateway, "--request-id", self.request_id]
        program = [sys.executable, "-c", "from cyclorama.cli import main; main()", *words]
        table.unlink(missing_ok=True)
        with tempfile.TemporaryFile() as out:
            running = subprocess.Popen(program, stdout=out, stderr=subprocess.DEVNULL)
            while running.poll() is None and len(_lines(table)) < moment:
                time.sleep(0.1)
            then()
            status, seconds = running.wait(), time.perf_counter() - start
            out.seek(0)
            return Outcome(status, seconds, _lines(table), json.loads(out.read()), self.folder)


def becoming(sent: list[Sent], seen: Outcome) -> Iterator[Row]:
    """Good files are ads, bad ones have their reason, and each is in the table."""
    told = {line["photo"]: line for line in seen.lines}
    good = [told.get(str(each.path), {}) for each in sent if not each.reason]
    bad = [(each.reason, told.get(str(each.path), {})) for each in sent if each.reason]
    lost = [line for line in good if not line.get("file")]
    silent = [line for reason, line in bad if reason not in line.get("error", "")]
    clear = [told[str(each.path)] for each in sent if each.kind == "cut out"]
    for line in (*lost, *silent):
        print(f"unlike what was expected: {line}", file=sys.stderr)
    recut = [line for line in clear if seen.engine(line) != "alpha"]
    yield none("sound files without an ad", "files", len(good), len(lost))
    yield none("spoilt files without their reason", "files", len(bad), len(silent))
    yield none("files missing in results.csv", "files", len(sent), len(sent) - len(told))
    yield none("cut-outs cut out again", "files", len(clear), len(recut))
    yield none("exit status other than 3", "runs", 1, int(seen.status != SOME_MISSING))
    pace = len(sent) / seen.seconds
    yield Row("pace", "files/s", 0.0, pace)


def repeated(first: Outcome, again: Outcome, calls: int, calls_then: int) -> Iterator[Row]:
    """A second start under the same request id."""
    kept = sum(before == after for before, after in zip(first.jobs, again.jobs, strict=True))
    yield none("second start: calls of stages", "calls", calls, calls_then - calls)
    yield none("second start: other jobs", "jobs", len(first.jobs), len(first.jobs) - kept)
    yield none("second start: seconds", "s", first.seconds, again.seconds, first.seconds)


def growing(early: Memory, late: Memory) -> Iterator[Row]:
    """The memory of each service at the end, beside that early on."""
    for name, before in early.found.items():
        claim = f"{name}: memory at the end"
        yield Row(claim, "MiB", before, late.found[name], MOST_GROWTH, "ratio", True)


def calls_made(folder: Path) -> int:
    """How many calls the stages have done or refused."""
    lines = (line for stage in STAGES for line in (folder / f"{stage}.log").open())
    methods = Counter(json.loads(line).get("method") for line in lines)
    return sum(methods[method] for method in METHODS)


def none(claim: str, unit: str, of: float, ours: float, goal: float = 0) -> Row:
    """A claim that there is nothing of something, or little."""
    return Row(claim, unit, of, ours, goal, "ours", True)


def _lines(table: Path) -> list[dict[str, str]]:
    if not table.exists():
        return []
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
