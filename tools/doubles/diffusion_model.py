"""Builds tiny diffusion models with random weights, in the file format of diffusers.

They stand in for models of gigabytes: their pipelines run the same code, in milliseconds, and paint
noise. Only their VAE (autoencoder) is not random: it returns the mean color of each 8 x 8 pixels,
so that an image to repaint stays recognizable.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Literal

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    LatentConsistencyModelPipeline,
    LCMScheduler,
    PNDMScheduler,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

from services.diffusion.in_process.clip_vocabulary import MAX_TOKENS, number_tokens

# A latent consistency model (lcm) has no inpainting form.
Family = Literal["sd15", "sd15-inpainting", "lcm", "sdxl", "flux"]
FAMILIES: tuple[Family, ...] = ("sd15", "sd15-inpainting", "lcm", "sdxl", "flux")
# Tokens of a T5 prompt.
T5_TOKENS = 512
TEXT_WIDTH = 32
# Of the second text encoder of SDXL: another one, as their widths tell the two apart in files.
SECOND_TEXT_WIDTH = 40
# Of the VAE: red, green and blue, their negatives so that the mean is 0, and two constants.
VAE_CHANNELS = 8
# Value of the constants, by which the normalization of a group is nearly the same for all images:
# their spread is far larger than that of colors from -1 to 1.
VAE_CONSTANT = 100.0
# Added before the activation SiLU, which is the identity for large values, and subtracted again.
LINEAR_OFFSET = 30.0
# Parts of the names of parameters that are 0 unless they are set to pass colors.
SILENT_PARTS = ("conv2", "to_out", "conv_in", "conv_out", "quant", "samplers")
# Logarithm of the variance of latents: none.
NO_VARIANCE = -30.0
LATENT_CHANNELS = 4
# No cosine is above it.
NEVER_SPECIAL = 1.1
# Noise levels of Stable Diffusion.
BETAS: dict[str, Any] = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
}


def build_model(
    folder: Path, family: Family = "sd15", seed: int = 0, flag_above: float | None = None
) -> Path:
    """Writes a tiny model to a folder, which is created, and returns the folder.

    seed: of the random weights.
    flag_above: of a safety checker, for models of Stable Diffusion 1.5; see build_safety_checker.
        None for no checker.
    """
    torch.manual_seed(seed)
    pipeline = _build_pipeline(folder, family)
    if flag_above is not None:
        pipeline.register_modules(
            safety_checker=build_safety_checker(flag_above),
            feature_extractor=CLIPImageProcessorPil(),
        )
    pipeline.save_pretrained(folder)
    index = folder / "model_index.json"
    # The name where torchvision is installed, which published models have.
    index.write_text(index.read_text().replace("CLIPImageProcessorPil", "CLIPImageProcessor"))
    return folder


def build_safety_checker(flag_above: float) -> StableDiffusionSafetyChecker:
    """Returns a safety checker of random weights.

    flag_above: cosine of the angle between an image and a concept above which the image is
        flagged: -1.1 flags every image, 1.1 none.
    """
    vision = CLIPVisionConfig(
        hidden_size=TEXT_WIDTH,
        intermediate_size=37,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=32,
        patch_size=8,
    )
    config = CLIPConfig(vision_config=vision.to_dict(), projection_dim=TEXT_WIDTH)
    checker = StableDiffusionSafetyChecker(config)
    with torch.no_grad():
        checker.concept_embeds.normal_()
        checker.concept_embeds_weights.fill_(flag_above)
        # Concepts that only lower the threshold of the others.
        checker.special_care_embeds_weights.fill_(NEVER_SPECIAL)
    return checker


def _build_pipeline(folder: Path, family: Family) -> Any:
    """Returns a pipeline of tiny parts; writes the files of its tokenizers below the folder."""
    tokenizer = build_clip_tokenizer(folder / "tokenizer")
    match family:
        case "sd15" | "sd15-inpainting":
            is_inpainting = family == "sd15-inpainting"
            pipeline = StableDiffusionInpaintPipeline if is_inpainting else StableDiffusionPipeline
            return pipeline(
                vae=build_vae(),
                text_encoder=CLIPTextModel(_clip_config(len(tokenizer))),
                tokenizer=tokenizer,
                # The inpainting kind also sees the mask and the masked image.
                unet=_build_unet(2 * LATENT_CHANNELS + 1 if is_inpainting else LATENT_CHANNELS),
                scheduler=PNDMScheduler(
                    **BETAS, skip_prk_steps=True, steps_offset=1, set_alpha_to_one=False
                ),
                safety_checker=None,
                feature_extractor=None,
                requires_safety_checker=False,
            )
        case "lcm":
            return LatentConsistencyModelPipeline(
                vae=build_vae(),
                text_encoder=CLIPTextModel(_clip_config(len(tokenizer))),
                tokenizer=tokenizer,
                # Its width of the embedded guidance scale.
                unet=_build_unet(LATENT_CHANNELS, time_cond_proj_dim=TEXT_WIDTH),
                scheduler=LCMScheduler(**BETAS),
                safety_checker=None,
                feature_extractor=None,
                requires_safety_checker=False,
            )
        case "sdxl":
            return StableDiffusionXLPipeline(
                vae=build_vae(),
                text_encoder=CLIPTextModel(_clip_config(len(tokenizer))),
                text_encoder_2=CLIPTextModelWithProjection(
                    _clip_config(len(tokenizer), SECOND_TEXT_WIDTH)
                ),
                tokenizer=tokenizer,
                tokenizer_2=tokenizer,
                unet=_build_xl_unet(),
                scheduler=EulerDiscreteScheduler(
                    **BETAS, steps_offset=1, timestep_spacing="leading"
                ),
            )
        case "flux":
            t5_tokenizer = _build_t5_tokenizer()
            return FluxPipeline(
                scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
                vae=build_vae(use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.0),
                text_encoder=CLIPTextModel(_clip_config(len(tokenizer))),
                tokenizer=tokenizer,
                text_encoder_2=T5EncoderModel(
                    T5Config(
                        vocab_size=len(t5_tokenizer) + 2,
                        d_model=TEXT_WIDTH,
                        d_ff=37,
                        d_kv=8,
                        num_layers=2,
                        num_heads=4,
                    )
                ),
                tokenizer_2=t5_tokenizer,
                transformer=_build_flux_transformer(),
            )


def build_clip_tokenizer(folder: Path) -> CLIPTokenizer:
    """Writes a CLIP vocabulary of single bytes, without any merges, and returns its tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = number_tokens(merges=[])
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    vocabulary.write_text(json.dumps(tokens))
    merges.write_text("#version: 0.2\n")
    return CLIPTokenizer(str(vocabulary), str(merges), model_max_length=MAX_TOKENS)


