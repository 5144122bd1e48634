"""Puts a stage or the gateway under load: python -m cyclorama.load STAGE --target HOST:PORT."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cyclorama.load.calls import Record, read_records
from cyclorama.load.payloads import SERVICES
from cyclorama.load.summary import Row, summarize, table, write
from cyclorama.load.usage import Usage

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
# For calls that are under way when the time is up.
LATE_SECONDS = 60
# Handed to locust as they are.
PASSED_ON = ("engine", "sizes", "photos", "timeout")


def main(words: Sequence[str] | None = None) -> None:
    """Runs both kinds of load in turns, or opens locust's page; leaves reports in a folder."""
    asked = parser().parse_args(words)
    if asked.web:
        subprocess.run(locust(asked, "--class-picker", "--web-host", "127.0.0.1"), check=True)
        return
    asked.out.mkdir(parents=True, exist_ok=True)
    rows = [run(asked, kind) for kind, much in loads(asked).items() if much]
    write(rows, asked.out / "summary.csv")
    print(f"{table(rows)}\nreports: {asked.out}/*.html, every call: {asked.out}/*-calls.csv")


def parser() -> argparse.ArgumentParser:
    """What can be asked for."""
    words = argparse.ArgumentParser(prog="python -m cyclorama.load", description=__doc__)
    words.add_argument("stage", choices=SERVICES)
    words.add_argument("--target", required=True, help="address of the stage or gateway")
    words.add_argument("--users", type=int, default=20, help="callers who wait; 0 leaves them out")
    words.add_argument("--rate", type=float, default=10, help="arrivals a second; 0: none")
    words.add_argument("--duration", default="60s", help="of each of the two, such as 90s or 5m")
    words.add_argument("--processes", type=int, help="of the load generator")
    words.add_argument("--out", type=Path, default=Path("out/load"), help="folder for reports")
    words.add_argument("--pid", type=int, nargs="*", default=[], help="processes to watch")
    words.add_argument("--web", action="store_true", help="locust's page on port 8089 instead")
    words.add_argument("--engine", help="asked for by name")
    words.add_argument("--sizes", help="square, in pixels, with commas")
    words.add_argument("--photos", help="folder of product photos")
    words.add_argument("--timeout", type=float, help="seconds for a call")
    return words


def loads(asked: argparse.Namespace) -> dict[str, float]:
    """The kinds of load and how much of each."""
    return {"Callers": asked.users, "Arrivals": asked.rate}


def run(asked: argparse.Namespace, kind: str) -> Row:
    """One kind of load."""
    name = f"{asked.users} callers" if kind == "Callers" else f"{asked.rate:g} arrivals/s"
    users = asked.users if kind == "Callers" else asked.processes or 1
    prefix = asked.out / kind.lower()
    with tempfile.TemporaryDirectory() as records, Usage(asked.pid) as usage:
        how = ["--headless", "--only-summary", "--exit-code-on-error", "0"]
        how += ["--users", users, "--spawn-rate", users, "--run-time", asked.duration]
        how += ["--stop-timeout", LATE_SECONDS, "--record", records]
        how += ["--html", f"{prefix}.html", "--csv", prefix, kind]
        # Locust's own table mixes refusals with answers, so it goes to a file.
        with Path(f"{prefix}.log").open("w") as log:
            done = subprocess.run(locust(asked, *how), stdout=log, stderr=subprocess.STDOUT)
        if done.returncode:
            raise SystemExit(f"locust could not run; {log.name} says why")
        calls = read_records(sorted(Path(records).glob("*.csv")))
    row = summarize(f"{asked.stage}, {name}", calls, usage.cores, usage.memory_mib)
    with Record(Path(f"{prefix}-calls.csv")) as record:
        for call in calls:
            record(call)
    return row


def locust(asked: argparse.Namespace, *more: object) -> list[str]:
    """The command line of locust."""
    command = [sys.executable, "-m", "locust", "-f", LOCUSTFILE, "--host", asked.target]
    command += ["--stage", asked.stage, "--rate", asked.rate]
    if asked.processes:
        command += ["--processes", asked.processes]
    for name in PASSED_ON:
        if getattr(asked, name) is not None:
            command += [f"--{name}", getattr(asked, name)]
    return [str(word) for word in [*command, *more]]


if __name__ == "__main__":
    main()
