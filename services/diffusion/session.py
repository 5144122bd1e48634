"""One picture in flight, in a thread that keeps the server's slot until the server is done."""

import contextvars
import threading
import time
from collections.abc import Callable

from services.diffusion.dialect import Dialect, DrawProgress, DrawRequest
from services.diffusion.drawing import DrawResult
from services.diffusion.errors import ProxyTimeout, TimedOut
from services.diffusion.server import ImageServer

# Servers go on with a picture that nobody waits for; sending the next one would only queue it.
DRAIN_SECONDS = 600.0
POLL_SECONDS = 1.0
SETTLE_POLL_SECONDS = 0.5
STUCK_SECONDS = 60.0
# What is guessed from a server's pace: not more than this share, in steps of a tenth.
MOST_GUESSED = 0.9


class Session:
    """Draws one request on a server whose slot the caller holds; the session frees the slot.

    Whoever waits may leave at any time: the thread stays with the server, for leaving does not
    stop it, and a second picture must not be sent before it has ended.
    """

    def __init__(
        self,
        server: ImageServer,
        request: DrawRequest,
        on_end: Callable[[], None],
        first: bool = True,
    ) -> None:
        self.server = server
        self.request = request
        # A call that fails on one server three times is one failure.
        self._first = first
        self.done = threading.Event()
        self._result: DrawResult | None = None
        self._error: Exception | None = None
        self._on_end = on_end
        self._watch: Watch | None = None
        # Held for an interrupt, which must not hit the picture that comes after ours.
        self._ending = threading.Lock()
        self._sent = self._abandoned = False
        self._start = time.monotonic()
        _start_thread(self._run)

    @property
    def progress(self) -> DrawProgress | None:
        """How far the server is: what it reports, else what its pace makes likely."""
        if self._watch:
            return self._watch.latest
        expected = self.server.pace.expected_seconds(self.request.work)
        if not (self._sent and expected):
            return None
        share = min((time.monotonic() - self._start) / expected, MOST_GUESSED)
        return DrawProgress(round(share, 1)) if share >= 0.1 else None

    @property
    def hangs(self) -> bool:
        """Whether the server takes far too long, or says that it works while nothing moves."""
        return self.server.overdue or bool(self._watch and self._watch.stuck)

    def result(self) -> DrawResult:
        """What was drawn, or raises why not; to be called once it is done."""
        if self._error:
            raise self._error
        return self._result

    def abandon(self) -> None:
        """Leaves: stops the server if it can be stopped, and waits for its end if not."""
        self._abandoned = True
        _start_thread(self._interrupt)

    def _interrupt(self) -> None:
        with self._ending:
            if self._sent and not self.done.is_set():
                self.server.interrupt()

    def _run(self) -> None:
        try:
            self._result = self.server.draw(self.request, DRAIN_SECONDS, self._on_sent)
        except Exception as error:
            self._error = error
        if self._watch:
            self._watch.end()
        self._record()
        if isinstance(self._error, ProxyTimeout):
            self._error.settled = self._wait_until_idle()
        with self._ending:
            self.server.record_end()
            self.done.set()
        self._on_end()

    def _on_sent(self) -> None:
        with self._ending:
            if self._abandoned:
                raise TimedOut("nobody waited any more when it was to be sent")
            self._start, self._sent = time.monotonic(), True
        self.server.record_start(self.request)
        if self.server.capabilities().has_progress:
            self._watch = Watch(self.server.dialect)
            self._watch.start()

    def _record(self) -> None:
        # After an interrupt, half a picture or none is what was asked for.
        if self._abandoned:
            return
        if self._error is None:
            self.server.record_success(time.monotonic() - self._start, self.request.work)
        elif self._first:
            self.server.record_failure(self._error)

    def _wait_until_idle(self) -> bool:
        """After a proxy gave up: keeps the slot until the server says that it is idle."""
        end = time.monotonic() + DRAIN_SECONDS
        while self.server.capabilities().has_progress and time.monotonic() < end:
            progress = self.server.dialect.progress()
            if progress is None:
                return False
            if progress.idle:
                return True
            time.sleep(SETTLE_POLL_SECONDS)
        return False


class Watch(threading.Thread):
    """Asks a server for its progress every second; only for who holds the server's slot."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(daemon=True)
        self._dialect = dialect
        self._ended = threading.Event()
        self._state: object = None
        self._changed = time.monotonic()
        self.latest: DrawProgress | None = None

    @property
    def stuck(self) -> bool:
        """Whether the server says that it works while nothing has moved for a minute."""
        return self._state is not None and time.monotonic() - self._changed > STUCK_SECONDS

    def end(self) -> None:
        """Asks no more."""
        self._ended.set()

    def run(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            if progress := self._dialect.progress():
                self.record(progress)

    def record(self, progress: DrawProgress) -> None:
        """Notes what the server says."""
        if progress.state != self._state:
            self._state, self._changed = progress.state, time.monotonic()
        if progress.fraction > 0:
            self.latest = progress


def _start_thread(target: Callable[[], None]) -> None:
    """Runs it in the current context, so that its spans and log lines belong to the call."""
    run = contextvars.copy_context().run
    threading.Thread(target=run, args=(target,), daemon=True).start()
