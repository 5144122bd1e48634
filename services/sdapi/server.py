"""One server: what it can do, whether it is well, and pictures drawn by it."""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from services.runtime.engines import Notice
from services.runtime.errors import CycloramaError
from services.sdapi.answers import Answer, read_answer
from services.sdapi.asks import Ask, write_ask
from services.sdapi.breaker import Breaker
from services.sdapi.errors import (
    BadOutput,
    Busy,
    Failed,
    MaskIgnored,
    OutOfMemory,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from services.sdapi.likeness import check_likeness
from services.sdapi.models import check_offered, check_used
from services.sdapi.pace import Pace
from services.sdapi.probe import Capabilities, probe, why_not
from services.sdapi.refusals import check_status
from services.sdapi.samplers import choose_sampler
from services.sdapi.selftest import check_masks, tiny_ask
from services.sdapi.settings import ServerSettings
from services.sdapi.slot import Slot
from services.sdapi.transport import Transport

PROBE_AGE = 300.0
HEALTH_AGE = 5.0
TRIAL_SECONDS = 60.0
INTERRUPT_SECONDS = 2.0
LIKENESS_UP_TO = 0.5
HANGS = "the Stable Diffusion server hangs; restart it"
# Failures that say something about the server rather than about the request.
COUNTED = (Unreachable, TimedOut, BadOutput, Failed, OutOfMemory, Unauthorized)

log = structlog.get_logger()


@dataclass(frozen=True)
class Drawn:
    """A picture from a server: the answer, who gave it, and what it took."""

    answer: Answer
    facts: dict[str, Any]
    notices: tuple[Notice, ...] = ()


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
        self.breaker = Breaker(clock)
        self.pace = Pace()
        self.transport = Transport(url, settings)
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._probed: tuple[float, Capabilities] | None = None
        self._healthy: tuple[float, str] | None = None
        self._mask: MaskIgnored | None = None
        self._mask_tried = not settings.sdapi_selftest
        self._rest_until = 0.0
        self.due: float | None = None

    @property
    def usable(self) -> bool:
        """Whether a call may be sent now."""
        return not self.breaker.why and self._clock() >= self._rest_until

    @property
    def overdue(self) -> bool:
        """Whether it should have ended the picture that holds its slot long ago."""
        due = self.due
        return due is not None and self._clock() > due

    def trouble(self, seconds: float) -> str:
        """Why it cannot be used, as of some seconds ago; empty when it can."""
        if self.overdue:
            return HANGS
        if why := self.breaker.why:
            return f"{why}; left alone for a while after several failures"
        if self._mask:
            return str(self._mask)
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
            self._ask(tiny_ask(1), known, TRIAL_SECONDS)
            self.breaker.succeeded()
        if ask.init:
            self._check_masks(known, seconds)
        on_sent()
        return self._ask(ask, known, seconds)

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
                self._mask, self._mask_tried = None, not self._settings.sdapi_selftest
            self.breaker.failed(str(error), at_once=isinstance(error, Unauthorized))

    def _check_masks(self, known: Capabilities, seconds: float) -> None:
        if not self._mask_tried:
            try:
                check_masks(lambda ask: self._ask(ask, known, seconds).answer.pixels)
            except MaskIgnored as error:
                self._mask = error
            self._mask_tried = True
        if self._mask:
            raise self._mask

    def _ask(self, ask: Ask, known: Capabilities, seconds: float) -> Drawn:
        sampling = ask.sampling
        names = choose_sampler(
            sampling.sampler, sampling.scheduler, known.samplers, known.schedulers
        )
        body = write_ask(ask, known, names)
        start = time.perf_counter()
        reply = self.transport.draw(ask.path, body, seconds)
        took = time.perf_counter() - start
        check_status(reply)
        answer = read_answer(reply, ask)
        check_used(sampling.model, answer.info, known)
        self._check_likeness(ask, answer)
        facts = {
            "server": self.number,
            "kind": known.kind,
            "generate_ms": round(took * 1000),
            "bytes_sent": len(body),
            "bytes_received": len(reply.body),
            "drawn_width": ask.canvas.padded[0],
            "drawn_height": ask.canvas.padded[1],
            "sampler": answer.info.get("sampler_name") or names.sampler,
            "scheduler": names.scheduler,
            "model": str(answer.info.get("sd_model_name") or ""),
        }
        log.info("drawn", sha256=hashlib.sha256(reply.body).hexdigest()[:12], **facts)
        return Drawn(answer, facts, names.notices + _unused(ask, known))

    def _check_likeness(self, ask: Ask, answer: Answer) -> None:
        init = ask.init
        if init and init.strength <= LIKENESS_UP_TO:
            sent, lock = ask.canvas.fit(init.picture), ask.canvas.fit_lock(init.locked)
            check_likeness(answer.pixels, sent, lock == 255)


def _unused(ask: Ask, known: Capabilities) -> tuple[Notice, ...]:
    if known.overrides or not ask.sampling.override_settings:
        return ()
    return (Notice("OVERRIDES_UNUSED", f"a {known.kind} server reads no override_settings"),)
