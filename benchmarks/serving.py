"""Starts services as processes, on their own socket or port and on selected cores."""

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
# Seconds that a service may take to start or stop on a busy machine.
START_TIMEOUT = 120.0
# Options of an ad that select the noop engine of every stage.
NOOP = {stage: {"engine": {"name": "noop"}} for stage in STAGES}
# Settings of the allocator, equal to those in the Makefile and the images.
TUNABLES = ":".join(
    f"glibc.malloc.{name}={size}"
    for name, size in {"mmap_threshold": 2**30, "trim_threshold": 2**30, "top_pad": 2**26}.items()
)


@contextmanager
def start_service(module: str, cores: Collection[int] = (), **settings: str) -> Iterator[str]:
    """Runs `python -m module` and yields the address of the service.

    cores: CPU cores that it may use; all if empty. settings: environment variables.
    """
    with start_process(module, cores, **settings) as (address, _):
        yield address


@contextmanager
def start_process(
    module: str,
    cores: Collection[int] = (),
    port: int = 0,
    identity: TlsIdentity | None = None,
    **settings: str,
) -> Iterator[tuple[str, subprocess.Popen]]:
    """Runs `python -m module` and yields the address and the process, which may be killed.

    port: on the loopback interface, instead of a Unix socket. identity: if settings turn on TLS.
    """
    with tempfile.TemporaryDirectory() as folder:
        address = f"127.0.0.1:{port}" if port else f"unix:{folder}/socket"
        own = {"CYCLORAMA_LISTEN": address, "CYCLORAMA_LOG_LEVEL": "warning"}
        own |= {"GLIBC_TUNABLES": TUNABLES, "OMP_WAIT_POLICY": "PASSIVE"}
        # Before startup, as threads keep the cores that they started with.
        pinned = ["taskset", "--cpu-list", ",".join(map(str, cores))] if cores else []
        running = subprocess.Popen(
            [*pinned, sys.executable, "-m", module],
            cwd=ROOT,
            env=os.environ | own | {"CYCLORAMA_DRAIN_SECONDS": "0"} | settings,
        )
        try:
            _wait_until_serving(running, address, identity)
            yield address, running
        finally:
            running.terminate()
            running.wait(START_TIMEOUT)


def build_gateway_settings(stages: str, folder: str, database: str = "") -> dict[str, str]:
    """Returns the environment of a gateway: address of all stages, and a folder for its jobs."""
    return {f"CYCLORAMA_GATEWAY_{name.upper()}_ADDRESS": stages for name in STAGES} | {
        "CYCLORAMA_GATEWAY_DATABASE": database or f"sqlite:///{folder}/jobs.db",
        "CYCLORAMA_GATEWAY_ARTIFACT_STORE": f"{folder}/artifacts",
        "CYCLORAMA_GATEWAY_MAX_CONCURRENT_ADS": "16",
    }


def read_core_seconds(pid: int) -> float:
    """Returns the CPU seconds that a process has used since it started."""
    # The clock that clock_getcpuclockid(3) returns for a process on Linux.
    return time.clock_gettime(~pid << 3 | 2)


def read_resident_mib(pid: int) -> float:
    """Returns the resident memory of a process, in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def read_peak_mib(pid: int) -> float:
    """Returns the most resident memory that a process has had so far, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    # In kB, which are 1024 bytes here (proc(5)).
    (kib,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kib) / 2**10


def find_free_port() -> int:
    """Returns an unused port of the loopback interface."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait_until_serving(
    process: subprocess.Popen, address: str, identity: TlsIdentity | None
) -> None:
    end = time.monotonic() + START_TIMEOUT
    while not (_is_listening(address) and is_serving(address, identity=identity)):
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit(f"the service at {address} did not start")
        time.sleep(0.01)


def _is_listening(address: str) -> bool:
    """Whether somebody listens at an address; cheaper than a health check."""
    if address.startswith("unix:"):
        return Path(address.removeprefix("unix:")).exists()
    host, _, port = address.rpartition(":")
    with socket.socket() as trying:
        return trying.connect_ex((host, int(port))) == 0
