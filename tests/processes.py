"""The services as processes of their own, as an operator runs them."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
STAGES = ("segmentation", "background", "compositing", "inpainting")
READY_SECONDS = 60


class Process:
    """One service, started and listening; `lines` holds what it has logged so far."""

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
        self._listening = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        assert self._listening.wait(READY_SECONDS), f"{module} did not start: {self.lines}"
        self.address = f"127.0.0.1:{self._port}"

    def send(self, number: int) -> int:
        """Sends a signal, waits for the end and returns the exit status."""
        self._process.send_signal(number)
        return self.wait()

    def signal(self, number: int) -> None:
        """Sends a signal and returns at once."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Waits for the end and returns the exit status."""
        status = self._process.wait(READY_SECONDS)
        self._reader.join(READY_SECONDS)
        self._process.stdout.close()
        return status

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def _read(self) -> None:
        for line in self._process.stdout:
            event = json.loads(line)
            self.lines.append(event)
            if event["event"] == "listening":
                self._port = event["port"]
                self._listening.set()


@contextmanager
def processes() -> Iterator[dict[str, Process]]:
    """Starts the four stages and the gateway, and ends whatever still runs afterwards."""
    running: dict[str, Process] = {}
    with ExitStack() as stack:
        stack.callback(_end_all, running)
        for stage in STAGES:
            running[stage] = Process(f"services.{stage}")
        addresses = {
            f"CYCLORAMA_GATEWAY_{stage.upper()}": running[stage].address for stage in STAGES
        }
        running["gateway"] = Process("gateway", **addresses)
        yield running


def _end_all(running: dict[str, Process]) -> None:
    for process in running.values():
        if process.alive:
            process.send(signal.SIGKILL)
