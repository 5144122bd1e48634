"""Runs the pipelines of a model for a batch of requests."""

import inspect
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch

from services.diffusion.canvas import PaddedCanvas
from services.diffusion.in_process.loading import Pipelines
from services.diffusion.in_process.sampling.guidance import (
    find_guidance_input,
    warn_of_unused_negative_prompt,
    write_guidance_arguments,
)
from services.diffusion.in_process.sampling.init_images import LockedLatents, write_init_arguments
from services.diffusion.in_process.sampling.previews import LatentPreview
from services.diffusion.in_process.sampling.prompts import (
    find_prompt_readers,
    warn_of_cut_prompt,
    write_prompt_arguments,
)
from services.diffusion.in_process.sampling.recommendations import recommend_sampling
from services.diffusion.in_process.sampling.samplers import ChosenScheduler, choose_scheduler
from services.diffusion.request import DiffusionRequest, UncheckedResult, warn_of_overrides
from services.runtime.batching import CheckActive
from services.runtime.engines import EngineWarning

# Seconds between two previews. Smaller: smoother, and more copies from the GPU.
PREVIEW_INTERVAL = 0.5
# Weaker repainting counts as this, and changes as little. Its one step is 1 of 50, the most that
# latent consistency models know.
MIN_STRENGTH = 0.02

OnStep = Callable[[float, Sequence[np.ndarray]], None]
"""Gets the share of the steps done, 0 to 1, and the previews of a batch; none unless they are due.

A preview is uint8 RGB (h, w, 3).
"""


def may_share_batch(first: DiffusionRequest, other: DiffusionRequest) -> bool:
    """Whether two requests differ in nothing that a batch shares.

    It shares the size, the sampling options, the strength, and whether there is a negative prompt
    and an image to repaint.
    """
    return (
        first.canvas.padded_size == other.canvas.padded_size
        and first.canvas.inner_size == other.canvas.inner_size
        and first.sampling == other.sampling
        and (first.init and first.init.strength) == (other.init and other.init.strength)
        and bool(first.negative_prompt) == bool(other.negative_prompt)
    )


class ImageSampler:
    """Samples images with the pipelines of one model, for one thread at a time.

    recommended: sampling options that suit the model better than the defaults, by name.
    """

    def __init__(self, pipelines: Pipelines, model: str) -> None:
        """Finds out what the pipelines take, and fits previews to the model.

        model: its name.
        """
        self._pipelines = pipelines
        self._guidance = find_guidance_input(pipelines.txt2img)
        self._readers = find_prompt_readers(pipelines.txt2img)
        self._preview = LatentPreview(pipelines.txt2img)
        self.recommended = recommend_sampling(pipelines.txt2img, model)

    @torch.inference_mode()
    def sample(
        self,
        requests: Sequence[DiffusionRequest],
        check_active: CheckActive,
        on_step: OnStep,
        preview_interval: float = PREVIEW_INTERVAL,
    ) -> list[UncheckedResult]:
        """Generates the images of requests that may share a batch.

        Returns images of the padded size, with the options that were used. Raises what
        `check_active` and `on_step` raise, which ends the work before the model's next part runs.

        To repaint an image, `steps` divide the way from noise to image, of which only the share
        `strength` is run: rounded down, and up by flow matching. (A1111 rounds down and runs one
        more.) If less than one step is left, the way is divided into more.

        preview_interval: seconds.
        """
        first = requests[0]
        txt2img: Any = self._pipelines.txt2img
        chosen = choose_scheduler(txt2img.scheduler, first.sampling)
        steps = _plan_steps(first, chosen.max_steps)
        pipeline, arguments = self._choose_pipeline(requests)
        arguments |= {
            **self._write_prompts(requests),
            "width": first.canvas.padded_size[0],
            "height": first.canvas.padded_size[1],
            "num_inference_steps": steps,
            # On the CPU, so that a seed gives the same noise on every device.
            "generator": [torch.Generator().manual_seed(request.seed) for request in requests],
            "output_type": "np",
        }
        on_step(0.0, ())
        with ExitStack() as changes:
            changes.enter_context(_use_scheduler(pipeline, chosen.scheduler))
            changes.enter_context(_check_before_parts(pipeline, check_active))
            sees_mask = first.init and self._pipelines.only_inpaints
            locked = LockedLatents(pipeline, arguments) if sees_mask else None
            arguments["callback_on_step_end"] = _create_callback(
                first.canvas, on_step, locked, self._preview, preview_interval
            )
            images = pipeline(**_keep_known(pipeline, arguments)).images
        check_active()
        return [
            self._write_result(request, image, chosen, steps)
            for request, image in zip(requests, images, strict=True)
        ]

    def _choose_pipeline(self, requests: Sequence[DiffusionRequest]) -> tuple[Any, dict[str, Any]]:
        """Returns the pipeline for a batch, and its arguments for images to repaint, if any."""
        init = requests[0].init
        if init is None and not self._pipelines.only_inpaints:
            return self._pipelines.txt2img, {}
        pipeline: Any = self._pipelines.inpaint
        strength = max(init.strength, MIN_STRENGTH) if init else 1.0
        return pipeline, {
            "strength": strength,
            **write_init_arguments(requests, pipeline.vae_scale_factor),
        }

    def _write_prompts(self, requests: Sequence[DiffusionRequest]) -> dict[str, Any]:
        """Returns the arguments for the prompts and the guidance of a batch."""
        guidance: dict[str, Any] = write_guidance_arguments(self._guidance, requests)
        prompts = {"prompt": [request.prompt for request in requests]}
        if negative_prompts := guidance.pop("negative_prompt", None):
            prompts["negative_prompt"] = negative_prompts
        for name, texts in prompts.items():
            guidance |= write_prompt_arguments(self._readers, name, texts)
        return guidance

    def _write_result(
        self, request: DiffusionRequest, image: np.ndarray, chosen: ChosenScheduler, steps: int
    ) -> UncheckedResult:
        """Returns an image, float RGB (H, W, 3) from 0 to 1, with what determined it."""
        used = {"sampler": chosen.sampler, "scheduler": chosen.noise_levels, "steps": steps}
        return UncheckedResult(
            # Not a number, as in overflows, becomes black, which is checked later.
            pixels=np.ascontiguousarray(np.rint(np.nan_to_num(image) * 255), np.uint8),
            parameters={name: value for name, value in used.items() if value},
            warnings=(
                *chosen.warnings,
                *_warn_of_other_steps(request, steps),
                *warn_of_cut_prompt(self._readers, request.prompt),
                *(
                    warn_of_unused_negative_prompt(self._guidance, request)
                    or warn_of_cut_prompt(self._readers, request.negative_prompt, "negative prompt")
                ),
                *warn_of_overrides(request.sampling, "engine diffusers"),
            ),
        )


