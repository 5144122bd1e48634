"""Puts a stage or the gateway under load: python -m cyclorama.load STAGE --target HOST:PORT."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cyclorama.load.calls import TimedCallLog, read_call_logs
from cyclorama.load.payloads import SERVICES
from cyclorama.load.summary import LoadSummary, format_summaries, summarize_calls, write_summaries
from cyclorama.load.usage import ProcessUsage

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
# Time for calls in flight to finish at the end of a run; the default timeout of a call.
STOP_TIMEOUT_SECONDS = 60
# Options passed to locust unchanged.
LOCUST_OPTIONS = ("engine", "sizes", "photos", "timeout")


def main(words: Sequence[str] | None = None) -> None:
    """Runs both kinds of load in turn and writes reports, or opens locust's page with --web.

    The kinds are callers that wait for each response, and arrivals at a fixed rate.

    words: the command line without the program's name; None for that of the process.
    """
    options = create_parser().parse_args(words)
    if options.web:
        page = ("--class-picker", "--web-host", "127.0.0.1")
        subprocess.run(build_locust_command(options, *page), check=True)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    summaries = [
        run_load(options, user_class)
        for user_class, amount in select_loads(options).items()
        if amount
    ]
    write_summaries(summaries, options.out / "summary.csv")
    print(format_summaries(summaries))
    print(f"reports: {options.out}/*.html, every call: {options.out}/*-calls.csv")


def create_parser() -> argparse.ArgumentParser:
    """Creates the parser of the load test's command line."""
    parser = argparse.ArgumentParser(prog="python -m cyclorama.load", description=__doc__)
    add = parser.add_argument
    add("stage", choices=SERVICES)
    add("--target", required=True, help="address of the stage or gateway")
    add("--users", type=int, default=20, help="callers that wait for responses; 0 skips this load")
    add("--rate", type=float, default=10, help="arrivals per second; 0 skips this load")
    add("--duration", default="60s", help="duration of each load, such as 90s or 5m")
    add("--processes", type=int, help="processes of the load generator")
    add("--out", type=Path, default=Path("out/load"), help="folder for reports")
    add("--pid", type=int, nargs="*", default=[], help="processes whose CPU and memory to measure")
    add("--web", action="store_true", help="open locust's page on port 8089 instead")
    add("--engine", help="name of the engine to request")
    add("--sizes", help="sides of square pictures in pixels, separated by commas")
    add("--photos", help="folder of product photos")
    add("--timeout", type=float, help="time limit of a call in seconds")
    return parser


def select_loads(options: argparse.Namespace) -> dict[str, float]:
    """Returns the amount of each kind of load, by the name of its locust user class."""
    return {"Callers": options.users, "Arrivals": options.rate}


def run_load(options: argparse.Namespace, user_class: str) -> LoadSummary:
    """Runs one kind of load with locust, writes its reports, and returns its summary.

    options: as create_parser reads them. user_class: the class of locust users that send the calls:
    Callers, who wait for each response, or Arrivals, who send at a fixed rate.
    """
    is_closed_loop = user_class == "Callers"
    name = f"{options.users} callers" if is_closed_loop else f"{options.rate:g} arrivals/s"
    # Arrivals need one user in each process.
    users = options.users if is_closed_loop else options.processes or 1
    prefix = options.out / user_class.lower()
    with tempfile.TemporaryDirectory() as logs, ProcessUsage(options.pid) as usage:
        # Failed calls are part of the result, so locust exits with 0 in spite of them.
        arguments = ["--headless", "--only-summary", "--exit-code-on-error", 0]
        arguments += ["--users", users, "--spawn-rate", users, "--run-time", options.duration]
        arguments += ["--stop-timeout", STOP_TIMEOUT_SECONDS, "--record", logs]
        arguments += ["--html", f"{prefix}.html", "--csv", prefix, user_class]
        # Locust's own table mixes errors with successes, so it goes to a file.
        with Path(f"{prefix}.log").open("w") as log:
            command = build_locust_command(options, *arguments)
            process = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT)
        if process.returncode:
            raise SystemExit(f"locust could not run; {log.name} says why")
        calls = read_call_logs(sorted(Path(logs).glob("*.csv")))
    summary = summarize_calls(f"{options.stage}, {name}", calls, usage.cores, usage.memory_mib)
    with TimedCallLog(Path(f"{prefix}-calls.csv")) as call_log:
        for call in calls:
            call_log.append(call)
    return summary


def build_locust_command(options: argparse.Namespace, *more: object) -> list[str]:
    """Returns the command line that runs locust with locustfile.py.

    options: as create_parser reads them; those without a value are left out. more: further
    arguments of locust, appended.
    """
    command = [sys.executable, "-m", "locust", "-f", LOCUSTFILE, "--host", options.target]
    command += ["--stage", options.stage, "--rate", options.rate]
    if options.processes:
        command += ["--processes", options.processes]
    for name in LOCUST_OPTIONS:
        if getattr(options, name) is not None:
            command += [f"--{name}", getattr(options, name)]
    return [str(word) for word in [*command, *more]]


if __name__ == "__main__":
    main()
