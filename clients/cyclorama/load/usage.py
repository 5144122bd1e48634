"""What the processes of a stage use while it is under load, where they run on this machine."""

import threading
import time
from collections.abc import Sequence

import psutil

EVERY_SECONDS = 0.2
MIB = 2**20


class Usage:
    """Watches processes; cores is their CPU time per second, memory_mib their largest sum.

    with Usage([pid]) as usage:
        ...
    Both are None when there are no processes to watch.
    """

    cores: float | None = None
    memory_mib: float | None = None

    def __init__(self, pids: Sequence[int]) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Usage":
        if self._processes:
            self._begun, self._spent = time.monotonic(), self._cpu()
            self.memory_mib = 0.0
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._processes:
            self._over.set()
            self._thread.join()
            self.cores = (self._cpu() - self._spent) / (time.monotonic() - self._begun)

    def _watch(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            now = sum(each.memory_info().rss for each in self._processes) / MIB
            self.memory_mib = max(self.memory_mib, now)

    def _cpu(self) -> float:
        return sum(sum(each.cpu_times()[:2]) for each in self._processes)
