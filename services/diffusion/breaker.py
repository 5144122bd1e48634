"""Circuit breaker for one image server: stops calls while it fails, then tries it again."""

import threading
import time
from collections import deque
from collections.abc import Callable

from prometheus_client import Gauge

# Larger: more callers wait for a dead server; smaller: two unlucky requests open the breaker.
MAX_CONSECUTIVE_FAILURES = 3
# Opens on half of the last 10 calls, which catches a server that fails now and then.
# Larger window: slower to open, and slower to forget.
WINDOW_CALLS = 10
MAX_FAILURE_RATE = 0.5
# In seconds from the first call that did not reach the server. It may be restarting for so long:
# stable-diffusion.cpp takes 4 s, more with a larger model. Larger: more calls wait in vain for a
# server that is gone; smaller: the breaker blocks calls to a server that is back.
MAX_RESTART_SECONDS = 10.0
# Exponential backoff in seconds. Larger: a server that recovers stays unused longer; smaller: more
# trials of a dead one.
FIRST_OPEN_SECONDS = 10.0
MAX_OPEN_SECONDS = 120.0

CIRCUIT_OPEN = Gauge(
    "cyclorama_diffusion_circuit_open",
    "1 from the failures that opened a server's circuit breaker until its next success, else 0.",
    ["dialect", "server"],
)


class CircuitBreaker:
    """Opens after 3 consecutive failures, or when half of the last 10 calls failed.

    A failure that no retry can repair, such as rejected credentials, opens it at once.

    Calls that cannot reach the server count once, as it may be restarting, until it has been away
    for 10 seconds; then the next one opens the breaker.

    While it is open, no request is sent. When the open time is over it is half-open: the next
    request has to be a trial. A failed trial doubles the open time, up to 2 minutes.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Creates a closed circuit breaker, which lets requests through.

        clock: returns a time in seconds.
        """
        self._clock = clock
        self._lock = threading.Lock()
        self._outcomes: deque[bool] = deque(maxlen=WINDOW_CALLS)
        self._consecutive_failures = 0
        self._open_seconds = FIRST_OPEN_SECONDS
        self._opened_at: float | None = None
        # When a call first did not reach the server, since its last success.
        self._away_since: float | None = None
        self._reason = ""

    @property
    def is_open(self) -> bool:
        """Whether too many calls failed and none has succeeded since; true while half-open too."""
        with self._lock:
            return self._opened_at is not None

    @property
    def open_reason(self) -> str:
        """The failure that opened the breaker, while no calls may be sent; "" when they may."""
        with self._lock:
            return self._reason if self._is_blocking() else ""

    @property
    def is_half_open(self) -> bool:
        """Whether the breaker is open but its time is over, so that the next call is a trial."""
        with self._lock:
            return self._opened_at is not None and not self._is_blocking()

    def record_success(self) -> None:
        """Closes the circuit breaker after a success, so that calls are sent."""
        with self._lock:
            if self._opened_at is not None:
                self._outcomes.clear()
            self._outcomes.append(True)
            self._consecutive_failures = 0
            self._open_seconds = FIRST_OPEN_SECONDS
            self._opened_at, self._reason = None, ""
            self._away_since = None

    def record_failure(self, reason: str, at_once: bool = False) -> None:
        """Counts a failed call, and opens the circuit breaker (blocks calls) after too many.

        reason: the failure in words, to report while calls are blocked.
        at_once: opens it after this one, because no retry would succeed.
        """
        with self._lock:
            self._count_failure(reason, at_once)

    def record_unreachable(self, reason: str) -> None:
        """Counts a call that did not reach the server, unless it may still be restarting.

        reason: the failure in words, to report while calls are blocked.
        """
        with self._lock:
            now = self._clock()
            if self._away_since is None:
                self._away_since = now
                self._count_failure(reason, at_once=False)
            elif now - self._away_since >= MAX_RESTART_SECONDS:
                self._count_failure(reason, at_once=True)

    def record_reachable(self) -> None:
        """Records that the server answered, so that it is not away any more."""
        with self._lock:
            self._away_since = None

    def _count_failure(self, reason: str, at_once: bool) -> None:
        """Counts a failed call, with the lock held; see record_failure()."""
        self._outcomes.append(False)
        self._consecutive_failures += 1
        if self._opened_at is not None:
            self._open_seconds = min(2 * self._open_seconds, MAX_OPEN_SECONDS)
        if at_once or self._opened_at is not None or self._has_failed_often():
            self._opened_at, self._reason = self._clock(), reason

    def _has_failed_often(self) -> bool:
        """Whether the last 3 calls failed, or half of the last 10."""
        is_full = len(self._outcomes) == WINDOW_CALLS
        rate = self._outcomes.count(False) / WINDOW_CALLS
        return self._consecutive_failures >= MAX_CONSECUTIVE_FAILURES or (
            is_full and rate >= MAX_FAILURE_RATE
        )

    def _is_blocking(self) -> bool:
        return self._opened_at is not None and self._clock() - self._opened_at < self._open_seconds
