"""One image server: its capabilities, its health, and the images that it generates."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress

import numpy as np
import structlog

from services.diffusion.breaker import CIRCUIT_OPEN, CircuitBreaker
from services.diffusion.checks import check_mask_support, create_selftest_request
from services.diffusion.dialect import Dialect, ServerCapabilities
from services.diffusion.errors import (
    DiffusionFailed,
    DiffusionOutOfMemory,
    DiffusionTimeout,
    InvalidOutput,
    MaskIgnored,
    ServerBusy,
    ServerUnreachable,
    Unauthorized,
    WrongModel,
)
from services.diffusion.generation import generate_image
from services.diffusion.names import check_model_offered, is_model_offered
from services.diffusion.output import DiffusionResult
from services.diffusion.pace import ServerPace
from services.diffusion.request import DiffusionRequest
from services.diffusion.settings import DiffusionSettings
from services.diffusion.slot import ServerSlot
from services.diffusion.watchdog import Watchdog
from services.runtime.errors import BackendError, ServiceError

# In seconds, of a probe and of a failed mask test. Larger: a sampler that was added to the server,
# or a mask that works again, is noticed later; smaller: more control calls.
PROBE_MAX_AGE = 300.0
# In seconds, of the probe by which a missing model is refused. Larger: a server that was restarted
# with the model refuses it longer; smaller: more control calls for wrong names.
REFUSAL_MAX_AGE = 1.0
# In seconds. Age: larger: a dead server, or another model, is noticed later. Timeout: larger: the
# gateway, which gives a stage 2 s to list its engines, believes that the stage is dead; smaller:
# busy servers look dead.
HEALTH_MAX_AGE, HEALTH_TIMEOUT = 5.0, 1.5
# In seconds, for a 64 x 64 self-test image: a server that was restarted loads its model first.
TRIAL_TIMEOUT = 60.0
# In seconds, before a busy server that named no time is called again. Larger: idle server; smaller:
# more refused calls.
DEFAULT_BUSY_SECONDS = 0.5
HANGS = "the image server hangs; restart it"
# Failures of the server rather than of the request, which the circuit breaker counts.
SERVER_FAILURES = (
    ServerUnreachable,
    DiffusionTimeout,
    InvalidOutput,
    DiffusionFailed,
    DiffusionOutOfMemory,
    Unauthorized,
)

# Returns a context for one test image, which is entered before that is sent to a server that offers
# these things, and left after its end. Raises if the caller has left, before or meanwhile.
TestTracker = Callable[[ServerCapabilities], AbstractContextManager[object]]

log = structlog.get_logger()


class ImageServer:
    """One server with everything known about it. The holder of its slot may call generate().

    number: its position in the setting of its dialect, from 1. loaded_model: the model that it had
    loaded when last asked; "" if unknown.
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
        self.loaded_model = ""
        # When its health was checked, and why it cannot be used; "" if it can.
        self._health: tuple[float, str] | None = None
        self._failure: type[BackendError] = ServerUnreachable
        # When a test showed that it ignores masks, and the error's text; None if none did.
        self._masks_ignored: tuple[float, str] | None = None
        self._masks_tested = not settings.diffusion_selftest
        self._busy_until = 0.0
        # Watches the image in flight; None without one.
        self._watchdog: Watchdog | None = None

    @property
    def is_usable(self) -> bool:
        """Whether a request may be sent now: the server is not failing, hung or busy."""
        return not self.unavailable_error() and self._clock() >= self._busy_until

    @property
    def is_hung(self) -> bool:
        """Whether the server seems to hang over the image in flight."""
        watchdog = self._watchdog
        return watchdog is not None and watchdog.is_hung

    def unavailable_error(self) -> BackendError | None:
        """Returns the error to raise instead of sending a request; None if it may be sent.

        Does not ask the server: it knows failed mask tests, a hung image and the open circuit
        breaker.
        """
        if self._masks_ignored and self._is_fresh(self._masks_ignored):
            _, error_text = self._masks_ignored
            return MaskIgnored(error_text)
        # Another thread may end the image meanwhile.
        watchdog = self._watchdog
        if watchdog and watchdog.is_overdue:
            return ServerUnreachable(HANGS)
        if reason := self._breaker.open_reason:
            return self._failure(f"circuit breaker open: {reason}")
        return None

    def unavailable_reason(self, timeout: float) -> str:
        """Returns why the server cannot be used; "" if it can.

        Asks it at most every 5 seconds, and never while it generates for a process of this machine,
        as it may answer late meanwhile.

        timeout: seconds within which the server has to answer.
        """
        if error := self.unavailable_error():
            return str(error)
        with self._health_lock:
            if not self._is_health_recent() and self.slot.is_free():
                with suppress(ServiceError):
                    self._check_health(timeout)
            # A pair: when it was asked, and the reason.
            return self._health[1] if self._health else ""

    def get_capabilities(self, max_age: float = PROBE_MAX_AGE) -> ServerCapabilities:
        """Returns what the server offers; asks it unless a recent enough probe is known.

        Raises the classes in `services.diffusion.errors` if it does not answer.

        max_age: seconds since that probe.
        """
        if capabilities := self._fresh_capabilities(max_age):
            return capabilities
        with self._probe_lock:
            return self._fresh_capabilities(max_age) or self._probe()

    def generate(
        self,
        request: DiffusionRequest,
        timeout: float,
        on_sent: Callable[[ServerCapabilities], None],
        track_test: TestTracker = nullcontext,
        on_received: Callable[[], None] = lambda: None,
    ) -> DiffusionResult:
        """Generates an image on this server, or raises the classes in `services.diffusion.errors`.

        Before, it sends a small trial image after failures, and tests once whether masks are
        supported.

        timeout: seconds to wait for the image.
        on_sent: called just before the request itself is sent, after those tests, with what the
            server offers.
        track_test: surrounds each image of those tests.
        on_received: called when the server is done with the image, which is then decoded.
        """
        capabilities = self._prepare_server(request.sampling.model)
        try:
            return self._generate(request, capabilities, timeout, on_sent, track_test, on_received)
        except WrongModel:
            if request.sampling.model:
                raise
            with self._probe_lock:
                present = self._probe()
            # Nobody asked for the model; again only if the server offers another one by now.
            if present == capabilities:
                raise
        return self._generate(request, present, timeout, on_sent, track_test, on_received)

    def _generate(
        self,
        request: DiffusionRequest,
        capabilities: ServerCapabilities,
        timeout: float,
        on_sent: Callable[[ServerCapabilities], None],
        track_test: TestTracker,
        on_received: Callable[[], None],
    ) -> DiffusionResult:
        """Generates an image as generate() does, on a server that offers `capabilities`."""
        if self._breaker.is_half_open:
            trial = create_selftest_request(seed=1, locked=False if request.init else None)
            with track_test(capabilities):
                generate_image(self.dialect, trial, capabilities, TRIAL_TIMEOUT)
            self._breaker.record_success()
        if request.init and capabilities.has_masks:
            self._selftest_masks(capabilities, timeout, track_test)
        on_sent(capabilities)
        return generate_image(self.dialect, request, capabilities, timeout, on_received)

    def interrupt(self) -> None:
        """Stops the image in flight on a server that supports that; only logs a failure.

        Call it only while that image is your own: the server stops whatever it generates.
        """
        try:
            self.dialect.interrupt()
        except ServiceError as error:
            log.info("interrupt failed", server=self.number, why=str(error))

    def record_start(self, request: DiffusionRequest) -> Watchdog:
        """Records that a request is sent; returns what watches over its image."""
        max_seconds = self._settings.diffusion_timeout_seconds
        timeout = self.pace.compute_timeout(request.megapixel_steps, max_seconds)
        step_seconds = self.pace.estimate_seconds(request.megapixels)
        self._watchdog = watchdog = Watchdog(timeout, step_seconds, self._clock)
        return watchdog

    def record_end(self) -> None:
        """Records that the server is done with the request, and releases its slot for another."""
        self._watchdog = None
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
                self._forget_masks()
            is_unauthorized = isinstance(error, Unauthorized)
            self._failure = Unauthorized if is_unauthorized else ServerUnreachable
            if isinstance(error, ServerUnreachable):
                self._breaker.record_unreachable(str(error))
            else:
                self._breaker.record_failure(str(error), at_once=is_unauthorized)

    def _fresh_capabilities(self, max_age: float) -> ServerCapabilities | None:
        """Returns what the last probe found; None if there was none within `max_age` seconds."""
        # A pair: when the server was asked, and what it offers.
        probed = self._probed
        return probed[1] if probed and self._clock() - probed[0] <= max_age else None

    def _probe(self) -> ServerCapabilities:
        """Asks the server what it is and offers, and remembers that with the time."""
        now, capabilities = self._clock(), self.dialect.probe()
        self._probed, self._health = (now, capabilities), (now, "")
        self.loaded_model = capabilities.model
        kind = capabilities.kind
        log.info("server probed", server=self.number, dialect=self.dialect.name, kind=kind)
        return capabilities

    def _prepare_server(self, model: str) -> ServerCapabilities:
        """Returns what the server offers, which includes the model; raises WrongModel if it lacks.

        Asks the server again before it refuses: it may have been restarted with the model.

        model: name or hash of the model that the request needs; empty for any.
        """
        with self._health_lock:
            if self._probed and not self._is_health_recent():
                # A server that is busy with another client's image may answer late.
                with suppress(DiffusionTimeout):
                    self._check_health(HEALTH_TIMEOUT)
        capabilities = self.get_capabilities()
        if not is_model_offered(model, capabilities):
            capabilities = self.get_capabilities(REFUSAL_MAX_AGE)
            check_model_offered(model, capabilities)
        return capabilities

    def _check_health(self, timeout: float) -> None:
        """Asks the server which model it has loaded; records that, or why it cannot be used.

        Forgets what the server offered if it was restarted, as far as that shows. Raises the
        classes in `services.diffusion.errors` if it cannot be used.

        timeout: seconds within which it has to answer.
        """
        now = self._clock()
        try:
            model = self.dialect.read_loaded_model(timeout)
        except ServiceError as error:
            self._health = now, str(error)
            if not isinstance(error, DiffusionTimeout):
                self._probed = None
                self._forget_masks()
            raise
        self._health = now, ""
        self._breaker.record_reachable()
        if model != self.loaded_model:
            self.loaded_model, self._probed = model, None
            self._forget_masks()

    def _forget_masks(self) -> None:
        """Has masks tested before the next use, as other software may answer by now."""
        self._masks_ignored = None
        self._masks_tested = not self._settings.diffusion_selftest

    def _is_health_recent(self) -> bool:
        """Whether the health of the server was checked within the last 5 seconds."""
        health = self._health
        return health is not None and self._clock() - health[0] <= HEALTH_MAX_AGE

    def _is_fresh(self, record: tuple[float, object]) -> bool:
        return self._clock() - record[0] <= PROBE_MAX_AGE

    def _selftest_masks(
        self, capabilities: ServerCapabilities, timeout: float, track_test: TestTracker
    ) -> None:
        """Raises MaskIgnored if the server repaints pixels that a mask locks; tested only once.

        timeout: seconds to wait for each of the three test images.
        track_test: surrounds each of them; if it raises, the masks stay untested.
        """

        def generate(request: DiffusionRequest) -> np.ndarray:
            """Returns uint8 RGB (H, W, 3)."""
            with track_test(capabilities):
                return generate_image(self.dialect, request, capabilities, timeout).pixels

        if self._masks_tested:
            return
        try:
            check_mask_support(generate, self.dialect.mask_remedy)
        except MaskIgnored as error:
            self._masks_ignored = self._clock(), str(error)
            raise
        self._masks_tested = True
