"""Generates images with a model in this process: queue, deadline, retries, checks, report."""

import time
from collections.abc import Generator, Iterator
from concurrent.futures import wait
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog

from services.diffusion.deadline import TASK_POLL, CallDeadline
from services.diffusion.errors import (
    MAX_RETRIES,
    DiffusionOutOfMemory,
    DiffusionTimeout,
    ProcessStopping,
    WrongModel,
)
from services.diffusion.in_process import ENGINE
from services.diffusion.in_process.job import QueuedRequest
from services.diffusion.in_process.model import HANGS, STOPS, open_model
from services.diffusion.in_process.warm_up import choose_remedies
from services.diffusion.names import is_model_named
from services.diffusion.output import DiffusionResult, check_output
from services.diffusion.request import (
    DiffusionProgress,
    DiffusionRequest,
    ListedName,
    Purpose,
    UncheckedResult,
    find_size_violations,
)
from services.runtime.errors import DeadlineTooShort, EngineNotReady, InvalidRequest
from services.runtime.shutdown import is_shutdown_requested

if TYPE_CHECKING:
    from services.diffusion.generator_settings import GeneratorSettings

# Whose versions change pixels. Transformers has the text encoders.
LIBRARIES = ("diffusers", "transformers", "torch")

log = structlog.get_logger()


class ModelGenerator:
    """Generates images with the model that the settings name. Safe to call from several threads."""

    def __init__(self, settings: "GeneratorSettings", purpose: Purpose) -> None:
        """Opens the model, which the engines of a process share.

        Raises EngineNotConfigured without one in the settings, and EngineNotReady if it cannot be
        used for this purpose.
        """
        self._model = open_model(settings)
        self._settings = settings
        if reason := self._model.refusals.get(purpose):
            raise EngineNotReady(f"model {self._model.name} cannot be used: {reason}")
        try:
            self._check_model(settings.diffusion_model)
        except WrongModel as error:
            raise EngineNotReady(str(error)) from error

    @property
    def variant(self) -> str:
        """Changes when equal requests would give other images.

        With the weights, the safety checker and the versions of the libraries.
        """
        libraries = (f"{name}{version(name)}" for name in LIBRARIES)
        parts = (self._model.fingerprint, self._model.safety.variant, *libraries)
        return "-".join(filter(None, parts))

    @property
    def fixed_settings(self) -> dict[str, object]:
        """Settings besides the sampling options on which images depend, as plain JSON values."""
        return self._model.fixed_settings

    @property
    def recommended_sampling(self) -> dict[str, object]:
        """Sampling options that suit the model better than the defaults, by name."""
        return self._model.recommended_sampling

    def unavailable_reason(self) -> str:
        """Returns why the model cannot be used now; empty if it can."""
        return self._model.unavailable_reason()

    def default_model(self) -> str:
        """Returns the name of the model."""
        return self._model.name

    def generate(self, request: DiffusionRequest) -> Iterator[DiffusionProgress | DiffusionResult]:
        """Generates an image: yields progress, then the result. Closing the iterator stops it.

        If memory runs out and the caller limits the side, repeats it smaller. Raises the classes in
        `services.diffusion.errors`, DeadlineTooShort, and InvalidRequest.
        """
        if violations := tuple(find_size_violations(request)):
            raise InvalidRequest(*violations)
        self._check_model(request.sampling.model)
        deadline = CallDeadline(self._settings.diffusion_timeout_seconds)
        retries = 0
        while True:
            try:
                sampled = yield from self._generate_once(request, deadline)
                break
            except DiffusionOutOfMemory as error:
                if not request.may_reduce_size or retries >= MAX_RETRIES:
                    raise
                log.info("retrying", why=str(error))
            request, retries = request.reduce_size(), retries + 1
        safety = self._model.safety.check(request, sampled.pixels)
        unchecked = replace(
            sampled,
            parameters={**self.fixed_settings, **sampled.parameters},
            measured={
                **sampled.measured,
                "retries": retries,
                "safety_checker": safety.verdict,
            },
            warnings=(*sampled.warnings, *safety.warnings),
        )
        remedies = choose_remedies(self._model.placement)
        yield check_output(request, unchecked, ENGINE, self._model.name, remedies)

    def _generate_once(
        self, request: DiffusionRequest, deadline: CallDeadline
    ) -> Generator[DiffusionProgress, None, UncheckedResult]:
        """Yields progress, and returns the image, of the padded size, with its times."""
        submitted = time.perf_counter()
        queued = self._model.submit(request, self._settings.diffusion_queue_size)
        try:
            yield from self._follow(queued, deadline)
            sampled = queued.result.result()
        finally:
            queued.drop()
        started = queued.item.started
        measured = {
            "queue_ms": round((started - submitted) * 1000),
            "generate_ms": round((time.perf_counter() - started) * 1000),
        }
        return replace(sampled, measured=measured)

    def _follow(self, queued: QueuedRequest, deadline: CallDeadline) -> Iterator[DiffusionProgress]:
        """Yields the progress of a request whenever it changes, until its end or the deadline.

        Raises DeadlineTooShort as soon as the image cannot be expected in time.
        """
        last_progress, last_position = None, None
        while not queued.result.done():
            deadline.check()
            if self._model.is_hung:
                raise DiffusionTimeout(HANGS)
            position = self._model.find_place(queued)
            if self._model.is_closed or (position and is_shutdown_requested()):
                raise ProcessStopping(STOPS)
            if position != last_position:
                self._check_time_left(queued, deadline)
                last_position = position
            progress = queued.item.progress
            if position:
                progress = DiffusionProgress(0.0, queue_position=position)
            if progress and progress != last_progress:
                last_progress = progress
                yield progress
            wait([queued.result], TASK_POLL)

    def _check_time_left(self, queued: QueuedRequest, deadline: CallDeadline) -> None:
        """Raises DeadlineTooShort if an image that waits or begins is expected after the deadline.

        So another engine can still answer, which needs less time.
        """
        needed, left = self._model.estimate_seconds(queued), deadline.seconds_left
        if needed > left:
            self._model.doubt_pace()
            raise DeadlineTooShort(needed, left, deadline.remedy)

    def _check_model(self, requested: str) -> None:
        """Raises WrongModel if a model is required that this process does not run.

        requested: its name or fingerprint; empty for any.
        """
        name = ListedName(self._model.name, aliases=(self._model.fingerprint,))
        if requested and not is_model_named(requested, name):
            raise WrongModel(f"this process runs {name.name}, not {requested}; leave model empty")