def _build_t5_tokenizer() -> T5Tokenizer:
    """Returns a T5 tokenizer of single ASCII letters, with the logarithms of their probability."""
    special = [
        ("<pad>", 0.0),
        ("</s>", 0.0),
        ("<unk>", -10.0),
        ("\N{LOWER ONE EIGHTH BLOCK}", -2.0),
    ]
    letters = [(chr(code), -3.0) for code in range(0x21, 0x7F)]
    return T5Tokenizer(vocab=[*special, *letters], extra_ids=0, model_max_length=T5_TOKENS)


def _clip_config(tokens: int, width: int = TEXT_WIDTH) -> CLIPTextConfig:
    """Returns the configuration of a tiny text encoder; tokens: of its vocabulary."""
    return CLIPTextConfig(
        vocab_size=tokens,
        hidden_size=width,
        intermediate_size=37,
        num_hidden_layers=2,
        num_attention_heads=4,
        projection_dim=width,
        max_position_embeddings=MAX_TOKENS,
        bos_token_id=tokens - 2,
        eos_token_id=tokens - 1,
        pad_token_id=tokens - 1,
    )


def _build_unet(in_channels: int, **options: Any) -> UNet2DConditionModel:
    """Returns a UNet of Stable Diffusion 1.5; options: further fields of its configuration."""
    return UNet2DConditionModel(
        **options,
        block_out_channels=(4, 8),
        layers_per_block=1,
        sample_size=8,
        in_channels=in_channels,
        out_channels=LATENT_CHANNELS,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=TEXT_WIDTH,
        norm_num_groups=2,
        attention_head_dim=2,
    )


