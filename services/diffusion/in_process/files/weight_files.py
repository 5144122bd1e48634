"""Finds the weights of a model's component, and checks that they are complete."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from services.diffusion.in_process.files.model_folder import ModelFolder, quote
from services.diffusion.in_process.files.safetensors_header import (
    InvalidSafetensors,
    TensorEntry,
    count_bytes,
    find_quantized_type,
    read_safetensors_header,
)

Library = Literal["diffusers", "transformers"]
# Name of a component's weights without its suffix, by format and the library that reads it.
SAFETENSORS_STEMS = {"diffusers": "diffusion_pytorch_model", "transformers": "model"}
PICKLE_STEMS = {"diffusers": "diffusion_pytorch_model", "transformers": "pytorch_model"}
# The type of numbers in a pickle file, before it is loaded.
UNKNOWN_TYPE = "unknown"
# Where there are several variants and no weights without: 16 bits come first.
PREFERRED_VARIANTS = ("fp16", "bf16")
SHARD_NAME = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class WeightFiles:
    """The files with the weights of one component.

    variant: part of their names, such as "fp16"; empty for none. bytes_by_type: size of the weights
    by the name of their type, such as F16, or "unknown" in pickle files. tensor_count,
    largest_dimension: of all tensors; 0 in pickle files.
    """

    paths: tuple[Path, ...]
    variant: str
    is_pickle: bool
    bytes_by_type: tuple[tuple[str, int], ...]
    tensor_count: int = 0
    largest_dimension: int = 0


def find_weights(
    folder: ModelFolder, component: str, library: Library, *, allow_pickle: bool
) -> WeightFiles:
    """Returns the weights that the library chooses for a component.

    Names without a variant come first, and pickle files last.

    Raises EngineNotReady if there are none, if files are incomplete or invalid, and if there are
    only pickle files and no consent to them.
    """
    names = folder.list_files(component)
    stem = SAFETENSORS_STEMS[library]
    for variant, files in _list_weights(folder, component, names, library, f"{stem}.safetensors"):
        return _measure_safetensors(folder, files, variant)
    pickle = f"{PICKLE_STEMS[library]}.bin"
    for variant, files in _list_weights(folder, component, names, library, pickle):
        if not allow_pickle:
            raise folder.refuse(
                f"{component} has its weights only in a pickle file, which can run any code",
                "choose a model with safetensors, or set CYCLORAMA_DIFFUSERS_ALLOW_PICKLE=true if "
                "you trust its origin",
            )
        paths = tuple(map(folder.find_file, files))
        size = sum(path.stat().st_size for path in paths)
        return WeightFiles(paths, variant, True, ((UNKNOWN_TYPE, size),))
    is_sharded = any(re.match(rf"{stem}-\d+-of-\d+", name) for name in names)
    raise folder.refuse_missing(
        f"{component}/{stem}.safetensors{'.index.json' if is_sharded else ''}"
    )


def _list_weights(
    folder: ModelFolder, component: str, names: Sequence[str], library: Library, base: str
) -> Iterator[tuple[str, list[str]]]:
    """Yields the variants of a component's weights, best first, with their files in the folder.

    names: of all files of the component. base: name of the weights without a variant.
    """
    stem, suffix = base.split(".")
    # "model.fp16.safetensors", or "model.safetensors.index.fp16.json" if the weights are sharded.
    whole = re.compile(rf"{stem}\.(?:(\w+)\.)?{suffix}")
    index = re.compile(rf"{stem}\.{suffix}\.index\.(?:(\w+)\.)?json")
    matches = [match for name in names if (match := index.fullmatch(name) or whole.fullmatch(name))]
    # Of whole and sharded weights, diffusers loads the sharded ones.
    first = index if library == "diffusers" else whole
    for match in sorted(matches, key=lambda match: (*_rank_variant(match), match.re is not first)):
        relative = f"{component}/{match.string}"
        is_index = match.re is index
        yield match[1] or "", _read_index(folder, relative, suffix) if is_index else [relative]


def _rank_variant(match: re.Match[str]) -> tuple[bool, bool, str]:
    """Returns the order in which variants are chosen: none, then 16 bits, then others."""
    variant = match[1] or ""
    return bool(variant), variant not in PREFERRED_VARIANTS, variant


def _read_index(folder: ModelFolder, relative: str, suffix: str) -> list[str]:
    """Returns the files that the index of sharded weights names, in the folder of the index.

    suffix: of these files. The libraries choose the format by it.
    """
    places = folder.read_json(relative).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise folder.refuse(f"{quote(relative)} names no weights")
    shards = sorted(set(map(str, places.values())))
    for shard in shards:
        if not SHARD_NAME.fullmatch(shard) or not shard.endswith(f".{suffix}"):
            raise folder.refuse(
                f"{quote(relative)} names {quote(shard)} as weights", "choose a model you trust"
            )
    parent = relative.rpartition("/")[0]
    return [f"{parent}/{shard}" for shard in shards]


def _measure_safetensors(folder: ModelFolder, files: Sequence[str], variant: str) -> WeightFiles:
    """Checks the headers of files, and returns what they say about the weights."""
    paths, tensors = [], list[TensorEntry]()
    for relative in files:
        paths.append(folder.find_file(relative))
        try:
            header = read_safetensors_header(paths[-1])
        except InvalidSafetensors as error:
            raise folder.refuse(f"{quote(relative)} {error}") from error
        except OSError as error:
            raise folder.refuse(f"{quote(relative)} cannot be read", "check its disk") from error
        if dtype := find_quantized_type(header.tensors):
            raise folder.refuse(
                f"{quote(relative)} has weights of type {dtype}", "choose a model of 16 or 32 bits"
            )
        # Empty tensors cost a hostile file nothing.
        tensors += filter(count_bytes, header.tensors.values())
    if not tensors:
        raise folder.refuse(f"{quote(files[0])} has no weights in it")
    sizes = Counter[str]()
    for tensor in tensors:
        sizes[tensor.dtype] += count_bytes(tensor)
    return WeightFiles(
        tuple(paths),
        variant,
        False,
        tuple(sorted(sizes.items())),
        len(tensors),
        max(max(tensor.shape, default=1) for tensor in tensors),
    )
