"""Puts a stage or the gateway under load: python -m cyclorama.load STAGE --target HOST:PORT."""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from cyclorama.cli.signals import end_on_signals
from cyclorama.client import Client
from cyclorama.credentials import check_address
from cyclorama.errors import CycloramaError
from cyclorama.load.calls import TimedCallLog, read_call_logs
from cyclorama.load.live import LiveLine
from cyclorama.load.payloads import SAMPLES, SERVICES, SIZES, create_payloads, find_photos
from cyclorama.load.summary import (
    LoadSummary,
    format_summaries,
    summarize_calls,
    summarize_sizes,
    write_summaries,
)
from cyclorama.load.thresholds import Threshold, parse_threshold
from cyclorama.load.usage import ProcessUsage

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
# Time for calls in flight to finish at the end of a run; the default timeout of a call.
STOP_TIMEOUT_SECONDS = 60
# Time limit of a call unless --timeout says otherwise, as in locustfile.py.
CALL_SECONDS = 60
# Time for locust to end after an interruption, until it is killed.
KILL_SECONDS = 5
# Seconds between two looks at locust.
POLL_SECONDS = 0.2
# The status of calls that a server under load rejects.
OVERLOADED = "RESOURCE_EXHAUSTED"
# Options passed to locust unchanged.
LOCUST_OPTIONS = ("engine", "sizes", "photos", "timeout")


def main(words: Sequence[str] | None = None) -> None:
    """Runs both kinds of load in turn and writes reports, or opens locust's page with --web.

    The kinds are callers that wait for each response, and arrivals at a fixed rate.

    words: the command line without the program's name; None for that of the process.

    Exits with 1 if the target cannot be called before or after the loads, most calls of a load
    fail, or a limit of --require is not met.
    """
    try:
        _run_tests(_read_command_line(words))
    except KeyboardInterrupt:
        sys.exit(130)


def _read_command_line(words: Sequence[str] | None) -> argparse.Namespace:
    """Parses a command line; prints what is wrong with it and exits with 2."""
    parser = create_parser()
    options = parser.parse_args(words)
    if not any(select_loads(options).values()):
        parser.error("--users and --rate are both 0: there is nothing to send")
    return options


def _run_tests(options: argparse.Namespace) -> None:
    """Does what `main` describes; options: as create_parser reads them."""
    if error := find_target_error(options):
        raise SystemExit(f"{options.target} cannot be tested: {error}")
    if options.web:
        page = ("--class-picker", "--web-host", "127.0.0.1")
        subprocess.run(build_locust_command(options, *page), check=True)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    tests = [
        run_load(options, user_class)
        for user_class, amount in select_loads(options).items()
        if amount
    ]
    rows = [row for test in tests for row in (test.whole, *test.sizes)]
    write_summaries(rows, options.out / "summary.csv")
    print(format_summaries(rows))
    print(f"reports: {options.out}/*.html, every call: {options.out}/*-calls.csv")
    are_met = judge_loads([test.whole for test in tests], options.require)
    if error := find_target_error(options):
        are_met = False
        print(f"NOT MET: {options.target} does not answer any more: {error}")
    if not are_met:
        sys.exit(1)


def find_target_error(options: argparse.Namespace) -> str:
    """Sends one call; returns why it fails, empty if it does not or for overload alone."""
    photos = find_photos(Path(options.photos or SAMPLES))
    sizes = [int(size) for size in options.sizes.split(",")] if options.sizes else SIZES
    payload = create_payloads(options.stage, photos, sizes[:1], options.engine or "")[0]
    with Client(options.target, timeout=options.timeout or CALL_SECONDS) as client:
        try:
            client.run(payload.operation)
        except CycloramaError as error:
            return "" if error.code.name == OVERLOADED else str(error)
    return ""


def judge_loads(summaries: Sequence[LoadSummary], thresholds: Sequence[Threshold]) -> bool:
    """Prints the first failures of each load and which limits it meets; returns whether all do.

    A load without a successful call meets none. Without a limit of failures, those of more than
    half of the calls are too many; calls that a server under load rejects are none of them.
    """
    are_met, limits_failures = True, any(each.name == "failures" for each in thresholds)
    for summary in summaries:
        for status, error in summary.errors.items():
            print(f"{summary.load}: {status}: {error}")
        if sum(summary.failures.values()) == summary.calls:
            are_met = False
            print(f"NOT MET: {summary.load}: no call succeeded")
        elif 2 * _count_errors(summary) > summary.calls and not limits_failures:
            are_met = False
            print(f"NOT MET: {summary.load}: more than half of the calls failed")
        for threshold in thresholds:
            print(threshold.describe(summary))
            are_met &= threshold.is_met(summary)
    return are_met


