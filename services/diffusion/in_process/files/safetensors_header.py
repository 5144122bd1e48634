"""Reads the header of a safetensors file: names, types and shapes of its tensors, no weights.

Format: https://huggingface.co/docs/safetensors/index#format
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

from services.diffusion.in_process.files.model_folder import LFS_POINTER_START

# Bytes of the length of the header, a little-endian number at the start of the file.
LENGTH_BYTES = 8
# Headers of whole models take 0.5 MB, and notes of trainers a few. Larger: a hostile file takes
# more memory; the limit of the safetensors library is 100 MB.
MAX_HEADER_BYTES = 16_000_000
# Real tensors have up to 5 axes.
MAX_AXES = 8
# Bits of a number of each type, by its name in the header.
TYPE_BITS = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"), 8),
    **dict.fromkeys(("F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 16),
    **dict.fromkeys(("I32", "U32", "F32"), 32),
    **dict.fromkeys(("I64", "U64", "F64", "C64"), 64),
}
# Types that networks are computed in, or converted from without a table of scales.
FLOAT_TYPES = {"F16", "BF16", "F32", "F64"}
# Ends of the names of tensors that are integers in networks of floats: positions and counts.
INTEGER_TENSORS = ("position_ids", "num_batches_tracked", "num_updates")
# First bytes of what is found in place of weights, with what it is.
OTHER_FORMATS = {
    LFS_POINTER_START[
        :LENGTH_BYTES
    ]: "is a Git LFS pointer, which git lfs pull replaces by the weights",
    b"GGUF": "is a GGUF file, which diffusers cannot load as a whole model",
    b"PK\x03\x04": "is a pickle file (.ckpt, .bin) instead of safetensors",
    b"\x80\x02": "is a pickle file (.ckpt, .bin) instead of safetensors",
    b"<": "is a web page instead of the weights",
}


class InvalidSafetensors(ValueError):
    """A file is no complete safetensors file. Its text continues a sentence with the file's name.

    For example: "is truncated: it has 7 of 2,132,625,894 bytes".
    """


@dataclass(frozen=True)
class TensorEntry:
    """A tensor of a file. dtype: as the format calls it, such as F16."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class SafetensorsHeader:
    """The tensors of a file by name, and what its writer noted about it."""

    tensors: Mapping[str, TensorEntry]
    metadata: Mapping[str, str]


def read_safetensors_header(path: Path) -> SafetensorsHeader:
    """Reads the header of a safetensors file, and checks that all of its weights are there.

    Raises InvalidSafetensors if it is truncated, invalid, or another kind of file, and OSError if
    it cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(LENGTH_BYTES)
        for magic, problem in OTHER_FORMATS.items():
            if start.startswith(magic):
                raise InvalidSafetensors(problem)
        length = int.from_bytes(start, "little")
        # The header of a complete file is at least "{}".
        if len(start) < LENGTH_BYTES or not 2 <= length <= MAX_HEADER_BYTES:
            raise InvalidSafetensors("is no safetensors file")
        text = file.read(length)
    if len(text) < length:
        raise InvalidSafetensors(f"is truncated within its header, at {size:,} bytes")
    header, weights_bytes = _parse_header(text)
    if size != (expected := LENGTH_BYTES + length + weights_bytes):
        problem = "is truncated" if size < expected else "is too long"
        raise InvalidSafetensors(f"{problem}: it has {size:,} of {expected:,} bytes")
    return header


def find_quantized_type(tensors: Mapping[str, TensorEntry]) -> str:
    """Returns the type of weights that are no floats of 16 bits or more; empty if there are none.

    Marks, which are empty or a single number, may be of any type.
    """
    wrong = (
        tensor.dtype
        for name, tensor in tensors.items()
        if tensor.dtype not in FLOAT_TYPES
        and prod(tensor.shape) > 1
        and not name.endswith(INTEGER_TENSORS)
    )
    return next(wrong, "")


def _parse_header(text: bytes) -> tuple[SafetensorsHeader, int]:
    """Returns the header, and the number of bytes of weights that follow it."""
    try:
        entries = json.loads(text)
        metadata = {str(key): str(value) for key, value in entries.pop("__metadata__", {}).items()}
        tensors = {
            name: TensorEntry(entry["dtype"], tuple(map(int, entry["shape"])))
            for name, entry in entries.items()
        }
        spans = {name: _read_span(entry["data_offsets"]) for name, entry in entries.items()}
        sizes = {name: count_bytes(tensor) for name, tensor in tensors.items()}
    except (
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        AttributeError,
        RecursionError,
    ) as error:
        raise InvalidSafetensors("has an invalid header") from error
    end = 0
    for name, (first, last) in sorted(spans.items(), key=lambda item: item[1]):
        # Gaps and overlaps are invalid in this format.
        if first != end or last - first != sizes[name]:
            raise InvalidSafetensors("has an invalid header")
        end = last
    return SafetensorsHeader(tensors, metadata), end


def _read_span(offsets: object) -> tuple[int, int]:
    """Returns where the bytes of a tensor start and end; raises ValueError if that is no pair."""
    first, last = map(int, offsets)  # type: ignore[call-overload]
    return first, last


def count_bytes(tensor: TensorEntry) -> int:
    """Returns the size of a tensor in bytes.

    Raises KeyError for an unknown type, and ValueError for a shape that no tensor has.
    """
    if len(tensor.shape) > MAX_AXES or any(not 0 <= side < 2**63 for side in tensor.shape):
        raise ValueError(f"invalid shape {tensor.shape}")
    return (prod(tensor.shape) * TYPE_BITS[tensor.dtype] + 7) // 8
