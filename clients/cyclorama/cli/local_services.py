"""Runs the services on this machine for one command; they end with it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cyclorama
from cyclorama.cli.connection import (
    CredentialArguments,
    is_unreachable,
    open_client,
    wait_for_stages,
)
from cyclorama.cli.doctor import group_stages, has_services, read_make_settings
from cyclorama.cli.output import stderr_console
from cyclorama.defaults import GATEWAY
from cyclorama.stages import STAGES

# Settings unless the environment or a file .env says otherwise: waiting threads sleep instead of
# spinning on the cores that other stages need.
DEFAULTS = {"OMP_WAIT_POLICY": "PASSIVE"}
# They precede the environment, as these services belong to one command.
SETTINGS = {
    "CYCLORAMA_LOG_FORMAT": "text",
    "CYCLORAMA_LOG_LEVEL": "warning",
    "CYCLORAMA_DRAIN_SECONDS": "0",
    "CYCLORAMA_GRACE_SECONDS": "3",
}
# Ends of the names of settings that have no effect, as only this command calls these services.
UNUSED_SETTINGS = ("_TLS_CERT", "_TLS_KEY", "_TLS_CLIENT_CA", "_TLS_CA", "_GATEWAY_CALLERS")
# Time until a service that does not end is killed; it ends within its grace period.
KILL_SECONDS = 5
# Time for services that this command starts, where loading gigabytes of weights takes minutes, and
# for those of a gateway that runs.
START_SECONDS, RUNNING_SECONDS = 600, 60
# Pause between two looks at the services. Longer: a command waits longer for one that has ended.
WATCH_SECONDS = 0.5
# Time limit of asking whether a gateway runs already, which answers at once.
PROBE_SECONDS = 2
INSTALL = (
    "the services are not installed here: pip install 'cyclorama-services[local]' installs them"
)


@dataclass(frozen=True)
class LocalServices:
    """Services that run for one command.

    address: of the gateway. logs: the folder of their logs. processes: by the name of the service.
    """

    address: str
    logs: Path
    processes: Mapping[str, subprocess.Popen[bytes]]

    def check(self) -> None:
        """Raises LocalServiceFailed if one of them has ended."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                lines = (self.logs / f"{name}.log").read_text(errors="replace").splitlines()
                reason = lines[-1] if lines else f"exit status {process.returncode}"
                raise LocalServiceFailed(f"{name} stopped: {reason}")


class LocalServiceFailed(Exception):
    """A service of this machine has ended; str() says which one, and why."""


@contextmanager
def reach_gateway(gateway: str, timeout: float) -> "Iterator[tuple[cyclorama.Client, bool]]":
    """Opens a client of a gateway; starts the services of this machine if none runs by default.

    gateway: its address; services start only for the default one. timeout: seconds for a whole
    call.

    Yields the client, and whether its services end with this command. Raises ValueError if nothing
    answers and the services are not installed, LocalServiceFailed if one of them ends.
    """
    if gateway != GATEWAY or _answers(gateway):
        with open_client(gateway, timeout=timeout) as client:
            wait_for_stages(client, RUNNING_SECONDS)
            yield client, False
        return
    if not has_services():
        raise ValueError(f"nothing answers at {gateway}, and {INSTALL}")
    # Without the credentials of the command line, which are for other gateways.
    with (
        run_local_services() as services,
        open_client(services.address, timeout, CredentialArguments()) as client,
    ):
        wait_for_stages(client, START_SECONDS, services.check)
        try:
            with interrupt_at_end(services):
                yield client, True
        except (cyclorama.CycloramaError, KeyboardInterrupt):
            # A stage that has ended explains an ad that failed, and an interruption.
            services.check()
            raise


@contextmanager
def interrupt_at_end(services: LocalServices) -> Iterator[None]:
    """Raises KeyboardInterrupt in the main thread, from where it is called, if a service ends.

    Without it, a job would wait for a stage that nothing restarts.
    """
    is_done, main = threading.Event(), threading.get_ident()

    def watch() -> None:
        while not is_done.wait(WATCH_SECONDS):
            if any(process.poll() is not None for process in services.processes.values()):
                signal.pthread_kill(main, signal.SIGINT)
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        thread.join()


def _answers(gateway: str) -> bool:
    """Whether a server answers at an address, also with an error."""
    with open_client(gateway, timeout=PROBE_SECONDS) as client:
        try:
            client.version()
        except cyclorama.CycloramaError as error:
            return not is_unreachable(error)
        return True


@contextmanager
def run_local_services() -> Iterator[LocalServices]:
    """Starts the services of this machine on free ports and stops them at the end.

    Their jobs and pictures are in a temporary folder, which is deleted; their logs stay if one of
    them has failed.
    """
    folder = Path(tempfile.mkdtemp(prefix="cyclorama-"))
    settings = DEFAULTS | read_make_settings()
    given = {name: value for name, value in settings.items() if not name.endswith(UNUSED_SETTINGS)}
    # The process of compositing serves finishing.
    names = [*(group[0] for group in group_stages(given, STAGES[:-1])), "gateway"]
    addresses = assign_addresses(names)
    stored = {
        "CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{folder}/jobs.db",
        "CYCLORAMA_GATEWAY_ARTIFACT_STORE": f"{folder}/artifacts",
    }
    reading, writing = os.pipe()
    processes: dict[str, subprocess.Popen[bytes]] = {}
    has_failed = False
    try:
        for name in names:
            environment = given | SETTINGS | stored | addresses
            processes[name] = _start_service(name, environment, reading, folder)
        os.close(reading)
        yield LocalServices(addresses["CYCLORAMA_GATEWAY"], folder, processes)
    except LocalServiceFailed as error:
        has_failed = True
        raise LocalServiceFailed(f"{error}; logs are in {folder}") from None
    finally:
        # Closing it ends the services, as the end of this process would.
        os.close(writing)
        _wait_for_end(list(processes.values()))
        if not has_failed:
            shutil.rmtree(folder, ignore_errors=True)


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


def _start_service(
    name: str, environment: Mapping[str, str], reading: int, logs: Path
) -> subprocess.Popen[bytes]:
    """Starts a service that ends when the other end of a pipe is closed.

    reading: the end of the pipe that the service reads. logs: folder of the file that it writes.
    """
    module = name if name == "gateway" else f"services.{name}"
    with (logs / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "cyclorama.cli.attached", module],
            env=environment,
            stdin=reading,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches the command, which ends first.
            start_new_session=True,
        )


def _wait_for_end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Waits for processes that end by themselves, and kills those that do not."""
    end = time.monotonic() + KILL_SECONDS
    with stderr_console.status("Stopping the services"):
        for process in processes:
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
