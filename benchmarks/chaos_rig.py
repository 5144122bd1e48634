"""A system whose stages have replicas that can be killed, frozen and cut off, and load on it."""

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

from benchmarks.serving import NOOP, PATIENCE, ROOT, TUNABLES, free_port, resident_mib
from cyclorama import Client
from cyclorama.stages import STAGES
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from services.runtime.healthcheck import is_serving

PHOTO = encode_image(np.full((64, 64, 3), 200, np.uint8), PNG).data
STAGE_SECONDS, PLACES, AT_WORK = 0.02, 64, 64


class Replica:
    """One process at a port of its own, which it keeps when it is started again.

    log: a file for what it writes. environment: beside the surrounding one.
    """

    def __init__(
        self, module: str, *arguments: str, log: Path | None = None, **environment: str
    ) -> None:
        self.port = free_port()
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
        """Starts the process; `ready` waits until it serves."""
        with self._log.open("a") as out:
            self.process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=out
            )

    def ready(self) -> Self:
        """Waits until it serves."""
        end = time.monotonic() + PATIENCE
        while not is_serving(self.address):
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{' '.join(self._command)} did not start")
            time.sleep(0.1)
        return self

    def end(self, number: int = signal.SIGKILL) -> float:
        """Sends a signal that ends it; returns the seconds that this took."""
        start = time.perf_counter()
        self.process.send_signal(number)
        self.status = self.process.wait(PATIENCE)
        return time.perf_counter() - start

    @property
    def memory(self) -> float:
        """Resident memory, MiB."""
        return resident_mib(self.process.pid)


@contextmanager
def ending(*replicas: Replica) -> Iterator[None]:
    """Ends what still runs of them afterwards, also what is frozen."""
    try:
        yield
    finally:
        for replica in replicas:
            if replica.process.poll() is None:
                replica.end()


@dataclass
class Rig:
    """Two replicas of each stage, and the gateway before them."""

    stages: dict[str, list[Replica]]
    gateway: Replica


@contextmanager
def rig(doubled: tuple[str, ...] = STAGES, **gateway: str) -> Iterator[Rig]:
    """Starts idle stages, two replicas of those that are `doubled`, and a gateway.

    gateway: its environment.
    """
    with ExitStack() as stack:
        stages = {
            stage: [
                Replica("benchmarks.chaos_stage", *map(str, (STAGE_SECONDS, PLACES, AT_WORK)))
                for _ in range(1 + (stage in doubled))
            ]
            for stage in STAGES
        }
        everyone = [replica for replicas in stages.values() for replica in replicas]
        stack.enter_context(ending(*everyone))
        addresses = {stage: addresses_of(replicas) for stage, replicas in stages.items()}
        door = Replica("gateway", **gateway_environment(addresses) | gateway)
        stack.enter_context(ending(door))
        for replica in (*everyone, door):
            replica.ready()
        yield Rig(stages, door)


def addresses_of(replicas: list[Replica]) -> str:
    """A target of gRPC that names all replicas."""
    return f"ipv4:{','.join(replica.address for replica in replicas)}"


def gateway_environment(addresses: dict[str, str]) -> dict[str, str]:
    """The environment of a gateway that keeps no jobs and finds its stages there."""
    stages = {f"CYCLORAMA_GATEWAY_{name.upper()}_ADDRESS": at for name, at in addresses.items()}
    return stages | {"CYCLORAMA_GATEWAY_DATABASE": ""}


@dataclass
class Outcome:
    """What became of calls: begin and end (time.perf_counter) and the error of each."""

    calls: list[tuple[float, float, Exception | None]] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """How many calls failed."""
        return sum(error is not None for *_, error in self.calls)

    def seconds(self, *, failed: bool = False) -> np.ndarray:
        """How long the calls took that went well, or that failed."""
        return np.array(
            [end - at for at, end, error in self.calls if (error is not None) == failed]
        )

    def failed_of_begun_before(self, moment: float) -> tuple[int, int]:
        """Of the calls that were under way at a moment: how many, and how many of them failed."""
        under_way = [error for at, end, error in self.calls if at < moment < end]
        return len(under_way), sum(error is not None for error in under_way)


def call(outcome: Outcome, work: Callable[[], object]) -> None:
    """Does a call and notes what became of it."""
    start, error = time.perf_counter(), None
    try:
        work()
    except Exception as caught:
        error = caught
    outcome.calls.append((start, time.perf_counter(), error))


def steady(
    address: str, calls: int, callers: int, events: dict[int, Callable[[], object]]
) -> Outcome:
    """Has so many callers make ads, one after the other each.

    events: what to do, on a thread beside them, when so many calls have begun.
    """
    outcome, begun, lock = Outcome(), iter(range(calls)), threading.Lock()
    beside = ThreadPoolExecutor(len(events) or 1)

    def work() -> None:
        with Client(address, timeout=60) as client:
            while True:
                with lock:
                    number = next(begun, None)
                if number is None:
                    return
                if number in events:
                    done.append(beside.submit(events[number]))
                call(
                    outcome,
                    lambda n=number: client.create_ad(
                        PHOTO, "x", seed=n, size=(256, 256), options=NOOP
                    ),
                )

    done: list = []
    threads = [threading.Thread(target=work) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    beside.shutdown()
    for each in done:
        each.result()
    return outcome


class Wire:
    """A TCP proxy before an address, which can be cut: bytes then vanish, and nothing closes."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.cut = threading.Event()
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Closes everything."""
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
        ways = {near: far, far: near}
        try:
            while True:
                for source in select.select(list(ways), [], [])[0]:
                    data = source.recv(2**16)
                    if not data:
                        raise OSError
                    if not self.cut.is_set():
                        ways[source].sendall(data)
        except (OSError, ValueError):
            near.close()
            far.close()
