"""Services in processes of their own, as an operator runs them."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cyclorama import stages
from tools import ROOT

# Stages with a process of their own: the process of compositing serves finishing too.
STAGES = stages.STAGES[:-1]
# Importing the packages of diffusion models takes a busy machine more than a minute.
READY_SECONDS = 240


class ServiceProcess:
    """A service in its own process, listening; `lines` are the log lines so far."""

    def __init__(self, module: str, listen: str = "127.0.0.1:0", **environment: str) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("CYCLORAMA_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=clean | {"CYCLORAMA_LISTEN": listen, "CYCLORAMA_DRAIN_SECONDS": "0"} | environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines: list[dict] = []
        self._read_more, self._read_all = threading.Condition(), False
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        listening = self.wait_for_log(event="listening")
        assert listening, f"{module} did not start: {self.lines}"
        self.address = f"127.0.0.1:{listening['port']}"

    def wait_for_log(self, **fields: object) -> dict | None:
        """Waits for a log line with these fields and returns it, or None when there is none."""

        def found() -> dict | None:
            return next((line for line in self.lines if fields.items() <= line.items()), None)

        with self._read_more:
            self._read_more.wait_for(lambda: self._read_all or found(), READY_SECONDS)
            return found()

    def send(self, number: int) -> int:
        """Sends a signal, waits for the exit and returns the exit status."""
        self._process.send_signal(number)
        return self.wait()

    def signal(self, number: int) -> None:
        """Sends a signal and returns at once."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Waits for the exit and returns the exit status."""
        status = self._process.wait(READY_SECONDS)
        self._reader.join(READY_SECONDS)
        self._process.stdout.close()
        return status

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def _read(self) -> None:
        for line in self._process.stdout:
            with self._read_more:
                self.lines.append(json.loads(line))
                self._read_more.notify_all()
        with self._read_more:
            self._read_all = True
            self._read_more.notify_all()


def is_running(pid: int) -> bool:
    """Returns whether a process runs; one that ended and was not reaped yet does not.

    An orphan is reaped by the init process, which in a container may never do so.
    """
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    # The state follows the name in parentheses: Z is a zombie, X a process that is being removed.
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


def start_gateway(
    running: Mapping[str, ServiceProcess], listen: str = "127.0.0.1:0", **environment: str
) -> ServiceProcess:
    """Starts a gateway for stages that run; it stores no jobs unless the environment says so."""
    addresses = {
        f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS": running[stage].address
        for stage in stages.STAGES
        if stage in running
    }
    own = {"CYCLORAMA_GATEWAY_DATABASE": ""} | addresses | environment
    return ServiceProcess("gateway", listen, **own)


@contextmanager
def run_stages(*, finishing_alone: bool = False) -> Iterator[dict[str, ServiceProcess]]:
    """Runs all stages; kills what still runs of them, and of what was added, afterwards.

    finishing_alone: whether finishing runs in its own process rather than that of compositing.
    """
    running: dict[str, ServiceProcess] = {}
    served = {"CYCLORAMA_COMPOSITING_SERVE_FINISHING": str(not finishing_alone)}
    with ExitStack() as stack:
        stack.callback(_end_all, running)
        for stage in stages.STAGES if finishing_alone else STAGES:
            running[stage] = ServiceProcess(f"services.{stage}", **served)
        yield running


@contextmanager
def run_services(
    *, finishing_alone: bool = False, **gateway: str
) -> Iterator[dict[str, ServiceProcess]]:
    """Runs all stages and the gateway; kills those that still run afterwards.

    finishing_alone: as of run_stages. gateway: environment variables of the gateway, which stores
    no jobs by default.
    """
    with run_stages(finishing_alone=finishing_alone) as running:
        running["gateway"] = start_gateway(running, **gateway)
        yield running


def _end_all(running: dict[str, ServiceProcess]) -> None:
    for process in running.values():
        if process.alive:
            process.send(signal.SIGKILL)
