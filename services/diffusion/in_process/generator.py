"""Generates images with a model in this process: queue, deadline, checks, report."""

import time
from collections.abc import Iterator

import torch

from services.diffusion.deadline import TASK_POLL, CallDeadline
from services.diffusion.errors import QUEUE_RETRY_SECONDS, QueueFull
from services.diffusion.generation import DiffusionResult, OutputRemedies, check_output
from services.diffusion.in_process import ENGINE, DiffusersSettings
from services.diffusion.in_process.model import QueuedRequest, open_model
from services.diffusion.request import (
    DiffusionProgress,
    DiffusionRequest,
    Purpose,
    UncheckedResult,
    find_size_violations,
)
from services.diffusion.settings import DiffusionSettings
from services.runtime.errors import EngineNotReady, InvalidRequest

REMEDIES = OutputRemedies(empty="set CYCLORAMA_DIFFUSERS_PRECISION to bfloat16 or float32")


class ModelGenerator:
    """Generates images with the model that the settings name. Safe to call from several threads."""

    def __init__(
        self, diffusers: DiffusersSettings, diffusion: DiffusionSettings, purpose: Purpose
    ) -> None:
        """Opens the model, which the engines of a process share.

        Raises EngineNotConfigured without one in the settings, and EngineNotReady if it cannot be
        used for this purpose.
        """
        self._model = open_model(diffusers)
        self._settings = diffusion
        if purpose == "img2img" and not self._model.can_inpaint:
            raise EngineNotReady(
                f"model {self._model.name} has no inpainting form; choose another model"
            )

    @property
    def variant(self) -> str:
        """Changes when equal requests would give other images: with the weights."""
        return self._model.fingerprint

    @property
    def fixed_settings(self) -> dict[str, object]:
        """Settings besides the sampling options on which images depend, as plain JSON values."""
        placement = self._model.placement
        return {"device": placement.device.type, "precision": _name_of(placement.dtype)}

    def unavailable_reason(self) -> str:
        """Returns why the model cannot be used now; empty if it can."""
        return ""

    def default_model(self) -> str:
        """Returns the name of the model."""
        return self._model.name

    def generate(self, request: DiffusionRequest) -> Iterator[DiffusionProgress | DiffusionResult]:
        """Generates an image: yields progress, then the result. Closing the iterator stops it.

        Raises the classes in `services.diffusion.errors`, and InvalidRequest.
        """
        if violations := tuple(find_size_violations(request)):
            raise InvalidRequest(*violations)
        deadline = CallDeadline(self._settings.diffusion_timeout_seconds)
        if self._model.queue_length >= self._settings.diffusion_queue_size:
            text = f"{self._model.queue_length} calls already wait for the model"
            raise QueueFull(f"{text}; try again in {QUEUE_RETRY_SECONDS} s, or add a replica")
        start = time.perf_counter()
        queued = self._model.submit(request)
        try:
            yield from self._follow(queued, deadline)
            pixels = queued.result.result()
        finally:
            queued.drop()
        unchecked = UncheckedResult(
            pixels,
            parameters={**self.fixed_settings},
            measured={"generate_ms": round((time.perf_counter() - start) * 1000)},
        )
        yield check_output(request, unchecked, ENGINE, self._model.name, REMEDIES)

    def _follow(self, queued: QueuedRequest, deadline: CallDeadline) -> Iterator[DiffusionProgress]:
        """Yields the progress of a request whenever it changes, until its end or the deadline."""
        last_progress = None
        while not queued.result.done():
            deadline.check()
            if position := self._model.find_place(queued):
                progress: DiffusionProgress | None = DiffusionProgress(0.0, queue_position=position)
            else:
                progress = queued.item.progress
            if progress and progress != last_progress:
                last_progress = progress
                yield progress
            time.sleep(TASK_POLL)


def _name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
