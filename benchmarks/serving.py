"""Starts a service as an operator would, on a socket of its own and on chosen cores."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from services.runtime.healthcheck import is_serving

ROOT = Path(__file__).parents[1]
PATIENCE = 120.0


@contextmanager
def service(
    module: str, cores: Collection[int] | None = None, arguments: tuple[str, ...] = (), **settings
) -> Iterator[str]:
    """Runs `python -m module`, with its address first where it takes arguments, and yields it.

    settings: environment variables.
    """
    with tempfile.TemporaryDirectory() as folder:
        address = f"unix:{folder}/socket"
        own = {"CYCLORAMA_LISTEN": address, "CYCLORAMA_LOG_LEVEL": "warning"}
        process = subprocess.Popen(
            [sys.executable, "-m", module, *((address, *arguments) if arguments else ())],
            cwd=ROOT,
            env=os.environ | own | {"CYCLORAMA_DRAIN_SECONDS": "0"} | settings,
        )
        if cores:
            os.sched_setaffinity(process.pid, cores)
        try:
            _wait(process, address)
            yield address
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _wait(process: subprocess.Popen, address: str) -> None:
    end = time.monotonic() + PATIENCE
    while not is_serving(address):
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit(f"the service at {address} did not start")
        time.sleep(0.2)