def _plan_steps(request: DiffusionRequest, max_steps: int) -> int:
    """Returns into how many steps the way from noise to image is divided, at most `max_steps`.

    At least so many that one of them is run, whatever the strength.
    """
    strength = max(request.init.strength, MIN_STRENGTH) if request.init else 1.0
    steps = request.sampling.steps
    while steps < max_steps and int(steps * strength) < 1:
        steps += 1
    return min(steps, max_steps)


def _warn_of_other_steps(request: DiffusionRequest, steps: int) -> tuple[EngineWarning, ...]:
    """Returns a warning if the way is divided into another number of steps than requested."""
    requested = request.sampling.steps
    if steps == requested:
        return ()
    if steps > requested:
        reason = "so that one of them is run at this strength; raise denoising_strength or steps"
    else:
        reason = "the most that its sampler knows"
    text = f"the model used {steps} steps instead of {requested}, {reason}"
    return (EngineWarning("STEPS_CHANGED", text),)


def _create_callback(
    canvas: PaddedCanvas,
    on_step: OnStep,
    locked: LockedLatents | None,
    preview: LatentPreview,
    interval: float,
) -> Callable[..., dict[str, Any]]:
    """Returns the function that a pipeline calls after each step, which reports the progress.

    locked: what to restore after the last step, if anything.
    interval: seconds between previews.
    """
    next_preview = time.monotonic()

    def report_step(
        pipeline: Any, step: int, timestep: object, tensors: dict[str, torch.Tensor]
    ) -> dict[str, Any]:
        nonlocal next_preview
        previews: Sequence[np.ndarray] = ()
        if time.monotonic() >= next_preview:
            previews = preview.render(tensors["latents"], canvas)
            next_preview = time.monotonic() + interval
        # Of the steps that are run, which are more than requested for some samplers.
        on_step((step + 1) / pipeline.num_timesteps, previews)
        if locked and step + 1 == pipeline.num_timesteps:
            return {"latents": locked.restore(tensors["latents"])}
        return {}

    return report_step


@contextmanager
def _use_scheduler(pipeline: Any, scheduler: object) -> Iterator[None]:
    """Replaces the scheduler of a pipeline for one call, however that ends.

    A call that is stopped may leave memory taken.
    """
    own = pipeline.scheduler
    pipeline.scheduler = scheduler
    try:
        yield
    except BaseException:
        pipeline.maybe_free_model_hooks()
        raise
    finally:
        pipeline.scheduler = own


@contextmanager
def _check_before_parts(pipeline: Any, check_active: CheckActive) -> Iterator[None]:
    """Calls `check_active` before each run of a text encoder, a denoiser or the VAE."""
    modules = [part for part in pipeline.components.values() if isinstance(part, torch.nn.Module)]
    # The parts of a VAE are called without it.
    modules += [pipeline.vae.encoder, pipeline.vae.decoder]

    def check_before(*_: object) -> None:
        check_active()

    hooks = [module.register_forward_pre_hook(check_before) for module in modules]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _keep_known(pipeline: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments that a pipeline takes; not all of them take a negative prompt."""
    parameters = inspect.signature(pipeline.__call__).parameters
    return {name: value for name, value in arguments.items() if name in parameters}
