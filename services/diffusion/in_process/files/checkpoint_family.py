"""Recognizes the family of a single-file model by the names and shapes of its tensors.

The names are those of the original layout (LDM), which A1111 and ComfyUI use and which fine-tunes
keep: https://github.com/CompVis/stable-diffusion, https://github.com/Stability-AI/generative-models
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from services.diffusion.in_process.files.safetensors_header import (
    SafetensorsHeader,
    TensorEntry,
    find_quantized_type,
)

Family = Literal["sd15", "sd2", "sdxl"]
FAMILY_NAMES: dict[Family, str] = {
    "sd15": "Stable Diffusion 1.5",
    "sd2": "Stable Diffusion 2",
    "sdxl": "Stable Diffusion XL",
}
# Width of the text embedding that the UNet of a family attends to.
TEXT_WIDTHS: dict[Family, int] = {"sd15": 768, "sd2": 1024, "sdxl": 2048}

UNET = "model.diffusion_model."
VAE = "first_stage_model."
# Parts of a model by the first words of the names of their tensors. Others are not loaded, such as
# moving averages of the weights (model_ema).
PARTS = {
    UNET: "unet",
    VAE: "vae",
    "cond_stage_model.": "text_encoder",
    "conditioner.embedders.0.": "text_encoder",
    "conditioner.embedders.1.": "text_encoder_2",
}
# Of the parts of a model: the tensors by which diffusers finds them.
FIRST_CONVOLUTION = f"{UNET}input_blocks.0.0.weight"
CLIP_POSITIONS = "transformer.text_model.embeddings.position_embedding.weight"
SDXL_POSITIONS = (
    f"conditioner.embedders.0.{CLIP_POSITIONS}",
    "conditioner.embedders.1.model.positional_embedding",
)
REFINER_POSITIONS = "conditioner.embedders.0.model.positional_embedding"
SD2_POSITIONS = "cond_stage_model.model.positional_embedding"
SD15_POSITIONS = f"cond_stage_model.{CLIP_POSITIONS}"
# The same in merges of 2022, which diffusers does not know.
OLD_SD15_POSITIONS = SD15_POSITIONS.replace("text_model.", "")
# Input channels of a UNet that only denoises, and of one that also sees a mask and an image.
PLAIN_CHANNELS, INPAINTING_CHANNELS = 4, 9
# Empty tensors by which ComfyUI and trainers mark what a model predicts.
V_PREDICTION_MARK, ZERO_SNR_MARK = "v_pred", "ztsnr"
EDM_MARKS = {"edm_mean", "edm_vpred.sigma_max"}
# Metadata with the same purpose: https://github.com/Stability-AI/ModelSpec, and ComfyUI's name.
PREDICTION_FIELDS = ("modelspec.prediction_type", "modelspec.predict_key")
PREDICTION_VALUES: dict[str, "Prediction"] = {
    "epsilon": "epsilon",
    "v": "v_prediction",
    "v_prediction": "v_prediction",
}

Prediction = Literal["epsilon", "v_prediction"]

ADDITION = "which changes a model and is none itself; name the model"
FOLDER_ADVICE = "name a folder in the format of diffusers"
# Parts of names of tensors, with what a file with one of them is; the first match counts.
OTHER_FILES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("lora_up.", "lora_down.", "lora_A.", "lora_B.", ".lora.", "hada_w1", "lokr_w1"),
        f"is a LoRA, {ADDITION}",
    ),
    (
        ("control_model.", "controlnet_", "input_hint_block."),
        f"is a ControlNet, {ADDITION}",
    ),
    (("emb_params", "string_to_param"), f"is a textual inversion, {ADDITION}"),
    (("double_blocks.",), f"is of Flux, which is not loaded from single files; {FOLDER_ADVICE}"),
    (
        ("joint_blocks.",),
        f"is of Stable Diffusion 3, which is not loaded from single files; {FOLDER_ADVICE}",
    ),
    (
        ("down_blocks.", "up_blocks.", "single_transformer_blocks."),
        "is one part of a model in the format of diffusers; name the folder of the whole model",
    ),
    ((".quant_state.", ".absmax", "scaled_fp8"), "is quantized; name a file of 16 or 32 bits"),
)
# Names of the tensors of a textual inversion for SDXL, which has no others.
XL_INVERSION = {"clip_l", "clip_g"}


class UnsupportedCheckpoint(ValueError):
    """A file is no model that can be used. Its text continues a sentence with the file's name."""


@dataclass(frozen=True)
class CheckpointKind:
    """What a single file contains, as far as its tensors and metadata say.

    in_channels: of the UNet: 4, or 9 for the inpainting kind. unet_tensors: how many it has.
    prediction: what the UNet predicts; None if the file does not say. zero_snr: trained with noise
    levels up to pure noise.
    """

    family: Family
    in_channels: int
    unet_tensors: int
    prediction: Prediction | None = None
    zero_snr: bool = False


