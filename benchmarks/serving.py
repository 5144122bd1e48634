"""Starts a service as an operator would, on a socket or port of its own and on chosen cores."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from cyclorama.stages import STAGES
from services.runtime.healthcheck import is_serving
from services.runtime.tls import TlsIdentity

ROOT = Path(__file__).parents[1]
PATIENCE = 120.0
# The options of an ad whose stages are to do nothing.
NOOP = {stage: {"engine": {"name": "noop"}} for stage in STAGES}
# As the Makefile and the images set it.
TUNABLES = ":".join(
    f"glibc.malloc.{name}={size}"
    for name, size in {"mmap_threshold": 2**30, "trim_threshold": 2**30, "top_pad": 2**26}.items()
)


@contextmanager
def service(module: str, cores: Collection[int] = (), **settings: str) -> Iterator[str]:
    """Runs `python -m module` and yields its address.

    cores: that it may use; none means all. settings: environment variables.
    """
    with process(module, cores, **settings) as (address, _):
        yield address


@contextmanager
def process(
    module: str,
    cores: Collection[int] = (),
    port: int = 0,
    identity: TlsIdentity | None = None,
    **settings: str,
) -> Iterator[tuple[str, subprocess.Popen]]:
    """The same, with the process itself, which may be killed.

    port: of loopback, in place of a unix socket. identity: where the settings turn on TLS.
    """
    with tempfile.TemporaryDirectory() as folder:
        address = f"127.0.0.1:{port}" if port else f"unix:{folder}/socket"
        own = {"CYCLORAMA_LISTEN": address, "CYCLORAMA_LOG_LEVEL": "warning"}
        own |= {"GLIBC_TUNABLES": TUNABLES, "OMP_WAIT_POLICY": "PASSIVE"}
        # From the start: threads keep the cores that they were born with.
        pinned = ["taskset", "--cpu-list", ",".join(map(str, cores))] if cores else []
        running = subprocess.Popen(
            [*pinned, sys.executable, "-m", module],
            cwd=ROOT,
            env=os.environ | own | {"CYCLORAMA_DRAIN_SECONDS": "0"} | settings,
        )
        try:
            _wait(running, address, identity)
            yield address, running
        finally:
            running.terminate()
            running.wait(PATIENCE)


def gateway_settings(stages: str, folder: str, database: str = "") -> dict[str, str]:
    """The environment of a gateway before one process of all stages, and its jobs in a folder."""
    return {f"CYCLORAMA_GATEWAY_{name.upper()}_ADDRESS": stages for name in STAGES} | {
        "CYCLORAMA_GATEWAY_DATABASE": database or f"sqlite:///{folder}/jobs.db",
        "CYCLORAMA_GATEWAY_ARTIFACT_STORE": f"{folder}/artifacts",
        "CYCLORAMA_GATEWAY_MAX_CONCURRENT_ADS": "16",
    }


def core_seconds(pid: int) -> float:
    """What a process has had of cores since it began, however busy the machine is."""
    # The clock that clock_getcpuclockid gives for a process on Linux.
    return time.clock_gettime(~pid << 3 | 2)


def resident_mib(pid: int) -> float:
    """The memory that a process has of the machine."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait(process: subprocess.Popen, address: str, identity: TlsIdentity | None) -> None:
    end = time.monotonic() + PATIENCE
    while not (_open(address) and is_serving(address, identity=identity)):
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit(f"the service at {address} did not start")
        time.sleep(0.01)


def _open(address: str) -> bool:
    """Whether somebody listens there: cheaper to find out than whether they serve."""
    if address.startswith("unix:"):
        return Path(address.removeprefix("unix:")).exists()
    host, _, port = address.rpartition(":")
    with socket.socket() as trying:
        return trying.connect_ex((host, int(port))) == 0
