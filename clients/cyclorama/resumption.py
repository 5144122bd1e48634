"""When a watch of a job or a download that broke off is resumed, and when it is given up."""

import math
import random
import time

from cyclorama.calls import JITTER, may_succeed_soon
from cyclorama.checks import check_timeout
from cyclorama.errors import CycloramaError, Timeout
from cyclorama.rpc_errors import build_timeout_error

# The least pause before a stream is resumed, and the time in which one has to bring something
# before it is given up. Larger: a gateway that restarts is found later, and may take longer.
PAUSE_SECONDS, RESUME_SECONDS = 0.5, 60.0


class Resumption:
    """The interruptions of one stream, and its time limit."""

    def __init__(self, timeout: float | None = None) -> None:
        """Starts the time limit; timeout: in seconds, None for none.

        Raises ValueError when it is no number above 0.
        """
        self._timeout = math.inf if timeout is None else check_timeout(timeout)
        self._end = time.monotonic() + self._timeout
        self._broken_since: float | None = None

    @property
    def seconds_left(self) -> float | None:
        """The seconds until the time limit, None without one; raises Timeout once it has passed."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise build_timeout_error(self._timeout)
        return None if math.isinf(left) else left

    def note_response(self) -> None:
        """Notes that the stream has brought something: what broke it before is over."""
        self._broken_since = None

    def next_pause(self, error: CycloramaError) -> float:
        """Returns the seconds to wait before the stream is resumed, as the server asks for.

        error: what broke it. Raises it when it would break again, or has for RESUME_SECONDS, and
        Timeout when the time limit has passed.
        """
        if isinstance(error, Timeout) and not math.isinf(self._timeout):
            raise build_timeout_error(self._timeout) from error
        left = self.seconds_left
        now = time.monotonic()
        self._broken_since = now if self._broken_since is None else self._broken_since
        pause = max(PAUSE_SECONDS, error.retry_seconds or 0) * (1 + JITTER * random.random())
        is_too_late = now + pause > self._broken_since + RESUME_SECONDS
        if is_too_late or not may_succeed_soon(error):
            raise error
        return pause if left is None else min(pause, left)
