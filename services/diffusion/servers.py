"""Draws pictures on image servers: on which one, how often, how long, and what it took."""

import time
from collections.abc import Iterator
from dataclasses import replace

import structlog

from services.diffusion.dialect import DrawProgress, DrawRequest, check_request
from services.diffusion.dialects import DialectSettings, open_dialect
from services.diffusion.drawing import DrawResult
from services.diffusion.errors import (
    MOST_RETRIES,
    ServerOutOfMemory,
    TimedOut,
    pause_before_retry,
)
from services.diffusion.names import strip_model_name
from services.diffusion.pool import ServerPool
from services.diffusion.server import HANGS, HEALTH_SECONDS, ImageServer
from services.diffusion.session import Session
from services.runtime.errors import EngineNotReady, ServiceError
from services.runtime.guards.cancellation import check_active, get_remaining_seconds

TICK = 0.05
# So that a caller receives our reason before its own clock cuts the call off.
MARGIN, MARGIN_SHARE = 0.5, 0.15

log = structlog.get_logger()


class ImageServers:
    """The servers of one process that speak one dialect. Safe to call from several threads."""

    def __init__(self, dialect: str, settings: DialectSettings) -> None:
        urls = getattr(settings, f"{dialect}_url")
        if not urls:
            setting = f"CYCLORAMA_{dialect.upper()}_URL"
            raise EngineNotReady(f"no server is known; set {setting} to its address")
        self._settings = settings
        servers = [
            ImageServer(number, url, open_dialect(dialect, url, settings), settings)
            for number, url in enumerate(dict.fromkeys(urls), start=1)
        ]
        self._pool = ServerPool(servers, settings.diffusion_queue_size)
        self._dialect = servers[0].dialect

    @property
    def variant(self) -> str:
        """Changes when the dialect would draw equal requests otherwise; mostly empty."""
        return self._dialect.variant

    def check_health(self) -> str:
        """Returns why no server can be used; empty when one can."""
        deadline = Deadline(HEALTH_SECONDS)
        reasons = []
        for server in self._pool.servers:
            reasons.append(server.check_health(max(deadline.left, TICK)))
            if not reasons[-1]:
                return ""
        return reasons[0]

    def model(self) -> str:
        """The model that draws where a request names none; "" while that is not known.

        It is that of the settings, else the one that a server reported at its last probe, the first
        server that reports one. Never waits or raises.
        """
        if self._settings.diffusion_model:
            return strip_model_name(self._settings.diffusion_model)
        return next(filter(None, [server.model() for server in self._pool.servers]), "")

    def draw(self, request: DrawRequest) -> Iterator[DrawProgress | DrawResult]:
        """Yields progress, then the picture.

        A call has one seed, whoever draws it in the end. Closing the iterator stops the work.
        """
        check_request(request, self._dialect)
        deadline, start = Deadline(self._settings.diffusion_timeout_seconds), time.perf_counter()
        tried: list[ImageServer] = []
        while True:
            server = self._pool.acquire(tried, deadline.check)
            acquired = time.perf_counter()
            try:
                session = Session(server, request, self._pool.notify, first=server not in tried)
                result = yield from _follow(session, deadline)
                break
            except ServiceError as error:
                request, pause = self._plan_retry(error, request, [*tried, server])
                if pause is None or pause >= deadline.left:
                    raise
                log.info("retrying", server=server.number, why=str(error), seconds=pause)
            tried.append(server)
            deadline.pause(pause)
        measured = {
            "server": server.number,
            "queue_ms": round((acquired - start) * 1000),
            "retries": len(tried),
        }
        yield replace(result, measured=result.measured | measured)

    def _plan_retry(
        self, error: ServiceError, request: DrawRequest, tried: list[ImageServer]
    ) -> tuple[DrawRequest, float | None]:
        """What to send after a failure and how soon, or None to give up."""
        others, retries = self._pool.count_others(tried), len(tried) - 1
        may_shrink = request.sampling.drawn_side is not None and retries < MOST_RETRIES
        if isinstance(error, ServerOutOfMemory) and not others and may_shrink:
            return request.shrink(), 0.0
        return request, pause_before_retry(error, retries, others)


class Deadline:
    """When a call has to be over: by the service's own limit, or by its caller's deadline."""

    def __init__(self, seconds: float) -> None:
        left = get_remaining_seconds()
        if left is not None:
            seconds = min(seconds, left - min(MARGIN, MARGIN_SHARE * left))
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then."""
        return self._end - time.monotonic()

    def check(self) -> None:
        """Raises when nobody waits any more, and TimedOut when the time is over."""
        check_active()
        if self.left <= 0:
            raise TimedOut(
                "no picture came in time; allow more time, or ask for a smaller picture or fewer"
                " steps"
            )

    def pause(self, seconds: float) -> None:
        """Waits; raises as check() does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.check()
            time.sleep(min(TICK, max(0.0, end - time.monotonic())))


def _follow(session: Session, deadline: Deadline) -> Iterator[DrawProgress]:
    """Yields new progress of a session and returns its result; leaves it when time is over."""
    last = None
    try:
        while not session.done.wait(TICK):
            deadline.check()
            if session.hangs:
                hang = TimedOut(HANGS)
                session.server.record_failure(hang)
                raise hang
            if (progress := session.progress) and progress != last:
                last = progress
                yield progress
        return session.result()
    finally:
        if not session.done.is_set():
            session.abandon()