def _count_errors(summary: LoadSummary) -> int:
    """Returns the number of failed calls, without those that were too many for the server."""
    return sum(count for status, count in summary.failures.items() if status != OVERLOADED)


def create_parser() -> argparse.ArgumentParser:
    """Creates the parser of the load test's command line."""
    parser = argparse.ArgumentParser(prog="python -m cyclorama.load", description=__doc__)
    add = parser.add_argument
    add("stage", choices=SERVICES)
    add("--target", type=read_address, required=True, help="address of the stage or gateway")
    add(
        "--users",
        type=read_count,
        default=20,
        help="callers that wait for responses; 0 skips this load",
    )
    add("--rate", type=read_rate, default=10, help="arrivals per second; 0 skips this load")
    add(
        "--duration",
        type=read_duration,
        default="60s",
        help="duration of each load, such as 90s or 5m",
    )
    add("--processes", type=read_count, help="processes of the load generator")
    add("--out", type=Path, default=Path("out/load"), help="folder for reports")
    add("--pid", type=int, nargs="*", default=[], help="processes whose CPU and memory to measure")
    add("--web", action="store_true", help="open locust's page on port 8089 instead")
    add("--engine", help="name of the engine to request")
    add("--sizes", type=read_sizes, help="sides of square pictures in pixels, separated by commas")
    add("--photos", help="folder of product photos")
    add(
        "--require",
        type=read_threshold,
        action="append",
        default=[],
        metavar="LIMIT",
        help="exit with 1 unless met, such as 'p95<200' or 'failures<1%%'; limits p50, p95, p99, "
        "max in ms, rate in calls/s, failures in %%; repeat it for more",
    )
    add("--timeout", type=read_rate, help="time limit of a call in seconds")
    return parser


def select_loads(options: argparse.Namespace) -> dict[str, float]:
    """Returns the amount of each kind of load, by the name of its locust user class."""
    return {"Callers": options.users, "Arrivals": options.rate}


def read_address(text: str) -> str:
    """Returns an address of the command line; argparse prints why it is none."""
    try:
        check_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def read_count(text: str) -> int:
    """Returns a whole number of 0 or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text}: write a whole number, 0 or more")
    return int(text)


def read_rate(text: str) -> float:
    """Returns a number of 0 or more."""
    if not re.fullmatch(r"\d*\.?\d+", text):
        raise argparse.ArgumentTypeError(f"{text}: write a number, 0 or more")
    return float(text)


def read_duration(text: str) -> str:
    """Returns a duration above 0 as locust reads it, such as 90s, 5m or 1h30m."""
    if not re.fullmatch(r"(?=\d)(\d+h)?(\d+m)?(\d+s?)?", text) or not re.search("[1-9]", text):
        raise argparse.ArgumentTypeError(f"{text}: write a duration, such as 90s or 5m")
    return text


def read_sizes(text: str) -> str:
    """Returns sides of pictures, separated by commas."""
    if not re.fullmatch(r"[1-9]\d{1,4}(,[1-9]\d{1,4})*", text):
        raise argparse.ArgumentTypeError(f"{text}: write sides in pixels, such as 512,1024")
    return text


def read_threshold(text: str) -> Threshold:
    """Parses a limit of the command line; argparse prints the sentence of the error."""
    try:
        return parse_threshold(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


@dataclass(frozen=True)
class LoadResult:
    """The summary of one kind of load, and of its calls by size of pictures."""

    whole: LoadSummary
    sizes: Sequence[LoadSummary]


def run_load(options: argparse.Namespace, user_class: str) -> LoadResult:
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
            status = run_locust(command, log, LiveLine(name, options.duration, Path(logs)))
        if status:
            lines = Path(log.name).read_text(errors="replace").strip().splitlines()
            reason = lines[-1] if lines else f"exit status {status}"
            raise SystemExit(f"locust could not run: {reason}; {log.name} says more")
        calls = read_call_logs(sorted(Path(logs).glob("*.csv")))
    summary = summarize_calls(f"{options.stage}, {name}", calls, usage.cores, usage.memory_mib)
    with TimedCallLog(Path(f"{prefix}-calls.csv")) as call_log:
        for call in calls:
            call_log.append(call)
    return LoadResult(summary, summarize_sizes(calls))


def run_locust(command: Sequence[str], log: TextIO, live: LiveLine) -> int:
    """Runs locust, which prints into a file, with a line of progress; returns its exit status.

    An interruption ends locust as well.
    """
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        while process.poll() is None:
            live.update()
            time.sleep(POLL_SECONDS)
    except BaseException:
        process.terminate()
        raise
    finally:
        live.clear()
        try:
            process.wait(KILL_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


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
    end_on_signals()
    main()
