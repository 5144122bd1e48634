"""Runs a command with services of its own: python -m tools.demo SERVICE ... -- COMMAND ...

The services listen on free ports, write their logs to files, and stop when the command ends, when
one of them fails, and on Ctrl-C. The exit status is the command's.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from cyclorama.stages import STAGES

LOGS = Path("out/logs")
# They precede the environment.
SETTINGS = {
    "CYCLORAMA_LOG_FORMAT": "text",
    "CYCLORAMA_LOG_LEVEL": "warning",
    "CYCLORAMA_DRAIN_SECONDS": "0",
    "CYCLORAMA_GRACE_SECONDS": "3",
    # The demo makes one ad and exits; it stores no jobs.
    "CYCLORAMA_GATEWAY_DATABASE": "",
}
# Seconds until a service or the command is killed; a service stops within its grace period.
KILL_SECONDS = 5
# Seconds between two looks at the processes.
POLL_SECONDS = 0.1
Process = subprocess.Popen[bytes]


def assign_addresses(services: Sequence[str]) -> dict[str, str]:
    """Returns settings by which services listen on free ports of this machine and find each other.

    services: names of stages, and "gateway". Without "inpainting" the process of background serves
    that stage too.
    """
    sockets = {name: socket.create_server(("127.0.0.1", 0)) for name in services}
    addresses = {name: f"127.0.0.1:{each.getsockname()[1]}" for name, each in sockets.items()}
    for each in sockets.values():
        each.close()
    settings = {f"CYCLORAMA_{name}_LISTEN".upper(): addresses[name] for name in services}
    settings["CYCLORAMA_GATEWAY"] = addresses["gateway"]
    if "inpainting" not in addresses:
        addresses["inpainting"] = addresses["background"]
        settings["CYCLORAMA_BACKGROUND_SERVE_INPAINTING"] = "true"
        # That of the environment would have no effect.
        settings["CYCLORAMA_INPAINTING_LISTEN"] = ""
    for stage in addresses.keys() & set(STAGES):
        settings[f"CYCLORAMA_GATEWAY_{stage}_ADDRESS".upper()] = addresses[stage]
    return settings


@contextmanager
def run_services(services: Sequence[str], settings: Mapping[str, str]) -> Iterator[list[Process]]:
    """Starts services and stops them at the end; settings: their environment."""
    processes = []
    try:
        for name in services:
            module = name if name == "gateway" else f"services.{name}"
            with (LOGS / f"{name}.log").open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", module],
                    env=settings,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # Ctrl-C reaches the command, which ends first.
                    start_new_session=True,
                )
            processes.append(process)
        yield processes
    finally:
        _stop_all(processes)


def _stop_all(processes: Sequence[Process]) -> None:
    """Ends processes: asks all, then kills what is left."""
    for process in processes:
        process.terminate()
    end = time.monotonic() + KILL_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run_command(
    command: Sequence[str],
    settings: Mapping[str, str],
    services: Sequence[Process],
    signals: Sequence[int],
) -> int:
    """Runs a command until it ends, a service has ended, or a signal has arrived.

    settings: its environment. signals: those that have arrived so far.

    Returns its exit status, or 128 + the number of the signal.
    """
    process = subprocess.Popen(command, env=settings)
    while process.poll() is None and not signals:
        if any(service.poll() is not None for service in services):
            break
        time.sleep(POLL_SECONDS)
    # The terminal sends Ctrl-C to both; a second one could leave it without a cursor.
    _interrupt(process, after=KILL_SECONDS if signal.SIGINT in signals else 0)
    return 128 + signals[0] if signals else process.returncode


def _interrupt(process: Process, after: float) -> None:
    """Waits for the end of a process, then interrupts it, then kills it; after: in seconds."""
    for seconds, number in ((after, signal.SIGINT), (KILL_SECONDS, signal.SIGKILL)):
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
    process.wait()


def explain_failure(services: Sequence[str], processes: Sequence[Process]) -> str:
    """Returns why a service has ended, and where the logs are."""
    logs = f"The logs of the services are in {LOGS}/."
    for name, process in zip(services, processes, strict=True):
        if process.poll() is not None:
            lines = (LOGS / f"{name}.log").read_text(errors="replace").splitlines()
            reason = lines[-1] if lines else f"exit status {process.returncode}"
            return f"{logs}\n{name} stopped: {reason}"
    return logs


def main() -> None:
    """Runs the command of the command line, and exits with its status."""
    separator = sys.argv.index("--")
    services, command = sys.argv[1:separator], sys.argv[separator + 1 :]
    signals: list[int] = []
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A handler that raised could leave a process behind that was just started.
        signal.signal(each, lambda number, frame: signals.append(number))
    LOGS.mkdir(parents=True, exist_ok=True)
    settings = os.environ | SETTINGS | assign_addresses(services)
    print(f"Starting {len(services)} services.", flush=True)
    failure = ""
    with run_services(services, settings) as processes:
        status = run_command(command, settings, processes, signals)
        # 2 means that the caller can correct the request.
        if status not in (0, 2) and not signals:
            failure = explain_failure(services, processes)
    sys.exit(failure or status)


if __name__ == "__main__":
    main()
