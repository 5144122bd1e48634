"""One server: what it can do, whether it is well, and pictures drawn by it."""

import threading
import time
from collections.abc import Callable

import numpy as np
import structlog

from services.diffusion.asks import Ask
from services.diffusion.breaker import Breaker
from services.diffusion.drawing import Drawn, draw_once
from services.diffusion.errors import (
    BadOutput,
    Busy,
    Failed,
    MaskIgnored,
    OutOfMemory,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from services.diffusion.metrics import CIRCUIT_OPEN
from services.diffusion.models import check_offered
from services.diffusion.pace import Pace
from services.diffusion.probe import Capabilities, probe, why_not
from services.diffusion.selftest import check_masks, tiny_ask
from services.diffusion.settings import ServerSettings
from services.diffusion.slot import Slot
from services.diffusion.transport import Transport
from services.runtime.errors import BackendFailed, CycloramaError

PROBE_AGE = 300.0
HEALTH_AGE = 5.0
TRIAL_SECONDS = 60.0
INTERRUPT_SECONDS = 2.0
HANGS = "the Stable Diffusion server hangs; restart it"
# Failures that say something about the server rather than about the request.
COUNTED = (Unreachable, TimedOut, BadOutput, Failed, OutOfMemory, Unauthorized)

log = structlog.get_logger()


class Server:
    """Everything known of one server. Whoever holds its slot may call draw()."""

    def __init__(
        self,
        number: int,
        url: str,
        settings: ServerSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.number = number
        self.slot = Slot(url)
        self.breaker = breaker = Breaker(clock)
        CIRCUIT_OPEN.labels(number).set_function(lambda: float(breaker.is_open))
        self.pace = Pace()
        self.transport = Transport(url, settings)
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._probed: tuple[float, Capabilities] | None = None
        self._healthy: tuple[float, str] | None = None
        self._failure: type[BackendFailed] = Unreachable
        self._no_masks: tuple[float, str] | None = None
        self._mask_tried = not settings.sdapi_selftest
        self._rest_until = 0.0
        self.due: float | None = None

    @property
    def usable(self) -> bool:
        """Whether a call may be sent now."""
        return not self.refusal() and self._clock() >= self._rest_until

    @property
    def overdue(self) -> bool:
        """Whether it should have ended the picture that holds its slot long ago."""
        due = self.due
        return due is not None and self._clock() > due

    def refusal(self) -> BackendFailed | None:
        """What to raise instead of sending a call; None when one may be sent, or wait for it."""
        if self._no_masks and self._clock() - self._no_masks[0] < PROBE_AGE:
            return MaskIgnored(self._no_masks[1])
        if self.overdue:
            return Unreachable(HANGS)
        if why := self.breaker.why:
            return self._failure(f"{why}; left alone for a while after that")
        return None

    def trouble(self, seconds: float) -> str:
        """Why it cannot be used, as of some seconds ago; empty when it can."""
        if refusal := self.refusal():
            return str(refusal)
        if self.slot.held:
            # It is at work for us, and may answer questions late.
            return ""
        with self._lock:
            if self._healthy is None or self._clock() - self._healthy[0] > HEALTH_AGE:
                self._healthy = self._clock(), why_not(self.transport, seconds)
            return self._healthy[1]

    def capabilities(self) -> Capabilities:
        """What the server can do, asked again after five minutes."""
        probed = self._probed
        if probed is None or self._clock() - probed[0] > PROBE_AGE:
            probed = self._probed = self._clock(), probe(self.transport)
            log.info("server probed", server=self.number, kind=probed[1].kind)
        return probed[1]

    def draw(self, ask: Ask, seconds: float, on_sent: Callable[[], None]) -> Drawn:
        """Draws a picture, or raises what went wrong; tells when the request itself goes out."""
        known = self.capabilities()
        check_offered(ask.sampling.model, known)
        if self.breaker.wants_trial:
            draw_once(self.transport, tiny_ask(1), known, TRIAL_SECONDS)
            self.breaker.succeeded()
        if ask.init:
            self._check_masks(known, seconds)
        on_sent()
        return draw_once(self.transport, ask, known, seconds)

    def interrupt(self) -> None:
        """Stops whatever the server draws; only for who knows that this is their own picture."""
        if not self.capabilities().has_interrupt:
            return
        try:
            self.transport.post("/sdapi/v1/interrupt", INTERRUPT_SECONDS)
        except CycloramaError as error:
            log.info("interrupt failed", server=self.number, why=str(error))

    def begin(self, ask: Ask) -> None:
        """Notes that a picture was sent, and when it should be there."""
        patience = self.pace.patience(ask.work, self._settings.sdapi_seconds)
        self.due = self._clock() + patience

    def end(self) -> None:
        """Gives the slot back once the picture is there, or is not to come any more."""
        self.due = None
        self.slot.leave()

    def succeeded(self, seconds: float, work: float) -> None:
        """Notes a picture that was drawn."""
        self.breaker.succeeded()
        self.pace.took(seconds, work)

    def failed(self, error: Exception) -> None:
        """Notes a failure, if the server is to blame."""
        if isinstance(error, Busy):
            self._rest_until = self._clock() + (error.seconds or 0.5)
        elif isinstance(error, COUNTED):
            self._healthy = self._probed = None
            if isinstance(error, Unreachable):
                # It may come back as another server.
                self._no_masks = None
                self._mask_tried = not self._settings.sdapi_selftest
            locked_out = isinstance(error, Unauthorized)
            self._failure = Unauthorized if locked_out else Unreachable
            self.breaker.failed(str(error), at_once=locked_out)

    def _check_masks(self, known: Capabilities, seconds: float) -> None:
        def draw(ask: Ask) -> np.ndarray:
            return draw_once(self.transport, ask, known, seconds).answer.pixels

        if self._mask_tried:
            return
        try:
            check_masks(draw)
        except MaskIgnored as error:
            self._no_masks = self._clock(), str(error)
            raise
        self._mask_tried = True
