"""Runs doubles of image servers as processes, and controls their faults."""

import subprocess
import sys
from typing import Any, Self

import requests

from tools import ROOT

# Seconds for a command; a reset waits for the images in flight.
COMMAND_TIMEOUT, RESET_TIMEOUT = 10, 60


class DoubleProcess:
    """A running double of an image server, with faults that a test sets over POST /double.

    module: what the process runs; its first line of output is the port. port: of the loopback
    interface. A context manager that kills the process at its end.
    """

    module: str

    def __init__(self, *flags: str, **options: object) -> None:
        """Starts the process on a free port; flags, options: of its command line."""
        given = (f"--{name.replace('_', '-')}={value}" for name, value in options.items())
        self._arguments = *given, *flags
        self.start(port=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def url(self) -> str:
        """Its address, such as http://127.0.0.1:8188."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, port: int) -> None:
        """Starts the process; port: 0 for a free one."""
        command = [sys.executable, "-m", self.module, f"--port={port}", *self._arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def misbehave(self, fault: str, times: int = -1) -> None:
        """Sets the fault of the next `times` images (-1: all); "" for none. Ends hangs."""
        self.send_command(fault=fault, times=times)

    def slow_down(self, seconds: float) -> None:
        """Delays the response to every request for lists and progress."""
        self.send_command(control_seconds=seconds)

    def state(self) -> dict[str, Any]:
        """Returns what the double has recorded since its start or last reset."""
        return requests.get(f"{self.url}/double", timeout=COMMAND_TIMEOUT).json()

    @property
    def image_requests(self) -> list[dict[str, Any]]:
        """The parameters of all images, except self-tests of 64 x 64 pixels."""
        return [each for each in self.state()["image_requests"] if each["width"] > 64]

    @property
    def is_alive(self) -> bool:
        """Whether its process is running."""
        return self.process.poll() is None

    def reset(self) -> None:
        """Resets it: no fault, nothing in flight, no recorded requests."""
        requests.delete(f"{self.url}/double", timeout=RESET_TIMEOUT).raise_for_status()

    def send_command(self, **command: object) -> None:
        """Sends a command, which the double knows by its keys."""
        requests.post(
            f"{self.url}/double", json=command, timeout=COMMAND_TIMEOUT
        ).raise_for_status()

    def kill(self) -> None:
        """Kills its process, as a crash would."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