def recognize_checkpoint(header: SafetensorsHeader, has_config: bool = False) -> CheckpointKind:
    """Returns what a single-file model is.

    Raises UnsupportedCheckpoint if it is no whole model, or of a family or type that is not
    supported.

    has_config: whether a folder states the configuration, so that sizes may differ from those of
    the family, and the noise levels need not be known.
    """
    tensors = header.tensors
    if FIRST_CONVOLUTION not in tensors:
        raise UnsupportedCheckpoint(_describe_other_file(tensors))
    _refuse_quantized(tensors)
    family = _find_family(tensors)
    if not any(name.startswith(f"{VAE}decoder.") for name in tensors):
        raise UnsupportedCheckpoint("has no VAE; name a file that includes one")
    if not has_config:
        _check_known_configuration(tensors, family)
    in_channels = _second_length(tensors[FIRST_CONVOLUTION])
    if in_channels not in (PLAIN_CHANNELS, INPAINTING_CHANNELS):
        raise UnsupportedCheckpoint(
            f"has a UNet with {in_channels} input channels, neither of text-to-image "
            f"({PLAIN_CHANNELS}) nor of inpainting ({INPAINTING_CHANNELS})"
        )
    return CheckpointKind(
        family,
        in_channels,
        unet_tensors=sum(name.startswith(UNET) for name in tensors),
        prediction=_find_prediction(header),
        zero_snr=ZERO_SNR_MARK in tensors,
    )


def _refuse_quantized(tensors: Mapping[str, TensorEntry]) -> None:
    """Raises UnsupportedCheckpoint if weights are integers or have fewer than 16 bits."""
    if dtype := find_quantized_type(tensors):
        raise UnsupportedCheckpoint(f"has weights of type {dtype}; name a file of 16 or 32 bits")


def _describe_other_file(names: Collection[str]) -> str:
    """Returns what a file without a UNet in the original layout is."""
    for parts, description in OTHER_FILES:
        if any(part in name for part in parts for name in names):
            return description
    if names and set(names) <= XL_INVERSION:
        return f"is a textual inversion, {ADDITION}"
    if any(name.startswith("input_blocks.") for name in names):
        return _describe_lone_unet()
    if any("decoder.conv_in." in name for name in names):
        return f"is a VAE, {ADDITION}"
    if any("text_model." in name or "resblocks." in name for name in names):
        return "is a text encoder; name the whole model"
    return f"contains no model of a known family; {FOLDER_ADVICE}"


def _describe_lone_unet() -> str:
    return (
        "is a diffusion model file of ComfyUI without its text encoder; "
        "name a checkpoint that includes text encoder and VAE"
    )


def _find_family(tensors: Mapping[str, TensorEntry]) -> Family:
    """Returns the family of a file with a UNet, by its text encoders."""
    if all(name in tensors for name in SDXL_POSITIONS):
        return "sdxl"
    if SD15_POSITIONS in tensors:
        return "sd15"
    if SD2_POSITIONS in tensors:
        return "sd2"
    if REFINER_POSITIONS in tensors:
        raise UnsupportedCheckpoint(
            "is an SDXL refiner, which finishes images of another model; name the base model"
        )
    if OLD_SD15_POSITIONS in tensors:
        raise UnsupportedCheckpoint(
            "names the layers of its text encoder as in 2022; save it again with a current program"
        )
    raise UnsupportedCheckpoint(_describe_lone_unet())


def _check_known_configuration(tensors: Mapping[str, TensorEntry], family: Family) -> None:
    """Raises UnsupportedCheckpoint unless the configuration of the family is known and fits."""
    advice = "set CYCLORAMA_DIFFUSERS_CONFIG to the folder of its configuration"
    name = FAMILY_NAMES[family]
    if family == "sd2":
        # Its kinds predict noise or velocity, and have equal tensors.
        raise UnsupportedCheckpoint(f"is of {name}, and does not state what it predicts; {advice}")
    if EDM_MARKS & tensors.keys():
        raise UnsupportedCheckpoint(f"has the noise levels of EDM, not of {name}; {advice}")
    widths = {
        _second_length(tensor)
        for key, tensor in tensors.items()
        if key.startswith(UNET) and key.endswith(".attn2.to_k.weight")
    }
    if widths != {TEXT_WIDTHS[family]}:
        raise UnsupportedCheckpoint(f"has other sizes than {name}; {advice}")


def _find_prediction(header: SafetensorsHeader) -> Prediction | None:
    """Returns what a model predicts by its own account; None if it does not say."""
    if V_PREDICTION_MARK in header.tensors:
        return "v_prediction"
    for field in PREDICTION_FIELDS:
        if value := PREDICTION_VALUES.get(header.metadata.get(field, "")):
            return value
    return None


def _second_length(tensor: TensorEntry) -> int:
    """Returns the input channels of a layer; 0 if the tensor has one dimension."""
    return tensor.shape[1] if len(tensor.shape) > 1 else 0
