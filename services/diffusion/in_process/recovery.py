"""Survives failures of a model: retries in less memory, alone, or not at all."""

import gc
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog
import torch

from services.diffusion.errors import DiffusionFailed, DiffusionOutOfMemory
from services.diffusion.in_process.exhausted_memory import is_memory_exhausted
from services.diffusion.in_process.free_memory import read_free_memory
from services.diffusion.in_process.job import SamplingJob
from services.diffusion.in_process.loading import Pipelines, tile_vae
from services.diffusion.in_process.placement import ModelPlacement, estimate_activations
from services.diffusion.request import DiffusionRequest, UncheckedResult
from services.runtime.errors import CallCancelled, ServiceError
from services.runtime.shutdown import request_shutdown

DEVICE_LOST = "the GPU failed; restart this process"

log = structlog.get_logger()

Sample = Callable[[Sequence[SamplingJob]], list[UncheckedResult]]
"""Generates the images of jobs that share a batch."""


class BatchRecovery:
    """Generates batches of images, whatever fails meanwhile.

    A process whose GPU is lost reports that, drains and ends with status 0: nothing in it can use
    the GPU again, and its supervisor (the loop of the Procfile, the restart policy of a container)
    starts another. Until then the other engines of the process serve.

    fault: why no image can be generated until the process is restarted; empty if one can.
    """

    def __init__(self, pipelines: Pipelines, placement: ModelPlacement) -> None:
        """Watches over the pipelines of a model.

        placement: where the model runs.
        """
        self.fault = ""
        self._pipelines = pipelines
        self._placement = placement

    def sample(
        self, jobs: Sequence[SamplingJob], sample: Sample
    ) -> list[UncheckedResult | ServiceError]:
        """Returns the image of each job, or why there is none.

        If a batch fails, its jobs are repeated one by one; if memory runs out for one, it is
        repeated with a VAE that works in tiles. Raises CallCancelled as `sample` does.
        """
        outcome = self._try_sample(jobs, sample)
        if isinstance(outcome, list):
            return [*outcome]
        if len(jobs) > 1:
            return [result for job in jobs for result in self.sample([job], sample)]
        if isinstance(outcome, DiffusionOutOfMemory) and not self._placement.has_tiling:
            log.warning("out of memory", retry="in tiles")
            with tile_vae(self._pipelines):
                outcome = self._try_sample(jobs, sample, has_tiling=True)
        if isinstance(outcome, list):
            return [_report_tiling(result) for result in outcome]
        return [outcome]

    def _try_sample(
        self, jobs: Sequence[SamplingJob], sample: Sample, has_tiling: bool = False
    ) -> list[UncheckedResult] | ServiceError:
        """Generates a batch once; leaves no memory behind if it fails.

        has_tiling: whether the VAE works in tiles for this attempt.
        """
        request = jobs[0].request
        if self.fault:
            return DiffusionFailed(self.fault)
        if self._lacks_main_memory(request, has_tiling or self._placement.has_tiling):
            return _describe_out_of_memory(request)
        try:
            return sample(jobs)
        except CallCancelled:
            raise
        except ServiceError as error:
            failure = error
        except Exception as error:
            failure = self._translate(error, request)
            # Frames keep the tensors of a failed step alive.
            traceback.clear_frames(error.__traceback__)
        release_memory()
        return failure

    def _lacks_main_memory(self, request: DiffusionRequest, has_tiling: bool) -> bool:
        """Whether an image is expected to exceed free main memory, for which Linux kills processes.

        has_tiling: whether the VAE works in tiles.
        """
        free = read_free_memory() if self._placement.device.type == "cpu" else None
        needed = estimate_activations(request.megapixels, torch.float32, has_tiling)
        return free is not None and needed > free

    def _translate(self, error: Exception, request: DiffusionRequest) -> ServiceError:
        """Returns what the caller gets instead of an error of a library, which is logged."""
        if is_memory_exhausted(error):
            log.info("out of memory", why=type(error).__name__)
            return _describe_out_of_memory(request)
        log.exception("image failed")
        if self._placement.device.type == "cuda" and not is_gpu_usable():
            self.fault = DEVICE_LOST
            log.error("GPU lost", consequence="this process drains and ends")
            # No later call of this process can use the GPU.
            request_shutdown()
            return DiffusionFailed(self.fault)
        return DiffusionFailed(
            "the model failed at this image; send another size or sampler, or see the service's log"
        )


def is_gpu_usable() -> bool:
    """Whether the GPU still computes: after some errors every call in the process fails."""
    try:
        return bool(torch.ones(1, device="cuda").item() == 1)
    # Of any class, by the kind of failure.
    except Exception:
        return False


def release_memory() -> None:
    """Frees the memory that no object refers to any longer, also that of the GPU's cache."""
    gc.collect()
    cuda: Any = torch.cuda
    if cuda.is_initialized():
        try:
            torch.cuda.empty_cache()
        # Of a GPU that is lost.
        except RuntimeError as error:
            log.warning("GPU memory not freed", why=type(error).__name__)


def _report_tiling(result: UncheckedResult) -> UncheckedResult:
    """Adds to an image that its VAE worked in tiles, which changes pixels a little."""
    return replace(result, parameters={**result.parameters, "vae_tiling": True})


def _describe_out_of_memory(request: DiffusionRequest) -> DiffusionOutOfMemory:
    width, height = request.canvas.padded_size
    return DiffusionOutOfMemory(
        f"memory ran out at {width} x {height} pixels; ask for a smaller image or set drawn_side"
    )