def _build_xl_unet() -> UNet2DConditionModel:
    # An image's size, crop and target size: six numbers of 8 values each.
    sizes_width = 8
    return UNet2DConditionModel(
        block_out_channels=(4, 8),
        layers_per_block=1,
        sample_size=8,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=TEXT_WIDTH + SECOND_TEXT_WIDTH,
        norm_num_groups=2,
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=sizes_width,
        transformer_layers_per_block=(1, 2),
        projection_class_embeddings_input_dim=SECOND_TEXT_WIDTH + 6 * sizes_width,
    )


def _build_flux_transformer() -> FluxTransformer2DModel:
    return FluxTransformer2DModel(
        patch_size=1,
        # Flux packs 2 x 2 latents.
        in_channels=4 * LATENT_CHANNELS,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=TEXT_WIDTH,
        pooled_projection_dim=TEXT_WIDTH,
        axes_dims_rope=(4, 4, 8),
        guidance_embeds=True,
    )


def build_vae(**options: Any) -> AutoencoderKL:
    """Returns a VAE whose latents are the mean colors of 8 x 8 pixels, with all of its real layers.

    Its residual blocks are set to add nothing, and its activations to work where they are linear.

    options: further fields of its configuration.
    """
    levels = 4
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=(VAE_CHANNELS,) * levels,
        layers_per_block=1,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=1,
        sample_size=64,
        # So that latents of images have a standard deviation of about 1.
        scaling_factor=2.0,
        **options,
    )
    with torch.no_grad():
        for name, parameter in vae.named_parameters():
            if any(part in name for part in SILENT_PARTS):
                parameter.zero_()
        _pass_colors(vae.encoder)
        _pass_colors(vae.decoder)
        # The mean of each 2 x 2 pixels; the nearest pixel.
        for block in vae.encoder.down_blocks:
            for sampler in block.downsamplers or ():
                _set_diagonal(sampler.conv.weight, (slice(0, 2), slice(0, 2)), 0.25)
        for block in vae.decoder.up_blocks:
            for sampler in block.upsamplers or ():
                _set_diagonal(sampler.conv.weight, (1, 1), 1.0)
        if vae.quant_conv is not None:
            _set_diagonal(vae.quant_conv.weight, (0, 0), 1.0)
            _set_diagonal(vae.post_quant_conv.weight, (0, 0), 1.0)
            vae.quant_conv.bias[LATENT_CHANNELS:] = NO_VARIANCE
        else:
            vae.encoder.conv_out.bias[LATENT_CHANNELS:] = NO_VARIANCE
    return vae


def _pass_colors(coder: Any) -> None:
    """Makes the first and the last convolution of an encoder or decoder pass colors unchanged."""
    identity = torch.eye(3)
    # 1, 1 is the middle of a kernel of 3 x 3.
    coder.conv_in.weight[0:3, 0:3, 1, 1] = identity
    coder.conv_in.weight[3:6, 0:3, 1, 1] = -identity
    coder.conv_in.bias[6], coder.conv_in.bias[7] = VAE_CONSTANT, -VAE_CONSTANT
    # Undoes the normalization by the standard deviation.
    coder.conv_norm_out.weight.fill_(VAE_CONSTANT * (2 / VAE_CHANNELS) ** 0.5)
    coder.conv_norm_out.bias.fill_(LINEAR_OFFSET)
    coder.conv_out.weight[0:3, 0:3, 1, 1] = identity
    coder.conv_out.bias[0:3] = -LINEAR_OFFSET


def _set_diagonal(weight: torch.Tensor, place: tuple[Any, Any], value: float) -> None:
    """Sets the weight by which a convolution passes each channel to itself.

    weight: float (out, in, height, width). place: row and column in the kernel.
    """
    for channel in range(min(weight.shape[:2])):
        weight[channel, channel, *place] = value


def main() -> None:
    """Writes a tiny model: python -m tools.doubles.diffusion_model FOLDER"""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--family", choices=FAMILIES, default="sd15")
    parser.add_argument(
        "--flag-above", type=float, help="add a safety checker: -1.1 flags all images, 1.1 none"
    )
    arguments = parser.parse_args()
    print(build_model(arguments.folder, arguments.family, flag_above=arguments.flag_above))


if __name__ == "__main__":
    main()
