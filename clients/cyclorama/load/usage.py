"""Measures CPU and memory of a stage's processes on this machine during a load test."""

import threading
import time
from collections.abc import Sequence

import psutil

# Interval between two readings of memory. Longer: short peaks are missed.
SAMPLE_SECONDS = 0.2
MIB = 2**20  # Bytes.


class ProcessUsage:
    """Measures processes while its context is open.

        with ProcessUsage([pid]) as usage:
            ...

    cores: their CPU time per second. memory_mib: the peak of the sum of their memory. Both are None
    when there are no processes to measure.
    """

    def __init__(self, pids: Sequence[int]) -> None:
        self.cores: float | None = None
        self.memory_mib: float | None = None
        self._processes = [psutil.Process(pid) for pid in pids]
        self._start = self._cpu_at_start = self._peak_mib = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._sample_memory)

    def __enter__(self) -> "ProcessUsage":
        if self._processes:
            self._start, self._cpu_at_start = time.monotonic(), self._read_cpu_seconds()
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._processes:
            self._is_over.set()
            self._thread.join()
            seconds = time.monotonic() - self._start
            self.cores = (self._read_cpu_seconds() - self._cpu_at_start) / seconds
            self.memory_mib = self._peak_mib

    def _sample_memory(self) -> None:
        """Records the peak memory of the processes until the context is closed."""
        while not self._is_over.wait(SAMPLE_SECONDS):
            current = sum(each.memory_info().rss for each in self._processes) / MIB
            self._peak_mib = max(self._peak_mib, current)

    def _read_cpu_seconds(self) -> float:
        """Returns the CPU time that the processes have used so far."""
        times = [each.cpu_times() for each in self._processes]
        return float(sum(each.user + each.system for each in times))
