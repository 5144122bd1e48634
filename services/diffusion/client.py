"""Draws pictures on Stable Diffusion servers: which one, how often, how long, and what it took."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import structlog

from services.diffusion.asks import Ask, check_ask
from services.diffusion.drawing import Drawn
from services.diffusion.errors import OutOfMemory, TimedOut
from services.diffusion.job import Job
from services.diffusion.limits import TICK, Limit
from services.diffusion.pool import Pool
from services.diffusion.retries import MOST_RETRIES, pause_before_retry
from services.diffusion.server import HANGS, Server
from services.diffusion.settings import ServerSettings
from services.diffusion.watch import Seen
from services.runtime.engines import Notice
from services.runtime.errors import CycloramaError, EngineNotReady

HEALTH_SECONDS = 2.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Result:
    """A finished picture: uint8 RGB (height, width, 3), and what is known of it.

    facts: what made it. measured: what it took, which may differ for an equal picture.
    """

    pixels: np.ndarray
    facts: dict[str, Any]
    measured: dict[str, Any]
    notices: tuple[Notice, ...]


class Servers:
    """The servers of one process. Safe to call from several threads."""

    def __init__(self, settings: ServerSettings) -> None:
        if not settings.sdapi_url:
            raise EngineNotReady("no server is known; set CYCLORAMA_SDAPI_URL to its address")
        self._settings = settings
        urls = enumerate(dict.fromkeys(settings.sdapi_url), start=1)
        servers = [Server(number, url, settings) for number, url in urls]
        self._pool = Pool(servers, settings.sdapi_waiting)

    def trouble(self) -> str:
        """Why no server can be used; empty when one can."""
        limit = Limit(HEALTH_SECONDS)
        troubles = []
        for server in self._pool.servers:
            troubles.append(server.trouble(max(limit.left, TICK)))
            if not troubles[-1]:
                return ""
        return troubles[0]

    def draw(self, ask: Ask) -> Iterator[Seen | Result]:
        """Yields what is seen of the work, then the picture.

        A call has one seed, whoever draws it in the end. Closing the iterator stops the work.
        """
        check_ask(ask)
        limit, start = Limit(self._settings.sdapi_seconds), time.perf_counter()
        tried: list[Server] = []
        while True:
            server = self._pool.take(tried, limit.check)
            taken = time.perf_counter()
            try:
                job = Job(server, ask, self._pool.notify, first=server not in tried)
                drawn = yield from _follow(job, limit)
                break
            except CycloramaError as error:
                ask, pause = self._after(error, ask, [*tried, server])
                if pause is None or pause >= limit.left:
                    raise
                log.info("trying again", server=server.number, why=str(error), seconds=pause)
            tried.append(server)
            limit.pause(pause)
        measured = {
            "server": server.number,
            "queue_ms": round((taken - start) * 1000),
            "retries": len(tried),
        }
        yield _result(ask, drawn, measured)

    def _after(
        self, error: CycloramaError, ask: Ask, tried: list[Server]
    ) -> tuple[Ask, float | None]:
        """What to ask after a failure and how soon, or None to give up."""
        others, retries = self._pool.others(tried), len(tried) - 1
        may_shrink = ask.sampling.drawn_side is not None and retries < MOST_RETRIES
        if isinstance(error, OutOfMemory) and not others and may_shrink:
            return ask.smaller(), 0.0
        return ask, pause_before_retry(error, retries, others)


def _follow(job: Job, limit: Limit) -> Iterator[Seen]:
    """Yields what is new about a job and returns what it drew; leaves it when the time is over."""
    last = None
    try:
        while not job.done.wait(TICK):
            limit.check()
            if job.hangs:
                hang = TimedOut(HANGS)
                job.server.failed(hang)
                raise hang
            if (seen := job.seen) and seen != last:
                last = seen
                yield seen
        return job.result()
    finally:
        if not job.done.is_set():
            job.abandon()


def _result(ask: Ask, drawn: Drawn, measured: dict[str, Any]) -> Result:
    notices = list(drawn.notices)
    if size := drawn.answer.resized:
        text = f"the server drew {size[0]} x {size[1]}, which was enlarged or reduced to fit"
        notices.append(Notice("SERVER_RESIZED", text))
    if ask.canvas.enlarged:
        wide, tall = ask.canvas.inner
        text = f"drawn at {wide} x {tall} and enlarged, as drawn_side asks; fine detail is soft"
        notices.append(Notice("ENLARGED", text))
    pixels = ask.canvas.unfit(drawn.answer.pixels)
    return Result(pixels, drawn.facts, drawn.measured | measured, tuple(notices))
