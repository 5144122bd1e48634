"""Decides whether a server hangs while an image is in flight."""

import time
from collections.abc import Callable

from services.diffusion.pace import TIMEOUT_FACTOR
from services.diffusion.request import DiffusionProgress

# In seconds without any change of its progress, after which a busy server counts as hung unless
# its steps take long. Larger: detected later; smaller: loading a model looks like a hang.
STUCK_SECONDS = 60.0


class Watchdog:
    """Watches one image in flight by what its server reports, which may be nothing.

    latest: the latest progress worth showing; None before.
    """

    def __init__(
        self,
        timeout: float,
        step_seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts the timeout of an image that is just being sent.

        timeout: seconds that a server may take for it without a sign of progress.
        step_seconds: that a sampling step should take; None if unknown.
        clock: returns a time in seconds.
        """
        self.latest: DiffusionProgress | None = None
        self._timeout = timeout
        # In seconds: the longest time between two changes so far, or the estimate of a step.
        self._longest_pause = step_seconds or 0.0
        self._clock = clock
        self._state: object = None
        # When the state changed, and when the server last showed that it works or has not begun.
        self._changed = self._alive = self._started = clock()

    @property
    def seconds_running(self) -> float:
        """Seconds since the server began with this image, not counting those of other clients.

        As far as it shows them; else since the request was sent.
        """
        return self._clock() - self._started

    @property
    def is_overdue(self) -> bool:
        """Whether the server has given no sign of progress for the timeout.

        A server that has worked slowly so far gets 4 times its longest pause.
        """
        return self._clock() - self._alive > self._allow_pauses(self._timeout)

    @property
    def is_hung(self) -> bool:
        """Whether the server is overdue, or has reported the same state for a minute.

        It gets longer if its steps take longer: 4 times the longest pause so far. An interrupt may
        free a server that is not overdue yet.
        """
        is_stuck = self._clock() - self._changed > self._allow_pauses(STUCK_SECONDS)
        return (self._state is not None and is_stuck) or self.is_overdue

    def record_progress(self, progress: DiffusionProgress) -> None:
        """Records a report of the server.

        The timeout starts again whenever the server's state has changed, and while images of other
        clients come first.
        """
        now = self._clock()
        if progress.state != self._state:
            self._longest_pause = max(self._longest_pause, now - self._changed)
            self._state, self._changed, self._alive = progress.state, now, now
        if progress.queue_position:
            self._started = self._changed = self._alive = now
        if progress.fraction > 0 or progress.queue_position is not None:
            self.latest = progress

    def _allow_pauses(self, seconds: float) -> float:
        """Returns the seconds without progress that are allowed, at least `seconds`."""
        return max(seconds, TIMEOUT_FACTOR * self._longest_pause)
