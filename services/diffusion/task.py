"""One request in flight: a thread that keeps the server's slot until the server is done."""

import contextvars
import threading
import time
from collections.abc import Callable

from services.diffusion.dialect import Dialect, DiffusionProgress, DiffusionRequest
from services.diffusion.errors import ProxyTimeout, ServerTimeout
from services.diffusion.generation import DiffusionResult
from services.diffusion.server import ImageServer

# In seconds. Servers finish images after their client disconnected; a request sent meanwhile would
# only queue behind. Larger: a slot may stay blocked longer; smaller: two requests on one server.
DRAIN_SECONDS = 600.0
# In seconds, between requests for progress. Smaller: smoother progress, and more load on servers
# that stop answering under load.
PROGRESS_POLL = 1.0
# In seconds, between requests for progress after a proxy timed out. Larger: the slot is released
# later after the server became idle.
IDLE_POLL = 0.5
# In seconds without any change of its progress, after which a busy server counts as hung. Larger:
# detected later; smaller: loading a model looks like a hang.
STUCK_SECONDS = 60.0
# Estimates of progress end here, as an image may take longer than the last ones.
MAX_ESTIMATED_PROGRESS = 0.9
# The first estimate that is reported, as they are rounded to tenths.
MIN_ESTIMATED_PROGRESS = 0.1


class DiffusionTask:
    """Sends one request to a server whose slot the caller has acquired, and releases the slot.

    The caller may abandon the task at any time. The thread then stays with the server, as
    disconnecting does not stop an image, and a second request must not be sent before it ends.

    on_end: called after the slot was released.
    is_first: whether this is the call's first request to the server; a call that fails three times
        on one server counts as one failure.
    """

    def __init__(
        self,
        server: ImageServer,
        request: DiffusionRequest,
        on_end: Callable[[], None],
        is_first: bool = True,
    ) -> None:
        """Starts a thread that sends the request; `done` is set when the server has finished.

        server: an image server whose slot, which admits one request at a time, is already acquired.
        on_end: called after the slot was released.
        is_first: whether this is the call's first request to the server; only that may count as a
            failure.
        """
        self.server = server
        self.request = request
        self.done = threading.Event()
        self._is_first = is_first
        self._result: DiffusionResult | None = None
        self._error: Exception | None = None
        self._on_end = on_end
        self._poller: ProgressPoller | None = None
        # Held during an interrupt, which must not stop the image of the next task.
        self._end_lock = threading.Lock()
        self._is_sent = self._is_abandoned = False
        self._start = time.monotonic()
        _start_thread(self._run)

    @property
    def progress(self) -> DiffusionProgress | None:
        """The progress of the image; None while it is unknown.

        It is what the server reports, else an estimate from the speed of earlier images, in tenths.
        """
        if self._poller:
            return self._poller.latest
        expected_seconds = self.server.pace.estimate_seconds(self.request.megapixel_steps)
        if not (self._is_sent and expected_seconds):
            return None
        fraction = min((time.monotonic() - self._start) / expected_seconds, MAX_ESTIMATED_PROGRESS)
        return DiffusionProgress(round(fraction, 1)) if fraction >= MIN_ESTIMATED_PROGRESS else None

    @property
    def is_hung(self) -> bool:
        """Whether the server exceeded its timeout, or is busy without making progress."""
        return self.server.is_overdue or bool(self._poller and self._poller.is_stuck)

    def result(self) -> DiffusionResult:
        """Returns the image or raises the error that prevented it; only after `done` is set."""
        if self._result is None:
            raise self._error or RuntimeError("the task is not done")
        return self._result

    def abandon(self) -> None:
        """Stops the image in flight if the server supports that, without waiting.

        Otherwise the thread of this task waits until the server has finished it.
        """
        self._is_abandoned = True
        _start_thread(self._interrupt)

    def _interrupt(self) -> None:
        """Makes the server stop the image of this task if the server is generating it."""
        with self._end_lock:
            if self._is_sent and not self.done.is_set():
                self.server.interrupt()

    def _run(self) -> None:
        """Generates the image, stores it or the error, releases the server. Runs in a thread."""
        try:
            self._result = self.server.generate(self.request, DRAIN_SECONDS, self._on_sent)
        except Exception as error:
            self._error = error
        if self._poller:
            self._poller.stop()
        self._record_outcome()
        # The proxy gave up, but the server may still be generating: keep its slot until it is idle.
        if isinstance(self._error, ProxyTimeout):
            self._error.server_is_idle = self._wait_until_idle()
        with self._end_lock:
            self.server.record_end()
            self.done.set()
        self._on_end()

    def _on_sent(self) -> None:
        """Starts to measure time and progress, just before the request is sent.

        Raises ServerTimeout, so that it is not sent, if the task has been abandoned.
        """
        with self._end_lock:
            if self._is_abandoned:
                raise ServerTimeout("nobody waited any more when it was to be sent")
            self._start, self._is_sent = time.monotonic(), True
        self.server.record_start(self.request)
        if self.server.get_capabilities().has_progress:
            self._poller = ProgressPoller(self.server.dialect)
            self._poller.start()

    def _record_outcome(self) -> None:
        """Reports to the server's statistics whether the image succeeded, and how long it took."""
        # After an interrupt, an incomplete image or none is what was requested.
        if self._is_abandoned:
            return
        if self._error is None:
            seconds = time.monotonic() - self._start
            self.server.record_success(seconds, self.request.megapixel_steps)
        elif self._is_first:
            self.server.record_failure(self._error)

    def _wait_until_idle(self) -> bool:
        """Waits until the server reports that it generates nothing, and returns true.

        Returns false if it stops answering, reports no progress at all, or is busy for
        DRAIN_SECONDS.
        """
        end = time.monotonic() + DRAIN_SECONDS
        while self.server.get_capabilities().has_progress and time.monotonic() < end:
            progress = self.server.dialect.read_progress()
            if progress is None:
                return False
            if progress.is_idle:
                return True
            time.sleep(IDLE_POLL)
        return False


class ProgressPoller(threading.Thread):
    """Reads a server's progress every second; only for the holder of the server's slot."""

    def __init__(self, dialect: Dialect) -> None:
        """Prepares the thread, which start() starts.

        dialect: the client of the image server to ask for progress.
        """
        super().__init__(daemon=True)
        self._dialect = dialect
        self._stopped = threading.Event()
        self._state: object = None
        self._changed = time.monotonic()
        self.latest: DiffusionProgress | None = None

    @property
    def is_stuck(self) -> bool:
        """Whether the server has reported the same state for a minute."""
        return self._state is not None and time.monotonic() - self._changed > STUCK_SECONDS

    def stop(self) -> None:
        """Ends the thread after the request that may be in flight."""
        self._stopped.set()

    def run(self) -> None:
        """Reads the server's progress every second until stop() is called."""
        while not self._stopped.wait(PROGRESS_POLL):
            if progress := self._dialect.read_progress():
                self.record_progress(progress)

    def record_progress(self, progress: DiffusionProgress) -> None:
        """Stores a report of the server as `latest`, and the time if its state has changed.

        A report without a fraction of the image done leaves `latest` as it is.
        """
        if progress.state != self._state:
            self._state, self._changed = progress.state, time.monotonic()
        if progress.fraction > 0:
            self.latest = progress


def _start_thread(target: Callable[[], None]) -> None:
    """Runs a function in a new thread, whose trace spans and log lines belong to this call."""
    run = contextvars.copy_context().run
    threading.Thread(target=run, args=(target,), daemon=True).start()
