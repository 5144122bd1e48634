"""Loads a model as the pipelines of diffusers, which share its weights."""

from dataclasses import dataclass
from typing import Any

from diffusers import AutoPipelineForInpainting, AutoPipelineForText2Image, DiffusionPipeline

from services.diffusion.in_process.model_files import ModelFiles
from services.diffusion.in_process.placement import ModelPlacement


@dataclass(frozen=True)
class Pipelines:
    """The pipelines of one model, which share its weights.

    inpaint: None if the model has no form that repaints an image with a mask.
    """

    txt2img: DiffusionPipeline
    inpaint: DiffusionPipeline | None


def load_pipelines(files: ModelFiles, placement: ModelPlacement) -> Pipelines:
    """Loads the weights of a model and places them on their device.

    files: of the model, inspected before.
    """
    auto: Any = AutoPipelineForText2Image
    txt2img = auto.from_pretrained(
        files.path, local_files_only=True, use_safetensors=True, dtype=placement.dtype
    )
    txt2img.set_progress_bar_config(disable=True)
    txt2img.to(placement.device)
    try:
        inpaint = AutoPipelineForInpainting.from_pipe(txt2img)
    except ValueError:
        return Pipelines(txt2img, inpaint=None)
    inpaint.set_progress_bar_config(disable=True)
    return Pipelines(txt2img, inpaint)
