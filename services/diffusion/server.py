"""One image server: its capabilities, its health, and the images that it generates."""

import threading
import time
from collections.abc import Callable

import numpy as np
import structlog

from services.diffusion.breaker import CIRCUIT_OPEN, CircuitBreaker
from services.diffusion.checks import check_mask_support, create_selftest_request
from services.diffusion.dialect import Dialect, DiffusionRequest, ServerCapabilities
from services.diffusion.errors import (
    InvalidOutput,
    MaskIgnored,
    ServerBusy,
    ServerFailed,
    ServerOutOfMemory,
    ServerTimeout,
    ServerUnreachable,
    Unauthorized,
)
from services.diffusion.generation import DiffusionResult, generate_image
from services.diffusion.names import check_model_offered
from services.diffusion.pace import ServerPace
from services.diffusion.settings import DiffusionSettings
from services.diffusion.slot import ServerSlot
from services.runtime.errors import BackendError, ServiceError

# In seconds, of a probe and of a failed mask test. Larger: a model that was changed on the server,
# or a mask that works again, is noticed later; smaller: more control calls.
PROBE_MAX_AGE = 300.0
# In seconds. Age: larger: a dead server is reported as healthy longer. Timeout: larger: listing the
# engines takes longer when a server is dead; smaller: busy servers look dead.
HEALTH_MAX_AGE, HEALTH_TIMEOUT = 5.0, 2.0
# In seconds, for a 64 x 64 self-test image: a server that was restarted loads its model first.
TRIAL_TIMEOUT = 60.0
# In seconds, before a busy server that named no time is called again. Larger: idle server; smaller:
# more refused calls.
DEFAULT_BUSY_SECONDS = 0.5
HANGS = "the image server hangs; restart it"
# Failures of the server rather than of the request, which the circuit breaker counts.
SERVER_FAILURES = (
    ServerUnreachable,
    ServerTimeout,
    InvalidOutput,
    ServerFailed,
    ServerOutOfMemory,
    Unauthorized,
)

log = structlog.get_logger()


