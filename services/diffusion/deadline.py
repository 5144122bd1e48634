"""When a call for an image has to end, and waiting until then."""

import time

from services.diffusion.errors import DiffusionTimeout
from services.runtime.guards.cancellation import check_active, get_remaining_seconds

# In seconds: how soon a call notices its deadline, a cancellation and new progress. Smaller: more
# CPU while waiting.
TASK_POLL = 0.05
# Seconds, and share of the time left if that is less, by which the call ends before its caller's
# deadline, so that the caller receives the reason instead of its own timeout. Larger: less time
# to generate.
DEADLINE_MARGIN, DEADLINE_MARGIN_SHARE = 0.5, 0.15


class CallDeadline:
    """The end of a call: by the service's own timeout, or by its caller's deadline."""

    def __init__(self, timeout: float) -> None:
        """Starts the time: it ends after `timeout` seconds or just before the caller's deadline."""
        caller_seconds = get_remaining_seconds()
        if caller_seconds is not None:
            margin = min(DEADLINE_MARGIN, DEADLINE_MARGIN_SHARE * caller_seconds)
            timeout = min(timeout, caller_seconds - margin)
        self._end = time.monotonic() + timeout

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline; negative after it."""
        return self._end - time.monotonic()

    def check(self) -> None:
        """Raises CallCancelled if the caller is gone, and DiffusionTimeout after the deadline."""
        check_active()
        if self.seconds_left <= 0:
            raise DiffusionTimeout(
                "no picture came in time; allow more time, or ask for a smaller picture or fewer"
                " steps"
            )

    def wait(self, seconds: float) -> None:
        """Sleeps; raises CallCancelled if the caller leaves, DiffusionTimeout at the deadline."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.check()
            time.sleep(min(TASK_POLL, max(0.0, end - time.monotonic())))
