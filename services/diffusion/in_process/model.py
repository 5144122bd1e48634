"""A model in this process: one queue and one batch at a time for all engines that use it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import torch

from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.loading import load_pipelines
from services.diffusion.in_process.model_files import ModelFiles, inspect_model
from services.diffusion.in_process.placement import choose_placement
from services.diffusion.in_process.sampling import may_share_batch, sample_batch
from services.diffusion.request import DiffusionProgress, DiffusionRequest
from services.runtime.batching import Batcher, BatchItem, CheckActive


@dataclass
class SamplingJob:
    """A request in the queue of the model or in a batch; progress: the latest, None before it."""

    request: DiffusionRequest
    progress: DiffusionProgress | None = field(default=None)


QueuedRequest = BatchItem[SamplingJob, np.ndarray]
"""A request with its future image, uint8 RGB (H, W, 3) of the padded size."""


class InProcessModel:
    """The weights of one model, and the queue of requests for it."""

    def __init__(self, files: ModelFiles, settings: DiffusersSettings) -> None:
        """Loads the weights, and generates a small image to see that they work."""
        self.name = files.name
        self.fingerprint = files.fingerprint
        if settings.diffusers_threads:
            torch.set_num_threads(settings.diffusers_threads)
        self.placement = choose_placement(settings)
        self._pipelines = load_pipelines(files, self.placement)
        self._batcher: Batcher[SamplingJob, np.ndarray] = Batcher(
            self._run_batch,
            settings.diffusers_max_batch,
            lambda first, other: may_share_batch(first.request, other.request),
        )

    @property
    def can_inpaint(self) -> bool:
        """Whether the model can repaint an image with a mask."""
        return self._pipelines.inpaint is not None

    @property
    def queue_length(self) -> int:
        """Number of requests that wait for a batch."""
        return self._batcher.queue_length

    def submit(self, request: DiffusionRequest) -> QueuedRequest:
        """Adds a request to the queue."""
        return self._batcher.submit(SamplingJob(request))

    def find_place(self, queued: QueuedRequest) -> int:
        """Returns the place of a request in the queue, from 1; 0 once it is in a batch."""
        return self._batcher.find_position(queued)

    def _run_batch(
        self, jobs: Sequence[SamplingJob], check_active: CheckActive
    ) -> Sequence[np.ndarray]:
        """Generates the images of a batch; raises CallCancelled if all callers have left."""
        steps = max(1, round(jobs[0].request.megapixel_steps / jobs[0].request.megapixels))

        def on_step(done: int, latents: torch.Tensor) -> None:
            check_active()
            for job in jobs:
                job.progress = DiffusionProgress(min(done / steps, 1.0), queue_position=0)

        return sample_batch(self._pipelines, [job.request for job in jobs], on_step)


@cache
def _load_model(files: ModelFiles, settings: tuple[tuple[str, object], ...]) -> InProcessModel:
    return InProcessModel(files, DiffusersSettings(**dict(settings)))  # type: ignore[arg-type]


def open_model(settings: DiffusersSettings) -> InProcessModel:
    """Returns the model that the settings name; equal ones share it within a process.

    Raises EngineNotConfigured if they name none, and EngineNotReady if it cannot be used.
    """
    values = {name: getattr(settings, name) for name in DiffusersSettings.model_fields}
    return _load_model(inspect_model(settings), tuple(values.items()))
