"""Test rig: services with replicas that can be killed, frozen or disconnected, under load."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from benchmarks.serving import (
    NOOP,
    ROOT,
    START_TIMEOUT,
    TUNABLES,
    find_free_port,
    read_resident_mib,
)
from cyclorama import Client
from cyclorama.stages import STAGES
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from services.runtime.healthcheck import is_serving

PHOTO = encode_image(np.full((64, 64, 3), 200, np.uint8), PNG).data
STAGE_SECONDS, CONCURRENCY, MAX_CONCURRENT_CALLS = 0.02, 64, 64


class Replica:
    """One process on its own port, which stays the same after a restart.

    log: a file for its output. environment: variables in addition to the current ones.
    """

    def __init__(
        self, module: str, *arguments: str, log: Path | None = None, **environment: str
    ) -> None:
        self.port = find_free_port()
        self.address = f"127.0.0.1:{self.port}"
        own = {"CYCLORAMA_LISTEN": self.address, "CYCLORAMA_LOG_LEVEL": "warning"}
        own |= {"GLIBC_TUNABLES": TUNABLES, "OMP_WAIT_POLICY": "PASSIVE"}
        self._command = [sys.executable, "-m", module]
        self._command += (self.address, *arguments) if arguments else ()
        own |= {"CYCLORAMA_DRAIN_SECONDS": "0.5"}
        self.environment = environment
        self._environment = os.environ | own | environment
        self._log = log or Path("/dev/stdout")
        self.status = 0
        self.start()

    def start(self) -> None:
        """Starts the process, without waiting until it serves."""
        with self._log.open("a") as out:
            self.process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=out
            )

    def wait_until_serving(self) -> Self:
        """Waits until the health service reports SERVING."""
        end = time.monotonic() + START_TIMEOUT
        while not is_serving(self.address):
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{' '.join(self._command)} did not start")
            time.sleep(0.1)
        return self

    def stop(self, number: int = signal.SIGKILL) -> float:
        """Sends a signal that ends the process; returns the seconds until its exit."""
        start = time.perf_counter()
        self.process.send_signal(number)
        self.status = self.process.wait(START_TIMEOUT)
        return time.perf_counter() - start

    @property
    def memory_mib(self) -> float:
        """Resident memory in MiB."""
        return read_resident_mib(self.process.pid)


@contextmanager
def stop_at_exit(*replicas: Replica) -> Iterator[None]:
    """Kills replicas that still run at the end of the block, also frozen ones."""
    try:
        yield
    finally:
        for replica in replicas:
            if replica.process.poll() is None:
                replica.stop()


@dataclass
class ReplicatedSystem:
    """Replicas of each stage, and the gateway in front of them."""

    stages: dict[str, list[Replica]]
    gateway: Replica


@contextmanager
def start_rig(further: tuple[str, ...] = STAGES, **gateway: str) -> Iterator[ReplicatedSystem]:
    """Starts a replica of each stage, all of which only sleep, and a gateway.

    further: stages that get one more replica each time that they are named. gateway: its
    environment.
    """
    with ExitStack() as stack:
        stages = {
            stage: [
                Replica(
                    "benchmarks.chaos_stage",
                    *map(str, (STAGE_SECONDS, CONCURRENCY, MAX_CONCURRENT_CALLS)),
                )
                for _ in range(1 + further.count(stage))
            ]
            for stage in STAGES
        }
        all_replicas = [replica for replicas in stages.values() for replica in replicas]
        stack.enter_context(stop_at_exit(*all_replicas))
        addresses = {stage: grpc_target(replicas) for stage, replicas in stages.items()}
        gateway_replica = Replica("gateway", **build_gateway_environment(addresses) | gateway)
        stack.enter_context(stop_at_exit(gateway_replica))
        for replica in (*all_replicas, gateway_replica):
            replica.wait_until_serving()
        yield ReplicatedSystem(stages, gateway_replica)


def grpc_target(replicas: list[Replica]) -> str:
    """Returns a gRPC target that names all replicas."""
    return f"ipv4:{','.join(replica.address for replica in replicas)}"


def build_gateway_environment(addresses: dict[str, str]) -> dict[str, str]:
    """Returns the environment of a gateway without jobs. addresses: of the stages."""
    stages = {f"CYCLORAMA_GATEWAY_{name.upper()}_ADDRESS": at for name, at in addresses.items()}
    return stages | {"CYCLORAMA_GATEWAY_DATABASE": ""}


@dataclass
class CallLog:
    """Start, end (time.perf_counter) and error of each call."""

    calls: list[tuple[float, float, Exception | None]] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """How many calls failed."""
        return sum(error is not None for *_, error in self.calls)

    def seconds(self, *, failed: bool = False) -> np.ndarray:
        """Durations of the calls that succeeded, or of those that failed: float64 (n,)."""
        return np.array(
            [end - at for at, end, error in self.calls if (error is not None) == failed]
        )

    def count_in_flight(self, moment: float) -> tuple[int, int]:
        """Returns how many calls were in flight at a moment, and how many of them failed."""
        in_flight = [error for at, end, error in self.calls if at < moment < end]
        return len(in_flight), sum(error is not None for error in in_flight)


def record_call(outcome: CallLog, work: Callable[[], object]) -> None:
    """Runs a call and records its duration and error."""
    start, error = time.perf_counter(), None
    try:
        work()
    except Exception as caught:
        error = caught
    outcome.calls.append((start, time.perf_counter(), error))


def run_ads(
    address: str, calls: int, callers: int, events: dict[int, Callable[[], object]]
) -> CallLog:
    """Creates ads from several concurrent callers.

    events: functions to run in another thread, by the number of calls started before them.
    """
    outcome, numbers, lock = CallLog(), iter(range(calls)), threading.Lock()
    executor = ThreadPoolExecutor(len(events) or 1)

    def work() -> None:
        with Client(address, timeout=60, max_retries=0) as client:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                if number in events:
                    started.append(executor.submit(events[number]))
                record_call(
                    outcome,
                    lambda n=number: client.create_ad(
                        PHOTO, "x", seed=n, size=(256, 256), options=NOOP
                    ),
                )

    started: list = []
    threads = [threading.Thread(target=work) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    executor.shutdown()
    for each in started:
        each.result()
    return outcome


class CuttableProxy:
    """A TCP proxy on loopback that, once cut, drops all bytes and keeps connections open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.cut = threading.Event()
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Closes the listener and all connections."""
        for each in (self._listener, *self._sockets):
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                return
            self._sockets += near, far
            threading.Thread(target=self._pump, args=(near, far), daemon=True).start()

    def _pump(self, near: socket.socket, far: socket.socket) -> None:
        peers = {near: far, far: near}
        try:
            while True:
                for source in select.select(list(peers), [], [])[0]:
                    data = source.recv(2**16)
                    if not data:
                        raise OSError
                    if not self.cut.is_set():
                        peers[source].sendall(data)
        except (OSError, ValueError):
            near.close()
            far.close()
