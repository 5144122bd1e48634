"""One picture on its way, in a thread of its own that keeps the slot until the server is done."""

import contextvars
import threading
import time
from collections.abc import Callable

from services.diffusion.asks import Ask
from services.diffusion.drawing import Drawn
from services.diffusion.errors import CutByProxy, TimedOut
from services.diffusion.server import Server
from services.diffusion.watch import Seen, Watch, is_idle, read_progress

# Servers go on with a picture that nobody waits for; sending the next one would only queue it.
DRAIN_SECONDS = 600.0
SETTLE_POLL = 0.5
SURE = 0.9


class Job:
    """Draws an Ask on a server whose slot the caller has taken; the job gives it back.

    Whoever waits may leave at any time: the thread stays with the server, for leaving does not
    stop it, and a second picture must not be sent before it has ended.
    """

    def __init__(
        self, server: Server, ask: Ask, on_end: Callable[[], None], first: bool = True
    ) -> None:
        self.server = server
        self.ask = ask
        # A call that fails on one server three times is one failure.
        self._first = first
        self.done = threading.Event()
        self._drawn: Drawn | None = None
        self._error: Exception | None = None
        self._on_end = on_end
        self._watch: Watch | None = None
        # Held for an interrupt, which must not hit the picture that comes after ours.
        self._ending = threading.Lock()
        self._sent = self._abandoned = False
        self._start = time.monotonic()
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(self._run,), daemon=True).start()

    @property
    def seen(self) -> Seen | None:
        """How far the server is: what it tells, else what its pace makes likely."""
        if self._watch:
            return self._watch.seen
        expected = self.server.pace.expected(self.ask.work)
        if not (self._sent and expected):
            return None
        share = min((time.monotonic() - self._start) / expected, SURE)
        return Seen(round(share, 1)) if share >= 0.1 else None

    @property
    def hangs(self) -> bool:
        """Whether the server takes far too long, or says that it works while nothing moves."""
        return self.server.overdue or bool(self._watch and self._watch.stuck)

    def result(self) -> Drawn:
        """What was drawn, or raises why not; to be called once it is done."""
        if self._error:
            raise self._error
        return self._drawn

    def abandon(self) -> None:
        """Leaves: stops the server if it can be stopped, and waits for its end if not."""
        self._abandoned = True
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(self._interrupt,), daemon=True).start()

    def _interrupt(self) -> None:
        with self._ending:
            if self._sent and not self.done.is_set():
                self.server.interrupt()

    def _run(self) -> None:
        try:
            self._drawn = self.server.draw(self.ask, DRAIN_SECONDS, self._on_sent)
        except Exception as error:
            self._error = error
        if self._watch:
            self._watch.end()
        self._note()
        if isinstance(self._error, CutByProxy):
            self._error.settled = self._settle()
        with self._ending:
            self.server.end()
            self.done.set()
        self._on_end()

    def _on_sent(self) -> None:
        with self._ending:
            if self._abandoned:
                raise TimedOut("nobody waited any more when it was to be sent")
            self._start, self._sent = time.monotonic(), True
        self.server.begin(self.ask)
        if self.server.capabilities().has_progress:
            self._watch = Watch(self.server.transport)
            self._watch.start()

    def _note(self) -> None:
        # After an interrupt, half a picture or none is what was ordered.
        if self._abandoned:
            return
        if self._error is None:
            self.server.succeeded(time.monotonic() - self._start, self.ask.work)
        elif self._first:
            self.server.failed(self._error)

    def _settle(self) -> bool:
        """After a proxy gave up: keeps the slot until the server says that it is idle."""
        end = time.monotonic() + DRAIN_SECONDS
        while self.server.capabilities().has_progress and time.monotonic() < end:
            told = read_progress(self.server.transport)
            if told is None:
                return False
            if is_idle(told):
                return True
            time.sleep(SETTLE_POLL)
        return False
