"""Stops calls to a server that keeps failing, and tries after a while whether it works again."""

import threading
import time
from collections import deque
from collections.abc import Callable

from prometheus_client import Gauge

FAILURES_IN_A_ROW = 3
REMEMBERED, WORST_SHARE = 10, 0.5
FIRST_REST, LONGEST_REST = 10.0, 120.0

CIRCUIT_OPEN = Gauge(
    "cyclorama_diffusion_circuit_open",
    "1 from the failures that opened a server's circuit until it has drawn again, else 0.",
    ["dialect", "server"],
)


class CircuitBreaker:
    """Opens after 3 failures in a row, or when half of the last 10 calls failed.

    While it is open nothing is sent. When its rest is over it asks for a trial; a failed one
    doubles the rest, up to 2 minutes.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._outcomes: deque[bool] = deque(maxlen=REMEMBERED)
        self._row = 0
        self._rest = FIRST_REST
        self._opened: float | None = None
        self._why = ""

    @property
    def is_open(self) -> bool:
        """Whether nothing has succeeded since the failures that opened it."""
        with self._lock:
            return self._opened is not None

    @property
    def why(self) -> str:
        """The failure that opened it while it rests; empty when calls may be sent."""
        with self._lock:
            return self._why if self._is_resting() else ""

    @property
    def wants_trial(self) -> bool:
        """Whether it was open and has rested: the next call has to be a trial."""
        with self._lock:
            return self._opened is not None and not self._is_resting()

    def record_success(self) -> None:
        """Closes it after a call, or a trial, that succeeded."""
        with self._lock:
            if self._opened is not None:
                self._outcomes.clear()
            self._outcomes.append(True)
            self._row, self._rest, self._opened, self._why = 0, FIRST_REST, None, ""

    def record_failure(self, why: str, at_once: bool = False) -> None:
        """Counts a failure; `at_once` opens it for what no retry would fix."""
        with self._lock:
            self._outcomes.append(False)
            self._row += 1
            if self._opened is not None:
                self._rest = min(2 * self._rest, LONGEST_REST)
            if at_once or self._opened is not None or self._has_failed_often():
                self._opened, self._why = self._clock(), why

    def _has_failed_often(self) -> bool:
        full = len(self._outcomes) == REMEMBERED
        share = self._outcomes.count(False) / REMEMBERED
        return self._row >= FAILURES_IN_A_ROW or (full and share >= WORST_SHARE)

    def _is_resting(self) -> bool:
        return self._opened is not None and self._clock() - self._opened < self._rest
