"""Reports the results of a benchmark as a table, a JSON line and a file in results/."""

import argparse
import contextlib
import json
import math
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent
# Processes that ran or waited for a core before the benchmark: the load by other programs.
LOAD_AVERAGE = os.getloadavg()[0]
START = time.monotonic()
# Instructions of a CPU that decide how fast numeric libraries are.
FLAGS = re.compile(r"avx2|avx512f|avx512_?(bf16|fp16|vnni)|amx_\w+|asimd\w*|sve2?|bf16")
# What may differ from the commit that a result names: results, and the pages made of them.
UNMEASURED = ("benchmarks/results", "docs")


@dataclass(frozen=True)
class BenchmarkRow:
    """One claim with the value of the alternative, ours and the goal.

    goal: a limit on `bounded`, which is "ours" or "ratio" (ours / theirs); an upper limit if
    `lower_is_better`, else a lower one. None if there is no goal.
    """

    claim: str
    unit: str
    theirs: float
    ours: float
    goal: float | None = None
    bounded: str = "ours"
    lower_is_better: bool = False

    @property
    def ratio(self) -> float:
        """Ours divided by theirs."""
        return self.ours / self.theirs if self.theirs else float("inf")

    @property
    def met(self) -> bool | None:
        """Whether the goal was met; None if there is none."""
        if self.goal is None:
            return None
        value = self.ratio if self.bounded == "ratio" else self.ours
        return value <= self.goal if self.lower_is_better else value >= self.goal

    @property
    def bound(self) -> str:
        """The goal as text, such as "ratio <= 0.5"; empty if there is none."""
        if self.goal is None:
            return ""
        subject = "ratio " if self.bounded == "ratio" else ""
        return f"{subject}{'<=' if self.lower_is_better else '>='} {self.goal:.4g}"


def parse_arguments(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Returns the arguments of a benchmark, among them `quick`.

    Exits if a full run would record results of uncommitted changes.
    """
    arguments = parser.parse_args()
    if not arguments.quick:
        require_commit()
    return arguments


def require_commit() -> None:
    """Exits if tracked files that may change results differ from the commit."""
    if changes := list_changes(FOLDER.parent):
        more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
        # make sets MAKELEVEL for its commands.
        quick = "QUICK=--quick" if "MAKELEVEL" in os.environ else "--quick"
        sys.exit(
            f"Results would name a commit without the changes of {', '.join(changes[:3])}{more}. "
            f"Commit them, or run it with {quick}, which records nothing."
        )


def list_changes(root: Path) -> list[str]:
    """Returns the tracked files of a repository that differ from its commit, but UNMEASURED.

    Empty outside a repository, as in an unpacked archive.
    """
    excluded = [f":(exclude){path}" for path in UNMEASURED]
    command = ["git", "diff", "--name-only", "HEAD", "--", ".", *excluded]
    return subprocess.run(command, cwd=root, capture_output=True, text=True).stdout.split("\n")[:-1]


def write_report(
    name: str,
    rows: Sequence[BenchmarkRow],
    quick: bool,
    packages: Sequence[str] = (),
    measured: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Prints a table and a JSON line; writes a full run to results/, with machine and versions.

    Exits, and writes nothing, if the code was changed meanwhile.

    name: that of the script, followed by _gpu for a run on a GPU, which has a file of its own.
    packages: whose versions to record. measured: plain JSON values for models that build on them.
    """
    print(f"\n{'claim':44} {'theirs':>9} {'ours':>9} {'ratio':>7} {'goal':>14}  met")
    words = {True: "yes", False: "NO", None: ""}
    for row in rows:
        print(
            f"{row.claim + ', ' + row.unit:44} {row.theirs:9.3f} {row.ours:9.3f} "
            f"{row.ratio:7.2f} {row.bound:>14}  {words[row.met]}"
        )
    result = {"name": name, "rows": [_row_to_json(row) for row in rows]}
    if not quick:
        require_commit()
        record = result | ({"measured": dict(measured)} if measured else {})
        record |= {"machine": _describe_machine(), "seconds": round(time.monotonic() - START)}
        record |= {"versions": {p: version(p) for p in packages}}
        path = FOLDER / "results" / f"{name}.json"
        path.write_text(json.dumps(record | {"commit": _describe_commit()}, indent=2) + "\n")
    print(json.dumps(result))


def measure_seconds(work: Callable[[], object]) -> float:
    """Returns the seconds that a function takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _row_to_json(row: BenchmarkRow) -> dict[str, object]:
    figures = {"theirs": row.theirs, "ours": row.ours, "ratio": row.ratio}
    # JSON has no infinity, the ratio to 0.
    rounded = {
        name: round(value, 4) if math.isfinite(value) else None for name, value in figures.items()
    }
    fields = {"claim": row.claim, "unit": row.unit, **rounded, "goal": row.goal}
    return fields | {"bound": row.bound, "met": row.met}


def _describe_machine() -> dict[str, object]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")
    machine: dict[str, object] = {"cpu": cpu, "cores": os.cpu_count(), "flags": _list_flags(lines)}
    machine["busy"] = round(LOAD_AVERAGE, 2)
    gpu = {"gpu": name} if (name := _find_gpu()) else {}
    return machine | gpu | {"python": platform.python_version()}


def _list_flags(lines: Sequence[str]) -> list[str]:
    """Returns what /proc/cpuinfo lists of FLAGS; the line is named Features on ARM."""
    words = next((line for line in lines if line.startswith(("flags", "Features"))), "").split()
    return sorted(filter(FLAGS.fullmatch, words))


def _find_gpu() -> str:
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    with contextlib.suppress(FileNotFoundError):
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return ""


def _describe_commit() -> str:
    # Never "-dirty", which results and pages would be: nothing else has changed.
    command = ["git", "describe", "--always"]
    return subprocess.run(command, cwd=FOLDER, capture_output=True, text=True).stdout.strip()