class ImageServer:
    """One server with everything known about it. The holder of its slot may call generate().

    number: its position in the setting of its dialect, from 1.
    """

    def __init__(
        self,
        number: int,
        url: str,
        dialect: Dialect,
        settings: DiffusionSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepares everything known about one image server, without connecting to it.

        number: its position in the setting that lists the servers, from 1.
        url: its address, which names the lock between processes.
        dialect: the client that speaks its API.
        clock: returns a time in seconds.
        """
        self.number = number
        self.dialect = dialect
        self.slot = ServerSlot(url)
        self.pace = ServerPace()
        self._breaker = breaker = CircuitBreaker(clock)
        CIRCUIT_OPEN.labels(dialect.name, number).set_function(lambda: float(breaker.is_open))
        self._settings = settings
        self._clock = clock
        self._health_lock = threading.Lock()
        # Held during a probe, so that there is one at a time.
        self._probe_lock = threading.Lock()
        # When the server was asked what it offers, and its answer; None before.
        self._probed: tuple[float, ServerCapabilities] | None = None
        # When it was asked whether it works, and why it does not; "" if it does.
        self._health: tuple[float, str] | None = None
        self._failure: type[BackendError] = ServerUnreachable
        # When a test showed that it ignores masks, and the error's text; None if none did.
        self._masks_ignored: tuple[float, str] | None = None
        self._masks_tested = not settings.diffusion_selftest
        self._busy_until = 0.0
        # When the image in flight should be done; None without one.
        self._due: float | None = None

    @property
    def is_usable(self) -> bool:
        """Whether a request may be sent now: the server is not failing, hung or busy."""
        return not self.unavailable_error() and self._clock() >= self._busy_until

    @property
    def is_overdue(self) -> bool:
        """Whether the image in flight has exceeded its timeout: the server seems to hang."""
        due = self._due
        return due is not None and self._clock() > due

    def unavailable_error(self) -> BackendError | None:
        """Returns the error to raise instead of sending a request; None if it may be sent.

        Does not ask the server: it knows failed mask tests, a hung image and the open circuit
        breaker.
        """
        if self._masks_ignored and self._is_fresh(self._masks_ignored):
            _, error_text = self._masks_ignored
            return MaskIgnored(error_text)
        if self.is_overdue:
            return ServerUnreachable(HANGS)
        if reason := self._breaker.open_reason:
            return self._failure(f"{reason}; its circuit breaker stays open for a while")
        return None

    def unavailable_reason(self, timeout: float) -> str:
        """Returns why the server cannot be used; "" if it can. Asks it at most every 5 seconds.

        timeout: seconds within which the server has to answer.
        """
        if error := self.unavailable_error():
            return str(error)
        if self.slot.is_held:
            # It generates an image for this process, and may answer late meanwhile.
            return ""
        with self._health_lock:
            # A pair: when it was asked, and the reason.
            if self._health is None or self._clock() - self._health[0] > HEALTH_MAX_AGE:
                self._health = self._clock(), self.dialect.unavailable_reason(timeout)
            return self._health[1]

    def get_capabilities(self) -> ServerCapabilities:
        """Returns what the server offers; asks it if that was last done more than 5 minutes ago.

        Raises the classes in `services.diffusion.errors` if it does not answer.
        """
        if capabilities := self._fresh_capabilities():
            return capabilities
        with self._probe_lock:
            return self._fresh_capabilities() or self._probe()

    def loaded_model(self) -> str:
        """Returns the model that the server had loaded when last asked; "" if it never was.

        Never waits or raises. After 5 minutes it asks again in a thread, unless the server is
        unhealthy or generates for a process of this machine.
        """
        if not (self._fresh_capabilities() or self._probe_lock.locked()):
            threading.Thread(target=self._probe_if_idle, daemon=True).start()
        # A pair: when it was asked, and what it offers.
        probed = self._probed
        return probed[1].model if probed else ""

    def generate(
        self, request: DiffusionRequest, timeout: float, on_sent: Callable[[], None]
    ) -> DiffusionResult:
        """Generates an image on this server, or raises the classes in `services.diffusion.errors`.

        Before, it sends a small trial image after failures, and tests once whether masks are
        supported.

        timeout: seconds to wait for the image.
        on_sent: called just before the request itself is sent, after those tests.
        """
        capabilities = self.get_capabilities()
        check_model_offered(request.sampling.model, capabilities)
        if self._breaker.is_half_open:
            trial = create_selftest_request(seed=1)
            generate_image(self.dialect, trial, capabilities, TRIAL_TIMEOUT)
            self._breaker.record_success()
        if request.init:
            self._selftest_masks(capabilities, timeout)
        on_sent()
        return generate_image(self.dialect, request, capabilities, timeout)

    def interrupt(self) -> None:
        """Stops the image in flight, if the server supports that; only logs a failure to do so.

        Call it only while that image is your own: the server stops whatever it generates.
        """
        if not self.get_capabilities().has_interrupt:
            return
        try:
            self.dialect.interrupt()
        except ServiceError as error:
            log.info("interrupt failed", server=self.number, why=str(error))

    def record_start(self, request: DiffusionRequest) -> None:
        """Records that a request was sent, and starts the timeout of its image."""
        max_seconds = self._settings.diffusion_timeout_seconds
        timeout = self.pace.compute_timeout(request.megapixel_steps, max_seconds)
        self._due = self._clock() + timeout

    def record_end(self) -> None:
        """Records that the server is done with the request, and releases its slot for another."""
        self._due = None
        self.slot.release()

    def record_success(self, seconds: float, megapixel_steps: float) -> None:
        """Records an image that was generated: the server works, and this is how fast.

        seconds: time that the image took.
        megapixel_steps: its work: megapixels times sampling steps.
        """
        self._breaker.record_success()
        self.pace.record_image(seconds, megapixel_steps)

    def record_failure(self, error: Exception) -> None:
        """Records an error of a request, if the server is to blame for it.

        A busy server gets no requests for a while; other failures count for the circuit breaker.
        """
        if isinstance(error, ServerBusy):
            self._busy_until = self._clock() + (error.retry_after or DEFAULT_BUSY_SECONDS)
        elif isinstance(error, SERVER_FAILURES):
            self._health = self._probed = None
            if isinstance(error, ServerUnreachable):
                # Other software may answer at this address afterwards.
                self._masks_ignored = None
                self._masks_tested = not self._settings.diffusion_selftest
            is_unauthorized = isinstance(error, Unauthorized)
            self._failure = Unauthorized if is_unauthorized else ServerUnreachable
            self._breaker.record_failure(str(error), at_once=is_unauthorized)

    def _fresh_capabilities(self) -> ServerCapabilities | None:
        """Returns what the last probe found; None without one or if it is older than 5 minutes."""
        # A pair: when the server was asked, and what it offers.
        probed = self._probed
        return probed[1] if probed and self._is_fresh(probed) else None

    def _probe(self) -> ServerCapabilities:
        """Asks the server what it is and offers, and remembers that with the time."""
        now, capabilities = self._clock(), self.dialect.probe()
        self._probed = now, capabilities
        kind = capabilities.kind
        log.info("server probed", server=self.number, dialect=self.dialect.name, kind=kind)
        return capabilities

    def _probe_if_idle(self) -> None:
        """Asks the server what it offers, unless it is down, busy, or being asked already."""
        if not self._probe_lock.acquire(blocking=False):
            return
        try:
            if self.slot.is_free() and not self.unavailable_reason(HEALTH_TIMEOUT):
                self._probe()
        except ServiceError as error:
            log.info("probe failed", server=self.number, why=str(error))
        finally:
            self._probe_lock.release()

    def _is_fresh(self, record: tuple[float, object]) -> bool:
        return self._clock() - record[0] <= PROBE_MAX_AGE

    def _selftest_masks(self, capabilities: ServerCapabilities, timeout: float) -> None:
        """Raises MaskIgnored if the server repaints pixels that a mask locks; tested only once.

        timeout: seconds to wait for each of the three test images.
        """

        def generate(request: DiffusionRequest) -> np.ndarray:
            """Returns uint8 RGB (H, W, 3)."""
            return generate_image(self.dialect, request, capabilities, timeout).pixels

        if self._masks_tested:
            return
        try:
            check_mask_support(generate)
        except MaskIgnored as error:
            self._masks_ignored = self._clock(), str(error)
            raise
        self._masks_tested = True
