"""When a call has to be over: by the service's own limit, or by its caller's deadline."""

import time

from services.diffusion.errors import TimedOut
from services.runtime.guards.cancellation import check_active, seconds_left

# So that a caller hears our reason before its own clock cuts the call off.
MARGIN, MARGIN_SHARE = 0.5, 0.15
TICK = 0.05


class Limit:
    """A point in time, counted from its making."""

    def __init__(self, seconds: float) -> None:
        left = seconds_left()
        if left is not None:
            seconds = min(seconds, left - min(MARGIN, MARGIN_SHARE * left))
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then."""
        return self._end - time.monotonic()

    def check(self) -> None:
        """Raises when nobody waits any more, and TimedOut when the time is over."""
        check_active()
        if self.left <= 0:
            raise TimedOut(
                "no picture came in time; allow more time, or ask for a smaller picture or less"
                " steps"
            )

    def pause(self, seconds: float) -> None:
        """Waits; raises as check() does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.check()
            time.sleep(min(TICK, max(0.0, end - time.monotonic())))
