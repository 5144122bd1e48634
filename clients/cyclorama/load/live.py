"""Shows a load test while it runs: one line that changes, or a line now and then in a log."""

import sys
import time
from pathlib import Path

from cyclorama.load.calls import OK, TimedCall, read_new_calls
from cyclorama.load.summary import compute_percentile

# Seconds between two updates of the line on a terminal, and between two lines elsewhere.
TERMINAL_SECONDS, LOG_SECONDS = 1, 10
# Seconds of calls that the figures are about. Larger: they are steadier and later.
RECENT_SECONDS = 5


class LiveLine:
    """The line of one load: how long it has run, calls, their rate and latency, and failures."""

    def __init__(self, name: str, duration: str, folder: Path) -> None:
        """Prepares the line of a load; duration: as the user wrote it. folder: of its call logs."""
        self._name, self._duration = name, duration
        self._folder = folder
        self._offsets: dict[Path, int] = {}
        self._recent: list[TimedCall] = []
        self._calls = self._failed = 0
        # When the first call started, before which locust prepares.
        self._start = 0.0
        self._next = time.time() + TERMINAL_SECONDS
        self._is_terminal = sys.stdout.isatty()

    def update(self) -> None:
        """Prints the line if that is due."""
        now = time.time()
        if now < self._next:
            return
        self._next = now + (TERMINAL_SECONDS if self._is_terminal else LOG_SECONDS)
        calls = read_new_calls(self._folder, self._offsets)
        if calls and not self._start:
            self._start = min(call.start for call in calls)
        self._calls += len(calls)
        self._failed += sum(call.status != OK for call in calls)
        since = now - RECENT_SECONDS
        recent = [call for call in self._recent + calls if call.start + call.seconds >= since]
        self._recent = recent
        self._print(self._describe(now))

    def clear(self) -> None:
        """Removes the line from a terminal."""
        if self._is_terminal:
            self._print("")

    def _describe(self, now: float) -> str:
        """Returns the line; now: seconds since the epoch."""
        if not self._start:
            return f"{self._name}: starting"
        latencies = sorted(call.seconds * 1000 for call in self._recent if call.status == OK)
        seconds = now - self._start
        rate = len(latencies) / min(RECENT_SECONDS, max(1.0, seconds))
        p95 = f", p95 {compute_percentile(latencies, 0.95):.0f} ms" if latencies else ""
        head = f"{self._name}, {seconds:.0f} s of {self._duration}"
        return f"{head}: {self._calls} calls, {rate:.1f}/s{p95}, {self._failed} failed"

    def _print(self, text: str) -> None:
        """Prints a text in place of the line, or as a line where there is no terminal."""
        sys.stdout.write(f"\r{text}\x1b[K" if self._is_terminal else f"{text}\n")
        sys.stdout.flush()
