"""Runs the pipelines of a model for a batch of requests."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

from services.diffusion.in_process.loading import Pipelines
from services.diffusion.request import DiffusionRequest

OnStep = Callable[[int, torch.Tensor], None]
"""Gets the number of steps done and the latents, a float tensor whose first axis is the batch."""


def may_share_batch(first: DiffusionRequest, other: DiffusionRequest) -> bool:
    """Whether two requests differ in nothing that a batch shares: size, sampling and strength."""
    return (
        first.canvas.padded_size == other.canvas.padded_size
        and first.sampling == other.sampling
        and (first.init and first.init.strength) == (other.init and other.init.strength)
    )


@torch.inference_mode()
def sample_batch(
    pipelines: Pipelines, requests: Sequence[DiffusionRequest], on_step: OnStep
) -> list[np.ndarray]:
    """Generates the images of requests that may share a batch.

    Returns uint8 RGB (H, W, 3) of the padded size for each. Raises what `on_step` raises, which
    ends the work between two steps.
    """
    first = requests[0]
    width, height = first.canvas.padded_size
    arguments: dict[str, Any] = {
        "prompt": [request.prompt for request in requests],
        "negative_prompt": [request.negative_prompt for request in requests],
        "width": width,
        "height": height,
        "num_inference_steps": first.sampling.steps,
        "guidance_scale": first.sampling.cfg_scale,
        # On the CPU, so that a seed gives the same noise on every device.
        "generator": [torch.Generator().manual_seed(request.seed) for request in requests],
        "output_type": "np",
        "callback_on_step_end": _call_on_step(on_step),
    }
    pipeline: Any = pipelines.txt2img
    if first.init:
        pipeline = pipelines.inpaint
        arguments["strength"] = first.init.strength
        arguments["image"] = [
            Image.fromarray(request.canvas.pad_image(request.init.pixels))
            for request in requests
            if request.init
        ]
        # The pipelines repaint white, the product mask inverted.
        arguments["mask_image"] = [
            Image.fromarray(255 - request.canvas.pad_lock_mask(request.init.locked))
            for request in requests
            if request.init
        ]
    images = pipeline(**arguments).images
    return [np.ascontiguousarray(np.rint(image * 255), np.uint8) for image in images]


def _call_on_step(on_step: OnStep) -> Callable[..., dict[str, Any]]:
    """Returns the callback that a pipeline expects, which calls `on_step`."""

    def callback(
        pipeline: object, step: int, timestep: object, tensors: dict[str, Any]
    ) -> dict[str, Any]:
        on_step(step + 1, tensors["latents"])
        return {}

    return callback
