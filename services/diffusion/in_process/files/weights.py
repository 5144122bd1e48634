"""Counts the weights of a model, by which the memory is known that they take in any precision."""

from collections.abc import Mapping

from services.diffusion.in_process.files.model_files import ModelFiles
from services.diffusion.in_process.files.safetensors_header import TYPE_BITS
from services.diffusion.in_process.files.weight_files import WeightFiles

# Bits of a number in a file of unknown type: pickle files mostly have 32, and 16 may be too few to
# refuse a model that fits.
UNKNOWN_BITS = 16
BITS_PER_BYTE = 8


def count_weights(files: ModelFiles) -> Mapping[str, int]:
    """Returns the number of weights of each part of a model, by its name, such as "unet"."""
    if files.checkpoint:
        return dict(files.checkpoint.weights)
    return {
        part.component.name: count_numbers(part.weights)
        for part in files.components
        if part.weights
    }


def count_numbers(weights: WeightFiles) -> int:
    """Returns the number of weights of one part, by the sizes of its files."""
    bits = ((size, TYPE_BITS.get(name, UNKNOWN_BITS)) for name, size in weights.bytes_by_type)
    return sum(size * BITS_PER_BYTE // width for size, width in bits)
