"""Adapts how often the queue of ads is polled to whether there are any."""

import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import DBAPIError

# Time between two polls of the queue. Smaller: a new ad starts sooner; more queries, each of which
# takes milliseconds of a core.
POLL_SECONDS = 0.05
# The same for an idle queue, and for how long it has been empty by then. Smaller: the first ad
# after a pause starts sooner; an idle gateway takes more of a core, 5 % at POLL_SECONDS.
IDLE_POLL_SECONDS, IDLE_AFTER_SECONDS = 1.0, 5.0

log = structlog.get_logger()


class PollingPace:
    """Polls a queue often while it has ads, and seldom while it is idle.

    Gateways that share the queue share the interval too.
    """

    def __init__(self, set_interval: Callable[[float], None], has_ads: Callable[[], bool]) -> None:
        """Starts the thread that sets the interval, POLL_SECONDS at first.

        set_interval: stores the time between two polls, in seconds. has_ads: whether any ad is
        queued or processed. Both use the database.
        """
        self._set_interval = set_interval
        self._has_ads = has_ads
        self._ad_queued = threading.Event()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def note_queued_ad(self) -> None:
        """Makes the queue be polled often, as an ad was added to it."""
        self._ad_queued.set()

    def close(self) -> None:
        """Stops the thread."""
        self._is_closing = True
        self._ad_queued.set()
        self._thread.join()

    def _run(self) -> None:
        """Sets the interval whenever an ad was queued, and when the queue has become idle."""
        timeout: float | None = IDLE_AFTER_SECONDS
        while True:
            has_new_ads = self._ad_queued.wait(timeout)
            if self._is_closing:
                return
            self._ad_queued.clear()
            try:
                if has_new_ads:
                    self._set_interval(POLL_SECONDS)
                    timeout = IDLE_AFTER_SECONDS
                elif not self._has_ads():
                    self._set_interval(IDLE_POLL_SECONDS)
                    timeout = None
            # A database that restarts is available again in a moment; the timeout is not over yet.
            except DBAPIError:
                log.warning("job database does not answer")
                timeout = IDLE_AFTER_SECONDS
