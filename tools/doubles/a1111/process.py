"""Runs doubles of Stable Diffusion servers as processes, and controls their faults."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tools.doubles.a1111.kinds import MODEL

ROOT = Path(__file__).parents[3]


class ServerDouble:
    """A running double of a Stable Diffusion server, with faults that a test sets."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{int(process.stdout.readline())}"

    def misbehave(self, fault: str, times: int = -1) -> None:
        """Sets the fault of the next `times` images (-1: all); "" for none. Ends hangs."""
        self._send_command(fault=fault, times=times)

    def slow_down(self, seconds: float) -> None:
        """Delays the response to every request for lists and progress."""
        self._send_command(control_seconds=seconds)

    def state(self) -> dict[str, Any]:
        """Returns the requests for images, the seconds that each image took, and counts.

        The counts are started, finished, interrupts, in_flight, max_in_flight, image_connections,
        and control_requests, which are all requests for lists and progress.
        """
        counts = ("started", "finished", "interrupts", "in_flight", "max_in_flight")
        zeros = dict.fromkeys((*counts, "control_requests"), 0)
        return zeros | requests.get(f"{self.url}/double", timeout=10).json()

    @property
    def image_requests(self) -> list[dict[str, Any]]:
        """The bodies of all requests for images, except self-tests of 64 x 64 pixels."""
        return [each for each in self.state()["image_requests"] if each["width"] > 64]

    @property
    def is_alive(self) -> bool:
        """Whether its process is running."""
        return self.process.poll() is None

    def reset(self) -> None:
        """Resets it: no fault, nothing in flight, no recorded requests."""
        requests.delete(f"{self.url}/double", timeout=60).raise_for_status()

    def _send_command(self, **command: object) -> None:
        requests.post(f"{self.url}/double", json=command, timeout=10).raise_for_status()

    def kill(self) -> None:
        """Kills its process, as a crash would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def run_double(
    kind: str = "a1111", seconds: float = 0, auth: str = "", model: str = MODEL
) -> Iterator[ServerDouble]:
    """Runs a double on a free port of the loopback interface.

    kind: one of KINDS. seconds: the time for one image. auth: user:password, or "" for none.
    model: the loaded model; "" if the double does not report it.
    """
    module = [sys.executable, "-m", "tools.doubles.a1111", "--port=0"]
    options = [f"--kind={kind}", f"--seconds={seconds}", f"--auth={auth}", f"--model={model}"]
    process = subprocess.Popen([*module, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield ServerDouble(process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
