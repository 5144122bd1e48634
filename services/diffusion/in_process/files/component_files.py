"""Inspects the files of one component of a model: configuration, vocabulary and weights."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from services.diffusion.in_process.files.model_folder import (
    MAX_TOKENIZER_BYTES,
    ModelFolder,
    iterate_children,
    quote,
)
from services.diffusion.in_process.files.model_index import ComponentClass
from services.diffusion.in_process.files.weight_files import Library, WeightFiles, find_weights

# What the libraries read besides weights.
TEXT_SUFFIXES = (".json", ".txt", ".model")
OTHER_FORM = "choose another form of the model, without that"
# Keys of a configuration that make the libraries load something else than the inspected files.
REFUSED_KEYS = {
    "auto_map": "Python code",
    "quantization_config": "quantized weights",
    "transformers_weights": "a file of its own for its weights",
    "attn_implementation": "an attention kernel",
    "_attn_implementation": "an attention kernel",
}
# Values in configurations of a component with weights: vocabularies have 49,408 words. Larger: a
# hostile file may allocate more memory.
MAX_MODEL_VALUE = 65_536
# The same without weights: schedulers have 1,000 steps, and image processors 224 pixels.
MAX_VALUE = 8_192
# Layers of a component. The text encoder of Flux has 24, its transformer 38 of one kind, and the
# UNet of SDXL 60 by the count below. Larger: a hostile file takes longer, some 10 ms a layer.
MAX_LAYERS = 200


@dataclass(frozen=True)
class ComponentFiles:
    """The files of a component. texts: all but the weights; weights: None if it has none."""

    component: ComponentClass
    texts: tuple[Path, ...]
    weights: WeightFiles | None


def inspect_component(
    folder: ModelFolder,
    component: ComponentClass,
    *,
    allow_pickle: bool = False,
    needs_weights: bool = True,
) -> ComponentFiles:
    """Returns the files of a component.

    Raises EngineNotReady if one is missing, incomplete, invalid or refused.

    allow_pickle: consent to weights in pickle files. needs_weights: whether they are in this
    folder, rather than only their configuration.
    """
    name = component.name
    if not folder.has(name):
        raise folder.refuse_missing(name)
    if "Tokenizer" in component.class_name:
        _check_tokenizer(folder, component)
        return ComponentFiles(component, _check_texts(folder, name), None)
    config = f"{name}/{_name_config(component)}"
    values = folder.read_json(config)
    weights = None
    limit = MAX_MODEL_VALUE if config.endswith("/config.json") else MAX_VALUE
    if needs_weights and config.endswith("/config.json"):
        library: Library = "diffusers" if component.library == "diffusers" else "transformers"
        weights = find_weights(folder, name, library, allow_pickle=allow_pickle)
        limit = max(limit, weights.largest_dimension)
    if config.endswith("/config.json"):
        _check_layers(folder, config, values, weights)
    _check_values(folder, config, values, limit)
    return ComponentFiles(component, _check_texts(folder, name), weights)


def _name_config(component: ComponentClass) -> str:
    if component.name == "scheduler":
        return "scheduler_config.json"
    return "preprocessor_config.json" if component.name == "feature_extractor" else "config.json"


def _check_texts(folder: ModelFolder, component: str) -> tuple[Path, ...]:
    """Returns the files of a component besides its weights, all of which may be loaded.

    Raises EngineNotReady if one is invalid, or makes the libraries load what was not inspected.
    """
    names = [name for name in folder.list_files(component) if name.endswith(TEXT_SUFFIXES)]
    for name in names:
        relative = f"{component}/{name}"
        if name == "adapter_config.json":
            raise folder.refuse(f"{component} is an adapter to another model", OTHER_FORM)
        if name.endswith(".json"):
            values = folder.read_json(relative, MAX_TOKENIZER_BYTES)
            # Vocabularies have many keys, and none that asks for anything.
            keys = _list_keys(values) if name.endswith("config.json") else set()
            for key in sorted(REFUSED_KEYS.keys() & keys):
                raise folder.refuse(f"{quote(relative)} asks for {REFUSED_KEYS[key]}", OTHER_FORM)
    return tuple(folder.find_file(f"{component}/{name}") for name in names)


def _check_tokenizer(folder: ModelFolder, component: ComponentClass) -> None:
    """Raises EngineNotReady if a tokenizer lacks its vocabulary, or pads prompts without limit."""
    is_clip = component.class_name.startswith("CLIP")
    vocabularies = ("vocab.json", "merges.txt") if is_clip else ("spiece.model",)
    if not folder.has(f"{component.name}/tokenizer.json"):
        for vocabulary in vocabularies:
            folder.find_file(f"{component.name}/{vocabulary}")
    config = f"{component.name}/tokenizer_config.json"
    length = folder.read_json(config).get("model_max_length")
    # Pipelines pad prompts to this length, and to one of their own for T5.
    if is_clip and not (isinstance(length, int) and 0 < length <= MAX_VALUE):
        raise folder.refuse(f"{config} has no valid model_max_length")


def _check_layers(
    folder: ModelFolder, config: str, values: object, weights: WeightFiles | None
) -> None:
    """Raises EngineNotReady if a network would have more layers than its weights have tensors.

    weights: None, or without a count of tensors, where that is unknown.
    """
    counts = dict.fromkeys(("blocks", "layers", "inner", "outer"), 1.0)
    for key, value in _list_entries(values):
        if isinstance(value, list):
            counts["blocks"] = max(counts["blocks"], len(value))
        if "layers" in key:
            # Of transformers within the layers of a block, of those layers, or of the network.
            place = "inner" if "transformer_layers" in key else "outer"
            place = place if "per_block" in key else "layers"
            counts[place] = max(counts[place], _find_largest(value))
    layers = max(counts["layers"], counts["blocks"] * counts["outer"] * counts["inner"])
    if layers > min(MAX_LAYERS, (weights and weights.tensor_count) or MAX_LAYERS):
        raise folder.refuse(f"{config} has more layers than there are weights")


def _check_values(folder: ModelFolder, config: str, values: object, limit: int) -> None:
    """Raises EngineNotReady if a number in a configuration would exhaust the memory."""
    if _find_largest(values) > limit:
        raise folder.refuse(f"{config} has a value above {limit:,}")


def _find_largest(value: object) -> float:
    """Returns the largest magnitude of the finite numbers in JSON values; 0 if there are none.

    Infinity is no size: in configurations of schedulers it means no limit.
    """
    if isinstance(value, float):
        return abs(value) if isfinite(value) else 0
    if isinstance(value, int):
        return abs(value)
    return max(map(_find_largest, iterate_children(value)), default=0)


def _list_keys(value: object) -> set[str]:
    """Returns the keys of all JSON objects within JSON values."""
    return {key for key, _ in _list_entries(value)}


def _list_entries(value: object) -> Iterator[tuple[str, object]]:
    """Yields the keys and values of all JSON objects within JSON values.

    Lists within lists come without a key.
    """
    if isinstance(value, dict):
        yield from value.items()
    for inner in iterate_children(value):
        if isinstance(inner, list):
            yield "", inner
        yield from _list_entries(inner)
