"""Seconds and GPU memory of full-size models with random weights, by what saves memory."""

import statistics
from collections.abc import Iterator
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from benchmarks.report import BenchmarkRow, measure_seconds
from services.diffusion.in_process.loading import Pipelines, place_pipelines
from services.diffusion.in_process.placement import ModelPlacement

# What saves memory, and whether the VAE works in tiles.
MODES = (("none", False), ("none", True), ("model", True), ("sequential", True))
STEPS, REPEATS = 20, 5
TOKENS = 77


def measure_full_size(quick: bool) -> Iterator[BenchmarkRow]:
    """Measures Stable Diffusion 1.5 at 512 px and XL at 1024 px; theirs is the plain pipeline.

    quick: one image each.
    """
    for family, side in (("sd15", 512), ("sdxl", 1024)):
        plain_seconds, plain_gigabytes = measure_pipeline(
            build_full_size(family).to("cuda"), side, 1 if quick else REPEATS
        )
        for offload, has_tiling in MODES:
            placement = ModelPlacement(torch.device("cuda"), torch.float16, offload, has_tiling)
            pipelines: Pipelines = place_pipelines(build_full_size(family), placement)
            seconds, gigabytes = measure_pipeline(pipelines.txt2img, side, 1 if quick else REPEATS)
            mode = f"{family} {side} px, offload {offload}{', tiles' if has_tiling else ''}"
            yield BenchmarkRow(mode, "s", plain_seconds, seconds)
            yield BenchmarkRow(f"{mode}: peak", "GB", plain_gigabytes, gigabytes)
            del pipelines
            torch.cuda.empty_cache()


def measure_pipeline(pipeline: Any, side: int, repeats: int) -> tuple[float, float]:
    """Returns the median seconds of an image, and the most GB of GPU memory that it took."""
    pipeline.set_progress_bar_config(disable=True)
    torch.cuda.reset_peak_memory_stats()
    # The first one allocates memory and chooses kernels.
    spent = [measure_seconds(lambda: generate_image(pipeline, side)) for _ in range(repeats + 1)]
    return statistics.median(spent[1:]), torch.cuda.max_memory_allocated() / 1e9


def generate_image(pipeline: Any, side: int, steps: int = STEPS) -> None:
    """Generates an image without a prompt's text: its encoding is random, as are the weights."""
    unet = pipeline.unet
    encoded = torch.randn(
        (1, TOKENS, unet.config.cross_attention_dim),
        dtype=unet.dtype,
        device=pipeline._execution_device,
    )
    arguments = {"prompt_embeds": encoded, "negative_prompt_embeds": encoded}
    if hasattr(pipeline, "text_encoder_2"):
        width = pipeline.text_encoder_2.config.projection_dim
        pooled = torch.randn((1, width), dtype=unet.dtype, device=encoded.device)
        arguments |= {"pooled_prompt_embeds": pooled, "negative_pooled_prompt_embeds": pooled}
    pipeline(width=side, height=side, num_inference_steps=steps, output_type="np", **arguments)


def build_full_size(family: str, width: int = 320) -> Any:
    """Returns a pipeline with random weights in float16, in main memory.

    family: "sd15" or "sdxl". width: channels of the UNet's first level; 320 is the full size.
    """
    scheduler = EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, steps_offset=1)
    # The defaults of both libraries are those of Stable Diffusion 1.5.
    with torch.device("meta"):
        vae = AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(128, 256, 512, 512),
            layers_per_block=2,
            sample_size=512 if family == "sd15" else 1024,
        )
        text_encoder = CLIPTextModel(_configure_clip(768))
        unet = _build_unet_15(width) if family == "sd15" else _build_unet_xl(width)
    parts = {"vae": vae, "text_encoder": text_encoder, "unet": unet}
    if family == "sdxl":
        with torch.device("meta"):
            second = CLIPTextModelWithProjection(_configure_clip(1280))
        parts["text_encoder_2"] = second
    filled = {name: _fill_randomly(part) for name, part in parts.items()}
    if family == "sdxl":
        return StableDiffusionXLPipeline(
            **filled, tokenizer=None, tokenizer_2=None, scheduler=scheduler
        )
    return StableDiffusionPipeline(
        **filled,
        tokenizer=None,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _build_unet_15(width: int) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=64,
        block_out_channels=(width, 2 * width, 4 * width, 4 * width),
        cross_attention_dim=768,
    )


def _build_unet_xl(width: int) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=128,
        block_out_channels=(width, 2 * width, 4 * width),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 2, 10),
        attention_head_dim=(5, 10, 20),
        cross_attention_dim=2048,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=256,
        # The width of the second text encoder, and six numbers of 256 values.
        projection_class_embeddings_input_dim=1280 + 6 * 256,
    )


def _configure_clip(width: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        projection_dim=width,
        num_hidden_layers=12 if width == 768 else 32,
        num_attention_heads=width // 64,
    )


def _fill_randomly(network: Any) -> Any:
    """Returns a network in float16, with random weights so small that activations stay so too.

    network: on the device "meta", which stores no weights.
    """
    network = network.to_empty(device="cpu").half().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.02)
        for name, buffer in network.named_buffers():
            if name.endswith("position_ids"):
                buffer.copy_(torch.arange(buffer.shape[-1]))
    return network
