"""Loads a model as the pipelines of diffusers, which share its weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import AutoPipelineForInpainting, AutoPipelineForText2Image, DiffusionPipeline

from services.diffusion.in_process.files.checkpoint_family import INPAINTING_CHANNELS
from services.diffusion.in_process.files.model_files import ModelFiles
from services.diffusion.in_process.network_loading import load_networks
from services.diffusion.in_process.placement import TILE_SIDE, ModelPlacement
from services.diffusion.in_process.single_file import load_single_file


@dataclass(frozen=True)
class Pipelines:
    """The pipelines of one model, which share its weights.

    inpaint: None if the model has no form that repaints an image with a mask.
    """

    txt2img: DiffusionPipeline
    inpaint: DiffusionPipeline | None

    @property
    def only_inpaints(self) -> bool:
        """Whether the model is of the inpainting kind, whose UNet also sees a mask and an image."""
        unet: Any = getattr(self.txt2img, "unet", None)
        return unet is not None and unet.config.in_channels == INPAINTING_CHANNELS


def load_pipelines(files: ModelFiles, placement: ModelPlacement) -> Pipelines:
    """Loads the weights of a model and places them on their device.

    files: of the model, inspected before.
    """
    if files.checkpoint:
        txt2img: Any = load_single_file(files.checkpoint, placement.dtype)
    else:
        auto: Any = AutoPipelineForText2Image
        # The pipeline would blacken images that its checker flags, so that is used outside of it.
        no_checker = {
            "safety_checker": None,
            "feature_extractor": None,
            "requires_safety_checker": False,
        }
        txt2img = auto.from_pretrained(
            files.path,
            local_files_only=True,
            use_safetensors=True,
            dtype=placement.dtype,
            **load_networks(files, placement.dtype),
            **no_checker if files.safety_checker else {},
        )
    txt2img.set_progress_bar_config(disable=True)
    return place_pipelines(txt2img, placement)


def place_pipelines(txt2img: Any, placement: ModelPlacement) -> Pipelines:
    """Moves the weights of a pipeline to their device, and returns it with its inpainting form.

    txt2img: a pipeline in main memory, in the precision of the placement.
    """
    _keep_vae_in_float32(txt2img)
    # Decodes the images of a batch one after another: no slower, and in the memory of one.
    txt2img.vae.enable_slicing()
    _set_tile_side(txt2img.vae)
    if placement.has_tiling:
        txt2img.vae.enable_tiling()
    try:
        inpaint = AutoPipelineForInpainting.from_pipe(txt2img)
    except ValueError:
        inpaint = None
    else:
        inpaint.set_progress_bar_config(disable=True)
    pipelines = Pipelines(txt2img, inpaint)
    _place_weights(pipelines, placement)
    return pipelines


@contextmanager
def tile_vae(pipelines: Pipelines) -> Iterator[None]:
    """Makes the VAE work in tiles within a `with` block, which takes less memory."""
    txt2img: Any = pipelines.txt2img
    vae = txt2img.vae
    had_tiling, vae.use_tiling = vae.use_tiling, True
    try:
        yield
    finally:
        vae.use_tiling = had_tiling


def _place_weights(pipelines: Pipelines, placement: ModelPlacement) -> None:
    """Moves the weights of a model to the device, now or when they are needed."""
    txt2img: Any = pipelines.txt2img
    inpaint: Any = pipelines.inpaint
    match placement.offload:
        case "none":
            # Weights are loaded into main memory, and a CPU needs no move.
            if placement.device.type != "cpu":
                txt2img.to(placement.device)
        case "model":
            txt2img.enable_model_cpu_offload(device=placement.device)
            if inpaint:
                # Replaces the hooks on the shared parts, and is done after each image anyway.
                inpaint.enable_model_cpu_offload(device=placement.device)
        case "sequential":
            # The hooks on the shared parts serve the inpainting pipeline too.
            txt2img.enable_sequential_cpu_offload(device=placement.device)


def _keep_vae_in_float32(pipeline: Any) -> None:
    """Makes a VAE that overflows in 16 bits work in 32, as that of Stable Diffusion XL does.

    Its pipelines would cast the weights of the VAE, which they share, before and after each use.
    Here they stay in float32, and what enters the VAE is cast.
    """
    vae = pipeline.vae
    if not hasattr(pipeline, "upcast_vae") or not vae.config.force_upcast:
        return
    vae.register_to_config(force_upcast=False)
    if vae.dtype == torch.float32:
        return
    # The method of the class above, as that of the VAE warns of every cast.
    torch.nn.Module.to(vae, torch.float32)
    for module in (vae.encoder, vae.decoder, vae.quant_conv, vae.post_quant_conv):
        if module is not None:
            module.register_forward_pre_hook(_cast_to_float32)


def _cast_to_float32(module: torch.nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Casts the first input of a part of a VAE, a float tensor (batch, channels, h, w)."""
    return (inputs[0].float(), *inputs[1:])


def _set_tile_side(vae: Any) -> None:
    """Sets the size of tiles: that of the VAE of Stable Diffusion XL is the whole image."""
    scale = 2 ** (len(vae.config.block_out_channels) - 1)
    vae.tile_sample_min_size, vae.tile_latent_min_size = TILE_SIDE, TILE_SIDE // scale
