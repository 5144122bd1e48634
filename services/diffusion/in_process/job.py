"""A request on its way through the queue of a model."""

from dataclasses import dataclass, field
from functools import partial

from services.diffusion.in_process.image_pace import ImageTimes
from services.diffusion.request import DiffusionProgress, DiffusionRequest, UncheckedResult
from services.runtime.batching import BatchItem


@dataclass
class SamplingJob:
    """A request in the queue of the model or in a batch.

    progress: the latest, None before it. started: when its batch did, as a time.perf_counter()
    value; 0 before. times: of its batch, once that is done.
    """

    request: DiffusionRequest
    progress: DiffusionProgress | None = field(default=None)
    started: float = 0.0
    times: ImageTimes = field(default_factory=partial(ImageTimes, 0.0))


QueuedRequest = BatchItem[SamplingJob, UncheckedResult]
"""A request with its future image, of the padded size."""
