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
TIMEOUT_SETTING = "CYCLORAMA_DIFFUSION_TIMEOUT_SECONDS"


class CallDeadline:
    """The end of a call: by the service's own timeout, or by its caller's deadline."""

    def __init__(self, timeout: float) -> None:
        """Starts the time: it ends after `timeout` seconds or just before the caller's deadline."""
        caller_seconds, limit = get_remaining_seconds(), timeout
        if caller_seconds is not None:
            margin = min(DEADLINE_MARGIN, DEADLINE_MARGIN_SHARE * caller_seconds)
            limit = min(timeout, caller_seconds - margin)
        self._is_callers = limit < timeout
        self._end = time.monotonic() + limit

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline; negative after it."""
        return self._end - time.monotonic()

    @property
    def remedy(self) -> str:
        """What to do for more time: it depends on which of both limits this call."""
        return "set a later one" if self._is_callers else f"raise {TIMEOUT_SETTING}"

    def check(self) -> None:
        """Raises CallCancelled if the caller is gone, and DiffusionTimeout after the deadline."""
        check_active()
        if self.seconds_left <= 0:
            raise DiffusionTimeout(
                f"no picture came until the deadline; {self.remedy}, or ask for a smaller picture "
                "or fewer steps"
            )

    def wait(self, seconds: float) -> None:
        """Sleeps; raises CallCancelled if the caller leaves, DiffusionTimeout at the deadline."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.check()
            time.sleep(min(TASK_POLL, max(0.0, end - time.monotonic())))
