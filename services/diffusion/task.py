"""One request in flight: a thread that keeps the server's slot until the server is done."""

import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from services.diffusion.dialect import Dialect, ServerCapabilities
from services.diffusion.errors import DiffusionTimeout, ProxyTimeout
from services.diffusion.output import DiffusionResult
from services.diffusion.request import DiffusionProgress, DiffusionRequest
from services.diffusion.server import ImageServer
from services.diffusion.watchdog import Watchdog

# In seconds after the call has ended. Servers finish images after their client disconnected; a
# request sent meanwhile would only queue behind. Larger: a slot may stay blocked longer; smaller:
# two requests on one server.
DRAIN_SECONDS = 600.0
# In seconds, between requests for progress. Smaller: smoother progress, and more load on servers
# that stop answering under load.
PROGRESS_POLL = 1.0
# In seconds, between requests for progress after a proxy timed out. Larger: the slot is released
# later after the server became idle.
IDLE_POLL = 0.5
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
        timeout: float,
        on_end: Callable[[], None],
        is_first: bool = True,
    ) -> None:
        """Starts a thread that sends the request; `done` is set when the server has finished.

        server: an image server whose slot, which admits one request at a time, is already acquired.
        timeout: seconds that the call may still take.
        on_end: called after the slot was released.
        is_first: whether this is the call's first request to the server; only that may count as a
            failure.
        """
        self.server = server
        self.request = request
        self.done = threading.Event()
        self._timeout = timeout
        self._is_first = is_first
        self._result: DiffusionResult | None = None
        self._error: Exception | None = None
        self._on_end = on_end
        # What the server offers, while it has an image of this task: a test, or the requested one.
        self._capabilities: ServerCapabilities | None = None
        # What watches over the requested image; None before it is sent.
        self._watchdog: Watchdog | None = None
        self._poller: ProgressPoller | None = None
        # Whether the server's slot is still held; for how many seconds it took, if it is not.
        self.has_server = True
        self._seconds_taken = 0.0
        # Held during an interrupt, which must not stop the image of the next task.
        self._end_lock = threading.Lock()
        self._is_abandoned = False
        _start_thread(self._run)

    @property
    def progress(self) -> DiffusionProgress | None:
        """The progress of the image; None while it is unknown.

        It is what the server reports, else an estimate from the speed of earlier images, in tenths.
        """
        if self._watchdog is None:
            return None
        latest = self._watchdog.latest
        if self._poller and (latest is None or latest.fraction or latest.queue_position):
            return latest
        estimate = self._estimate_progress(self._watchdog.seconds_running)
        if latest and estimate:
            # The server reports that it generates the image, but not how far it is.
            return replace(estimate, queue_position=latest.queue_position)
        return estimate or latest

    @property
    def is_sent(self) -> bool:
        """Whether the request was sent to the server, rather than failed before."""
        return self._watchdog is not None

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
            can_interrupt = self._capabilities and self._capabilities.has_interrupt
            if can_interrupt and self.has_server:
                self.server.interrupt()

    def _estimate_progress(self, seconds: float) -> DiffusionProgress | None:
        """Estimates the progress of an image; None as long as it is unknown.

        seconds: how long the server has been generating it.
        """
        expected_seconds = self.server.pace.estimate_seconds(self.request.megapixel_steps)
        if not expected_seconds or seconds < MIN_ESTIMATED_PROGRESS * expected_seconds:
            return None
        return DiffusionProgress(round(min(seconds / expected_seconds, MAX_ESTIMATED_PROGRESS), 1))

    def _run(self) -> None:
        """Generates the image, stores it or the error, releases the server. Runs in a thread."""
        timeout = self._timeout + DRAIN_SECONDS
        try:
            self._result = self.server.generate(
                self.request, timeout, self._on_sent, self._track_test, self._release_server
            )
        except Exception as error:
            self._error = error
        if self._poller:
            self._poller.stop()
        self._record_outcome()
        # The proxy gave up, but the server may still be generating: keep its slot until it is idle.
        if isinstance(self._error, ProxyTimeout):
            self._error.server_is_idle = self._wait_until_idle()
        if self.has_server:
            self._release_server()
        self.done.set()

    def _release_server(self) -> None:
        """Releases the slot of the server, which is done with the request.

        The image is decoded and checked afterwards, while the server generates the next one.
        """
        if self._poller:
            self._poller.stop()
        with self._end_lock:
            if self._watchdog:
                self._seconds_taken = self._watchdog.seconds_running
            self.has_server = False
            self.server.record_end()
        self._on_end()

    def _on_sent(self, capabilities: ServerCapabilities) -> None:
        """Starts to measure time and progress, just before the request is sent.

        Raises DiffusionTimeout, so that it is not sent, if the task has been abandoned.

        capabilities: what the server offers.
        """
        with self._end_lock:
            self._check_wanted()
            self._capabilities = capabilities
            self._watchdog = self.server.record_start(self.request)
        # One of an image that was sent before, to a server that has another model by now.
        if self._poller:
            self._poller.stop()
        if capabilities.has_progress:
            self._poller = ProgressPoller(self.server.dialect, self._watchdog)
            self._poller.start()

    @contextmanager
    def _track_test(self, capabilities: ServerCapabilities) -> Iterator[None]:
        """Lets abandon() stop a test image while it is in flight.

        Raises DiffusionTimeout if the task has been abandoned: before, so that the image is not
        sent, or meanwhile, as an image that was stopped proves nothing.

        capabilities: what the server offers.
        """
        with self._end_lock:
            self._check_wanted()
            self._capabilities = capabilities
        try:
            yield
        finally:
            with self._end_lock:
                self._capabilities = None
                self._check_wanted()

    def _check_wanted(self) -> None:
        """Raises DiffusionTimeout if the task has been abandoned."""
        if self._is_abandoned:
            raise DiffusionTimeout("nobody waited for the picture any more")

    def _record_outcome(self) -> None:
        """Reports to the server's statistics whether the image succeeded, and how long it took."""
        # After an interrupt, an incomplete image or none is what was requested.
        if self._is_abandoned:
            return
        if self._error is None and self._watchdog:
            self.server.record_success(self._seconds_taken, self.request.megapixel_steps)
        elif self._error and self._is_first:
            self.server.record_failure(self._error)

    def _wait_until_idle(self) -> bool:
        """Waits until the server reports that it generates nothing, and returns true.

        Returns false if it stops answering, reports no progress at all, or is busy for
        DRAIN_SECONDS.
        """
        end = time.monotonic() + DRAIN_SECONDS
        while self._poller and time.monotonic() < end:
            progress = self.server.dialect.read_progress()
            if progress is None:
                return False
            if progress.is_idle:
                return True
            time.sleep(IDLE_POLL)
        return False


class ProgressPoller(threading.Thread):
    """Reads a server's progress every second; only for the holder of the server's slot."""

    def __init__(self, dialect: Dialect, watchdog: Watchdog) -> None:
        """Prepares the thread, which start() starts.

        dialect: the client of the image server to ask for progress.
        watchdog: gets each report.
        """
        super().__init__(daemon=True)
        self._dialect = dialect
        self._watchdog = watchdog
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Ends the thread after the request that may be in flight."""
        self._stopped.set()

    def run(self) -> None:
        """Reads the server's progress every second until stop() is called."""
        while not self._stopped.wait(PROGRESS_POLL):
            if progress := self._dialect.read_progress():
                self._watchdog.record_progress(progress)


def _start_thread(target: Callable[[], None]) -> None:
    """Runs a function in a new thread, whose trace spans and log lines belong to this call."""
    run = contextvars.copy_context().run
    threading.Thread(target=run, args=(target,), daemon=True).start()
