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
        """Prepares to measure the processes with these IDs together; there may be none."""
        self.cores: float | None = None
        self.memory_mib: float | None = None
        self._processes = [psutil.Process(pid) for pid in pids]
        self._start = self._cpu_at_start = self._peak_mib = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._sample_memory)

    def __enter__(self) -> "ProcessUsage":
        """Starts the measurement, with a thread that samples memory."""
        if self._processes:
            self._start, self._cpu_at_start = time.monotonic(), self._read_cpu_seconds()
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the measurement and sets `cores` and `memory_mib`."""
        if self._processes:
            self._is_over.set()
            self._thread.join()
            seconds = time.monotonic() - self._start
            self.cores = (self._read_cpu_seconds() - self._cpu_at_start) / seconds
            self.memory_mib = self._peak_mib

    def _sample_memory(self) -> None:
        """Records the peak of the processes' summed memory until the context is closed."""
        while not self._is_over.wait(SAMPLE_SECONDS):
            current_mib = sum(process.memory_info().rss for process in self._processes) / MIB
            self._peak_mib = max(self._peak_mib, current_mib)

    def _read_cpu_seconds(self) -> float:
        """Returns the CPU seconds that the processes have used so far, user and system."""
        times = [process.cpu_times() for process in self._processes]
        return float(sum(time.user + time.system for time in times))
