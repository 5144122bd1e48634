"""Reads names, types and shapes of the tensors of a pickle file (.ckpt), no weights."""

import pickle
from pathlib import Path
from typing import Any

import torch

from services.diffusion.in_process.files.safetensors_header import SafetensorsHeader, TensorEntry

# Names in the format of safetensors of the types that checkpoints have.
DTYPE_NAMES = {
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float32: "F32",
    torch.float64: "F64",
    torch.bool: "BOOL",
    torch.uint8: "U8",
    torch.int8: "I8",
    torch.int32: "I32",
    torch.int64: "I64",
}


class InvalidPickle(ValueError):
    """A file is no pickle of weights only. Its text continues a sentence with the file's name."""


def read_pickle_header(path: Path) -> SafetensorsHeader:
    """Reads what the header of a safetensors file would contain. Runs no code from the file.

    Raises InvalidPickle if the file is truncated, or contains other objects than weights.
    """
    try:
        # Tensors on the meta device have no memory.
        content: Any = torch.load(path, map_location="meta", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise InvalidPickle(
            "is truncated, or contains other objects than weights; convert it to .safetensors"
        ) from error
    # Trainers store the weights next to their own state.
    while isinstance(content, dict) and "state_dict" in content:
        content = content["state_dict"]
    tensors = content.items() if isinstance(content, dict) else ()
    return SafetensorsHeader(
        {str(name): _describe(value) for name, value in tensors if isinstance(value, torch.Tensor)},
        metadata={},
    )


def _describe(tensor: torch.Tensor) -> TensorEntry:
    if tensor.dtype not in DTYPE_NAMES:
        raise InvalidPickle(f"has weights of the unsupported type {tensor.dtype}")
    return TensorEntry(DTYPE_NAMES[tensor.dtype], tuple(tensor.shape))
