"""One server: what it can do, whether it is usable, and pictures drawn by it."""

import threading
import time
from collections.abc import Callable

import numpy as np
import structlog

from services.diffusion.breaker import CIRCUIT_OPEN, CircuitBreaker
from services.diffusion.checks import check_masks, make_tiny_request
from services.diffusion.dialect import Capabilities, Dialect, DrawRequest
from services.diffusion.drawing import DrawResult, draw_once
from services.diffusion.errors import (
    InvalidOutput,
    MaskIgnored,
    ServerBusy,
    ServerFailed,
    ServerOutOfMemory,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from services.diffusion.names import check_model_offered
from services.diffusion.pace import Pace
from services.diffusion.settings import DiffusionSettings
from services.diffusion.slot import Slot
from services.runtime.errors import BackendError, ServiceError

PROBE_AGE = 300.0
HEALTH_AGE, HEALTH_SECONDS = 5.0, 2.0
TRIAL_SECONDS = 60.0
HANGS = "the Stable Diffusion server hangs; restart it"
# Failures that say something about the server rather than about the request.
COUNTED = (Unreachable, TimedOut, InvalidOutput, ServerFailed, ServerOutOfMemory, Unauthorized)

log = structlog.get_logger()


class ImageServer:
    """Everything known about one server. Whoever holds its slot may call draw()."""

    def __init__(
        self,
        number: int,
        url: str,
        dialect: Dialect,
        settings: DiffusionSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.number = number
        self.dialect = dialect
        self.slot = Slot(url)
        self.pace = Pace()
        self._breaker = breaker = CircuitBreaker(clock)
        CIRCUIT_OPEN.labels(dialect.name, number).set_function(lambda: float(breaker.is_open))
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        # Held by whoever probes.
        self._probing = threading.Lock()
        self._probed: tuple[float, Capabilities] | None = None
        self._health: tuple[float, str] | None = None
        self._failure: type[BackendError] = Unreachable
        self._masks_ignored: tuple[float, str] | None = None
        self._masks_tested = not settings.diffusion_selftest
        self._busy_until = 0.0
        self._due: float | None = None

    @property
    def usable(self) -> bool:
        """Whether a call may be sent now."""
        return not self.refusal() and self._clock() >= self._busy_until

    @property
    def overdue(self) -> bool:
        """Whether it should have ended the picture that holds its slot long ago."""
        due = self._due
        return due is not None and self._clock() > due

    def refusal(self) -> BackendError | None:
        """What to raise instead of sending a call; None when one may be sent, or wait for it."""
        if self._masks_ignored and self._is_fresh(self._masks_ignored):
            return MaskIgnored(self._masks_ignored[1])
        if self.overdue:
            return Unreachable(HANGS)
        if why := self._breaker.why:
            return self._failure(f"{why}; its circuit breaker stays open for a while")
        return None

    def check_health(self, seconds: float) -> str:
        """Returns why it cannot be used, as of some seconds ago; empty when it can."""
        if refusal := self.refusal():
            return str(refusal)
        if self.slot.held:
            # It draws for us, and may answer questions late.
            return ""
        with self._lock:
            if self._health is None or self._clock() - self._health[0] > HEALTH_AGE:
                self._health = self._clock(), self.dialect.check_health(seconds)
            return self._health[1]

    def capabilities(self) -> Capabilities:
        """What the server can do, asked again after five minutes."""
        if known := self._known():
            return known
        with self._probing:
            return self._known() or self._probe()

    def model(self) -> str:
        """The model that was loaded at the last probe; "" before the first. Never waits or raises.

        After five minutes the server is probed again meanwhile, in a thread, if it is healthy and
        draws for no process of this machine.
        """
        if not (self._known() or self._probing.locked()):
            threading.Thread(target=self._refresh, daemon=True).start()
        probed = self._probed
        return probed[1].model if probed else ""

    def draw(self, request: DrawRequest, seconds: float, on_sent: Callable[[], None]) -> DrawResult:
        """Draws a picture, or raises what went wrong.

        on_sent: called before the request itself goes out, after the tests that it needed.
        """
        known = self.capabilities()
        check_model_offered(request.sampling.model, known)
        if self._breaker.wants_trial:
            draw_once(self.dialect, make_tiny_request(1), known, TRIAL_SECONDS)
            self._breaker.record_success()
        if request.init:
            self._check_masks(known, seconds)
        on_sent()
        return draw_once(self.dialect, request, known, seconds)

    def interrupt(self) -> None:
        """Stops whatever the server draws; only for who knows that this is their own picture."""
        if not self.capabilities().has_interrupt:
            return
        try:
            self.dialect.interrupt()
        except ServiceError as error:
            log.info("interrupt failed", server=self.number, why=str(error))

    def record_start(self, request: DrawRequest) -> None:
        """Notes that a request was sent, and when its picture should be there."""
        timeout = self.pace.timeout(request.work, self._settings.diffusion_timeout_seconds)
        self._due = self._clock() + timeout

    def record_end(self) -> None:
        """Frees the slot once the picture is there, or is not to come any more."""
        self._due = None
        self.slot.release()

    def record_success(self, seconds: float, work: float) -> None:
        """Notes a picture that was drawn."""
        self._breaker.record_success()
        self.pace.record(seconds, work)

    def record_failure(self, error: Exception) -> None:
        """Notes a failure, if the server is to blame."""
        if isinstance(error, ServerBusy):
            self._busy_until = self._clock() + (error.seconds or 0.5)
        elif isinstance(error, COUNTED):
            self._health = self._probed = None
            if isinstance(error, Unreachable):
                # It may come back as another server.
                self._masks_ignored = None
                self._masks_tested = not self._settings.diffusion_selftest
            locked_out = isinstance(error, Unauthorized)
            self._failure = Unauthorized if locked_out else Unreachable
            self._breaker.record_failure(str(error), at_once=locked_out)

    def _known(self) -> Capabilities | None:
        """What the last probe found, unless it is too old."""
        probed = self._probed
        return probed[1] if probed and self._is_fresh(probed) else None

    def _probe(self) -> Capabilities:
        self._probed = _, found = self._clock(), self.dialect.probe()
        log.info("server probed", server=self.number, dialect=self.dialect.name, kind=found.kind)
        return found

    def _refresh(self) -> None:
        """Probes, unless the server is down or draws, or somebody probes it already."""
        if not self._probing.acquire(blocking=False):
            return
        try:
            if self.slot.is_free() and not self.check_health(HEALTH_SECONDS):
                self._probe()
        except ServiceError as error:
            log.info("probe failed", server=self.number, why=str(error))
        finally:
            self._probing.release()

    def _is_fresh(self, found: tuple[float, object]) -> bool:
        return self._clock() - found[0] <= PROBE_AGE

    def _check_masks(self, known: Capabilities, seconds: float) -> None:
        def draw(request: DrawRequest) -> np.ndarray:
            return draw_once(self.dialect, request, known, seconds).pixels

        if self._masks_tested:
            return
        try:
            check_masks(draw)
        except MaskIgnored as error:
            self._masks_ignored = self._clock(), str(error)
            raise
        self._masks_tested = True
