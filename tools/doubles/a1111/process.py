"""Starts doubles of Stable Diffusion servers as processes, and sets how they behave."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tools.doubles.a1111.kinds import MODEL

ROOT = Path(__file__).parents[3]


class Double:
    """One running double; a test changes its behavior at will."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{int(process.stdout.readline())}"

    def misbehave(self, fault: str, times: int = -1) -> None:
        """Sets a fault for the next pictures, and ends what hangs; "" behaves again."""
        self._command(fault=fault, times=times)

    def slow_down(self, seconds: float) -> None:
        """Lets every question wait so long for its answer."""
        self._command(question_seconds=seconds)

    def state(self) -> dict[str, Any]:
        """What it was asked, seconds that each picture took, and counts.

        The counts are started, finished, interrupts, at_once, most_at_once, connections_drawn_on,
        and questions, which are all requests for lists and progress.
        """
        counts = ("started", "finished", "interrupts", "at_once", "most_at_once", "questions")
        zeros = dict.fromkeys(counts, 0)
        return zeros | requests.get(f"{self.url}/double", timeout=10).json()

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of all requests for pictures, those of tests of its masks left out."""
        return [each for each in self.state()["asked"] if each["width"] > 64]

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def reset(self) -> None:
        """Makes it as new: no fault, nothing in flight, nothing asked."""
        requests.delete(f"{self.url}/double", timeout=60).raise_for_status()

    def _command(self, **command: object) -> None:
        requests.post(f"{self.url}/double", json=command, timeout=10).raise_for_status()

    def kill(self) -> None:
        """Ends it as a crash would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def double(
    kind: str = "a1111", seconds: float = 0, auth: str = "", model: str = MODEL
) -> Iterator[Double]:
    """Runs a double on a free port of loopback; the arguments are those of its command line."""
    module = [sys.executable, "-m", "tools.doubles.a1111", "--port=0"]
    how = [f"--kind={kind}", f"--seconds={seconds}", f"--auth={auth}", f"--model={model}"]
    process = subprocess.Popen([*module, *how], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield Double(process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
