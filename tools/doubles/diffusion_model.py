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
    PNDMScheduler,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

Family = Literal["sd15", "sd15-inpainting", "sdxl", "flux"]
FAMILIES: tuple[Family, ...] = ("sd15", "sd15-inpainting", "sdxl", "flux")
# Tokens of a CLIP prompt, and of a T5 prompt.
CLIP_TOKENS, T5_TOKENS = 77, 512
TEXT_WIDTH = 32
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
# Noise levels of Stable Diffusion.
BETAS: dict[str, Any] = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
}


def build_model(folder: Path, family: Family = "sd15", seed: int = 0) -> Path:
    """Writes a tiny model to a folder, which is created, and returns the folder.

    seed: of the random weights.
    """
    torch.manual_seed(seed)
    pipeline = _build_pipeline(folder, family)
    pipeline.save_pretrained(folder)
    return folder


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
        case "sdxl":
            config = _clip_config(len(tokenizer))
            return StableDiffusionXLPipeline(
                vae=build_vae(),
                text_encoder=CLIPTextModel(config),
                text_encoder_2=CLIPTextModelWithProjection(config),
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
    letters = _byte_letters()
    ends = [f"{letter}</w>" for letter in letters]
    tokens = [*letters, *ends, "<|startoftext|>", "<|endoftext|>"]
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    vocabulary.write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    merges.write_text("#version: 0.2\n")
    return CLIPTokenizer(str(vocabulary), str(merges), model_max_length=CLIP_TOKENS)


def _byte_letters() -> list[str]:
    """Returns the visible letter by which CLIP writes each byte, in the order of its vocabulary."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(0x100) if byte not in visible]
    return [*map(chr, visible), *(chr(0x100 + index) for index, _ in enumerate(hidden))]


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


def _clip_config(tokens: int) -> CLIPTextConfig:
    """Returns the configuration of a tiny text encoder; tokens: of its vocabulary."""
    return CLIPTextConfig(
        vocab_size=tokens,
        hidden_size=TEXT_WIDTH,
        intermediate_size=37,
        num_hidden_layers=2,
        num_attention_heads=4,
        projection_dim=TEXT_WIDTH,
        max_position_embeddings=CLIP_TOKENS,
        bos_token_id=tokens - 2,
        eos_token_id=tokens - 1,
        pad_token_id=tokens - 1,
    )


def _build_unet(in_channels: int) -> UNet2DConditionModel:
    return UNet2DConditionModel(
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
        cross_attention_dim=2 * TEXT_WIDTH,
        norm_num_groups=2,
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=sizes_width,
        transformer_layers_per_block=(1, 2),
        projection_class_embeddings_input_dim=TEXT_WIDTH + 6 * sizes_width,
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
    arguments = parser.parse_args()
    print(build_model(arguments.folder, arguments.family))


if __name__ == "__main__":
    main()
