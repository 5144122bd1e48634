"""Generates images on several servers, with a queue, retries and a deadline."""

import time
from collections.abc import Generator, Iterator
from dataclasses import replace

import structlog

from services.diffusion.deadline import TASK_POLL, CallDeadline
from services.diffusion.dialect import check_diffusion_request
from services.diffusion.dialects import DialectSettings, open_dialect
from services.diffusion.errors import (
    MAX_RETRIES,
    DiffusionOutOfMemory,
    DiffusionTimeout,
    compute_backoff,
)
from services.diffusion.names import strip_model_name
from services.diffusion.output import DiffusionResult
from services.diffusion.pool import ServerPool
from services.diffusion.request import DiffusionProgress, DiffusionRequest, Purpose
from services.diffusion.server import HANGS, HEALTH_TIMEOUT, ImageServer
from services.diffusion.task import DiffusionTask
from services.runtime.errors import EngineNotConfigured, ServiceError

log = structlog.get_logger()


class ImageServers:
    """The servers of one dialect, as one client. Safe to call from several threads."""

    def __init__(
        self, dialect: str, settings: DialectSettings, purpose: Purpose = "txt2img"
    ) -> None:
        """Creates a client per server in the settings; raises EngineNotConfigured if there is none.

        dialect: name of the HTTP API that the servers speak, such as "a1111".
        purpose: what the images are mostly generated from.
        """
        urls = getattr(settings, f"{dialect}_url")
        if not urls:
            setting = f"CYCLORAMA_{dialect.upper()}_URL"
            raise EngineNotConfigured(f"no server is known; set {setting} to its address")
        self._settings = settings
        servers = [
            # Numbered from 1, without repeated addresses.
            ImageServer(number, url, open_dialect(dialect, url, settings, purpose), settings)
            for number, url in enumerate(dict.fromkeys(urls), start=1)
        ]
        self._pool = ServerPool(servers, settings.diffusion_queue_size)
        self._dialect = servers[0].dialect
        # The name that the servers report for the model of the settings; at first as it is there.
        self._required_model = strip_model_name(settings.diffusion_model)

    @property
    def variant(self) -> str:
        """Changes when the dialect would send equal requests differently; usually empty."""
        return self._dialect.variant

    @property
    def fixed_settings(self) -> dict[str, object]:
        """Always empty: what servers fix is not known."""
        return {}

    @property
    def recommended_sampling(self) -> dict[str, object]:
        """Always empty: which model a server runs, and what suits it, is the server's affair."""
        return {}

    def unavailable_reason(self) -> str:
        """Returns why no server can be used: the first server's reason; empty if one can."""
        # The servers share one timeout.
        deadline = CallDeadline(HEALTH_TIMEOUT)
        reasons = []
        for server in self._pool.servers:
            reasons.append(server.unavailable_reason(max(deadline.seconds_left, TASK_POLL)))
            if not reasons[-1]:
                return ""
        return reasons[0]

    def default_model(self) -> str:
        """Returns the name of the model (checkpoint) for requests that name none; "" if unknown.

        It is the model of the settings, else that of the first server that reported one. Never
        waits or raises.
        """
        if self._required_model:
            return self._required_model
        return next(filter(None, [server.loaded_model for server in self._pool.servers]), "")

    def generate(self, request: DiffusionRequest) -> Iterator[DiffusionProgress | DiffusionResult]:
        """Generates an image on whichever server is best: yields progress, then the result.

        Retries failures that may not repeat, with the same seed, until the deadline. Closing the
        iterator stops the work. Raises the classes in `services.diffusion.errors`, and
        InvalidRequest.
        """
        check_diffusion_request(request, self._dialect)
        deadline = CallDeadline(self._settings.diffusion_timeout_seconds)
        start = time.perf_counter()
        self._pool.check_queue()
        # Encoded here, so that no server is kept from other calls meanwhile.
        _ = request.init_png
        tried: list[ImageServer] = []
        sends = 0
        while True:
            server = self._pool.acquire_server(tried, deadline.check)
            acquired = time.perf_counter()
            try:
                timeout, is_first = deadline.seconds_left, server not in tried
                task = DiffusionTask(server, request, timeout, self._pool.notify_released, is_first)
                result = yield from _follow_task(task, deadline)
                break
            except ServiceError as error:
                sends += task.is_sent
                request, backoff = self._plan_retry(error, request, [*tried, server], sends)
                if backoff is None or backoff >= deadline.seconds_left:
                    raise
                log.info("retrying", server=server.number, why=str(error), seconds=backoff)
            tried.append(server)
            deadline.wait(backoff)
        measured = {
            "server": server.number,
            "queue_ms": round((acquired - start) * 1000),
            "retries": len(tried),
        }
        if self._required_model and request.sampling.model == self._settings.diffusion_model:
            self._required_model = result.model or self._required_model
        yield replace(result, measured=result.measured | measured)

    def _plan_retry(
        self,
        error: ServiceError,
        request: DiffusionRequest,
        tried: list[ImageServer],
        sends: int,
    ) -> tuple[DiffusionRequest, float | None]:
        """Decides whether and how to send a request again after a failed attempt.

        error: what the attempt raised.
        request: what was sent.
        tried: the servers that received it, one per attempt.
        sends: in how many attempts it was sent, rather than failed before.
        Returns the request to send next, smaller if memory ran out, and the seconds to wait before;
        None instead of the seconds not to retry.
        """
        untried_servers, retries = self._pool.count_untried(tried), len(tried) - 1
        may_reduce = request.may_reduce_size and retries < MAX_RETRIES
        if isinstance(error, DiffusionOutOfMemory) and not untried_servers and may_reduce:
            return request.reduce_size(), 0.0
        return request, compute_backoff(error, retries, sends, untried_servers)


def _follow_task(
    task: DiffusionTask, deadline: CallDeadline
) -> Generator[DiffusionProgress, None, DiffusionResult]:
    """Yields the progress of an image in flight whenever it changes, and returns the image.

    Raises DiffusionTimeout after the deadline or if the server hangs, CallCancelled if the caller
    is gone, or what the task raised. However it ends, a task that is not done is abandoned.
    """
    last_progress = None
    try:
        while not task.done.wait(TASK_POLL):
            deadline.check()
            if task.has_server and task.server.is_hung:
                hang = DiffusionTimeout(HANGS)
                task.server.record_failure(hang)
                raise hang
            if (progress := task.progress) and progress != last_progress:
                last_progress = progress
                yield progress
        return task.result()
    finally:
        if not task.done.is_set():
            task.abandon()
