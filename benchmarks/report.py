"""What benchmarks share: a stopwatch, and the table and JSON line that each ends with."""

import contextlib
import json
import math
import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent
# Processes that wanted a core just before we came: what else the machine had to do.
BUSY = os.getloadavg()[0]


@dataclass(frozen=True)
class Row:
    """One claim: what a user would use instead, what ours does, and what was aimed at.

    ratio: ours / theirs. goal: a bound on `bounded`, which is "ours" or "ratio"; an upper bound
    when `lower_is_better`; None where nothing was aimed at.
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
        """How many times theirs ours is."""
        return self.ours / self.theirs if self.theirs else float("inf")

    @property
    def met(self) -> bool | None:
        """Whether the goal was reached; None where there is none."""
        if self.goal is None:
            return None
        value = self.ratio if self.bounded == "ratio" else self.ours
        return value <= self.goal if self.lower_is_better else value >= self.goal

    @property
    def bound(self) -> str:
        """The goal in words; empty where there is none."""
        if self.goal is None:
            return ""
        subject = "ratio " if self.bounded == "ratio" else ""
        return f"{subject}{'<=' if self.lower_is_better else '>='} {self.goal:.4g}"


def report(
    name: str,
    rows: Sequence[Row],
    quick: bool,
    packages: Sequence[str] = (),
    measured: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Prints the table and the JSON line; keeps a full run with machine, versions and commit.

    measured: plain JSON values that are kept beside the rows, for models that build on them.
    """
    print(f"\n{'claim':44} {'theirs':>9} {'ours':>9} {'ratio':>7} {'goal':>14}  met")
    words = {True: "yes", False: "NO", None: ""}
    for row in rows:
        print(
            f"{row.claim + ', ' + row.unit:44} {row.theirs:9.3f} {row.ours:9.3f} "
            f"{row.ratio:7.2f} {row.bound:>14}  {words[row.met]}"
        )
    result = {"name": name, "rows": [_plain(row) for row in rows]}
    if not quick:
        kept = result | ({"measured": dict(measured)} if measured else {})
        kept |= {"machine": _machine(), "versions": {p: version(p) for p in packages}}
        path = FOLDER / "results" / f"{name}.json"
        path.write_text(json.dumps(kept | {"commit": _commit()}, indent=2) + "\n")
    print(json.dumps(result))


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _plain(row: Row) -> dict[str, object]:
    figures = {"theirs": row.theirs, "ours": row.ours, "ratio": row.ratio}
    # JSON has no word for the ratio to nothing.
    rounded = {
        name: round(value, 4) if math.isfinite(value) else None for name, value in figures.items()
    }
    told = {"claim": row.claim, "unit": row.unit, **rounded, "goal": row.goal}
    return told | {"bound": row.bound, "met": row.met}


def _machine() -> dict[str, object]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")
    machine = {"cpu": cpu, "cores": os.cpu_count(), "busy": round(BUSY, 2)}
    gpu = {"gpu": name} if (name := _gpu()) else {}
    return machine | gpu | {"python": platform.python_version()}


def _gpu() -> str:
    ask = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    with contextlib.suppress(FileNotFoundError):
        return subprocess.run(ask, capture_output=True, text=True).stdout.strip()
    return ""


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, cwd=FOLDER, capture_output=True, text=True).stdout.strip()
