"""Writes models in the format of diffusers as single files in the original layout (LDM).

The inverse of what diffusers does when it loads such a file. Names of the original layout:
https://github.com/CompVis/stable-diffusion, https://github.com/Stability-AI/generative-models,
https://github.com/mlfoundations/open_clip
"""

import argparse
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import DiffusionPipeline
from safetensors.torch import save_file

State = Mapping[str, torch.Tensor]

# Parts of the names of layers, in diffusers and in the original layout.
UNET_EDGES = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}
UNET_RESIDUALS = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
VAE_LAYERS = {
    "mid_block.resnets.0": "mid.block_1",
    "mid_block.resnets.1": "mid.block_2",
    "mid_block.attentions.0": "mid.attn_1",
    "downsamplers.0": "downsample",
    "upsamplers.0": "upsample",
    "resnets": "block",
    "conv_shortcut": "nin_shortcut",
    "conv_norm_out": "norm_out",
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
}
OPEN_CLIP_LAYERS = {
    "encoder.layers": "transformer.resblocks",
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "self_attn": "attn",
    "fc1": "c_fc",
    "fc2": "c_proj",
    "final_layer_norm": "ln_final",
    "embeddings.token_embedding": "token_embedding",
    "embeddings.position_embedding.weight": "positional_embedding",
}


def save_single_file(folder: Path, path: Path, metadata: dict[str, str] | None = None) -> Path:
    """Writes the model in a folder as a single file of 32 bits, and returns the file.

    path: ends in .safetensors or .ckpt. metadata: for the header of a .safetensors file.
    """
    pipeline = DiffusionPipeline.from_pretrained(folder, local_files_only=True)
    state = convert_pipeline(pipeline)
    if path.suffix == ".safetensors":
        save_file(state, path, metadata)
    else:
        torch.save({"state_dict": state, "global_step": 1}, path)
    return path


def convert_pipeline(pipeline: Any) -> dict[str, torch.Tensor]:
    """Returns the weights of a pipeline of Stable Diffusion 1.x or XL in the original layout."""
    unet, vae = pipeline.unet, pipeline.vae
    parts = {
        "model.diffusion_model.": convert_unet(unet.state_dict(), unet.config.layers_per_block),
        "first_stage_model.": convert_vae(vae.state_dict(), len(vae.config.block_out_channels)),
    }
    clip = _strip_wrapper(pipeline.text_encoder.state_dict())
    if second := getattr(pipeline, "text_encoder_2", None):
        parts["conditioner.embedders.0.transformer.text_model."] = clip
        parts["conditioner.embedders.1.model."] = convert_open_clip(second.state_dict())
    else:
        parts["cond_stage_model.transformer.text_model."] = clip
    return {
        f"{prefix}{name}": value.contiguous()
        for prefix, part in parts.items()
        for name, value in part.items()
    }


def convert_unet(state: State, layers: int) -> dict[str, torch.Tensor]:
    """Returns the weights of a UNet in the original layout; layers: residual blocks per level."""
    with_attention = {name.split(".")[1] for name in state if re.match(r"up_.*attentions", name)}
    return {_rename_unet(name, layers, with_attention): value for name, value in state.items()}


def _rename_unet(name: str, layers: int, with_attention: set[str]) -> str:
    """Returns the original name of a layer; with_attention: indices of such upward levels."""
    name = _replace_first(name, UNET_EDGES)
    if ".resnets." in name or re.match(r"middle_block\.[02]", name):
        name = _replace_first(name, UNET_RESIDUALS)
    if match := re.match(r"(down|up)_blocks\.(\d+)\.(\w+)\.(\d+)\.(.*)", name):
        direction, level, kind, index, rest = match.groups()
        # The original layout numbers the blocks of all levels in one row.
        start = int(level) * (layers + 1)
        match kind:
            case "downsamplers":
                return f"input_blocks.{start + layers + 1}.0.{rest.replace('conv', 'op')}"
            case "upsamplers":
                return (
                    f"output_blocks.{start + layers}.{2 if level in with_attention else 1}.{rest}"
                )
        place = 0 if kind == "resnets" else 1
        if direction == "down":
            return f"input_blocks.{start + 1 + int(index)}.{place}.{rest}"
        return f"output_blocks.{start + int(index)}.{place}.{rest}"
    return name


def convert_vae(state: State, levels: int) -> dict[str, torch.Tensor]:
    """Returns the weights of a VAE in the original layout, which counts levels by their size."""
    converted = {}
    for name, value in state.items():
        new = name
        for ours, theirs in VAE_LAYERS.items():
            new = new.replace(f".{ours}.", f".{theirs}.")
        new = new.replace("down_blocks.", "down.")
        new = re.sub(r"up_blocks\.(\d+)", lambda match: f"up.{levels - 1 - int(match[1])}", new)
        # Linear layers are convolutions of 1 x 1.
        is_linear = ".attn_1." in new and value.ndim == 2
        converted[new] = value[:, :, None, None] if is_linear else value
    return converted


def convert_open_clip(state: State) -> dict[str, torch.Tensor]:
    """Returns the weights of a CLIP text encoder with a projection in the layout of OpenCLIP."""
    converted: dict[str, torch.Tensor] = {}
    state = _strip_wrapper(state)
    for name, value in state.items():
        new = name
        for ours, theirs in OPEN_CLIP_LAYERS.items():
            new = new.replace(ours, theirs)
        if name == "text_projection.weight":
            converted["text_projection"] = value.T
        elif match := re.fullmatch(r"(.*\.attn\.)q_proj\.(\w+)", new):
            # One matrix for queries, keys and values.
            thirds = [state[name.replace("q_proj", third)] for third in _projections()]
            converted[f"{match[1]}in_proj_{match[2]}"] = torch.cat(thirds)
        elif not re.search(r"\.[kv]_proj\.", new):
            converted[new] = value
    return converted


def _projections() -> Iterator[str]:
    return (f"{letter}_proj" for letter in "qkv")


def _strip_wrapper(state: State) -> dict[str, torch.Tensor]:
    """Returns weights by their names within the text model."""
    return {name.removeprefix("text_model."): value for name, value in state.items()}


def _replace_first(name: str, replacements: Mapping[str, str]) -> str:
    """Replaces the first of some layers that is part of a name."""
    for ours, theirs in replacements.items():
        if re.search(rf"(^|\.){re.escape(ours)}\.", name):
            return name.replace(f"{ours}.", f"{theirs}.", 1)
    return name


def main() -> None:
    """Writes a single file: python -m tools.doubles.single_file FOLDER FILE"""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    print(save_single_file(arguments.folder, arguments.file))


if __name__ == "__main__":
    main()
