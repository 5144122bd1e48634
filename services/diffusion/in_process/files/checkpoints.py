"""Inspects a model in a single file before anything is loaded from it."""

import os
from collections import Counter
from dataclasses import dataclass
from math import prod
from pathlib import Path

from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.files.checkpoint_family import (
    PARTS,
    CheckpointKind,
    UnsupportedCheckpoint,
    recognize_checkpoint,
)
from services.diffusion.in_process.files.component_files import inspect_component
from services.diffusion.in_process.files.fingerprint import compute_fingerprint
from services.diffusion.in_process.files.folder_kinds import explain_file
from services.diffusion.in_process.files.model_folder import (
    DOWNLOAD_AGAIN,
    ModelFolder,
    check_no_code,
    quote,
)
from services.diffusion.in_process.files.model_index import INDEX_NAME, read_model_index
from services.diffusion.in_process.files.model_setting import ModelSetting
from services.diffusion.in_process.files.safetensors_header import (
    InvalidSafetensors,
    SafetensorsHeader,
    read_safetensors_header,
)
from services.runtime.errors import EngineNotReady

CONFIG_SETTING = "CYCLORAMA_DIFFUSERS_CONFIG"


@dataclass(frozen=True)
class Checkpoint:
    """A model in a single file.

    config: folder of its configuration; None: that of its family. fingerprint: changes when the
    weights or the configuration do. weights: number of weights of each part, such as "unet".
    """

    path: Path
    kind: CheckpointKind
    config: Path | None
    fingerprint: str
    weights: tuple[tuple[str, int], ...]


def inspect_checkpoint(path: Path, settings: DiffusersSettings) -> Checkpoint:
    """Returns what a single file contains.

    Raises EngineNotReady if it cannot be used, ModuleNotFoundError if that needs a package that is
    not installed.
    """
    name = settings.diffusers_config
    # Equal however it is spelled, as models are shared by their files.
    config = Path(os.path.abspath(os.path.expanduser(name))) if name else None
    fingerprint = _inspect_config(config) if config else ""
    header = _read_header(path, settings)
    try:
        kind = recognize_checkpoint(header, has_config=config is not None)
    except UnsupportedCheckpoint as error:
        raise EngineNotReady(f"model {quote(path.name)} {error}") from error
    fingerprint += compute_fingerprint([], [path], path.parent)
    return Checkpoint(path, kind, config, fingerprint, _count_weights(header))


def _inspect_config(path: Path) -> str:
    """Checks a folder with the configuration of a model, and returns its fingerprint.

    Raises EngineNotReady if it is none, incomplete, invalid, or contains code.
    """
    folder = ModelFolder(path, f"configuration {quote(path.name)}")
    if not folder.has(INDEX_NAME):
        raise EngineNotReady(f"{CONFIG_SETTING} names no folder with a {INDEX_NAME}; correct it")
    index = read_model_index(folder)
    check_no_code(folder, ["", *(component.name for component in index.components)])
    texts = [path / INDEX_NAME]
    for component in index.components:
        texts += inspect_component(folder, component, needs_weights=False).texts
    return compute_fingerprint(texts, [], path)


def _read_header(path: Path, settings: DiffusersSettings) -> SafetensorsHeader:
    """Returns the header of a file; of a pickle only with consent. Raises EngineNotReady."""
    if path.suffix == ".ckpt":
        return _read_pickle_header(path, settings.diffusers_allow_pickle)
    if path.suffix != ".safetensors":
        raise explain_file(path, ModelSetting.read(settings))
    name = quote(path.name)
    try:
        return read_safetensors_header(path)
    except InvalidSafetensors as error:
        raise EngineNotReady(f"model {name} {error}; {DOWNLOAD_AGAIN}") from error
    except OSError as error:
        raise EngineNotReady(f"model {name} cannot be read; check its permissions") from error


def _read_pickle_header(path: Path, allow_pickle: bool) -> SafetensorsHeader:
    name = quote(path.name)
    if not allow_pickle:
        raise EngineNotReady(
            f"model {name} is a pickle file, which can run any code; convert it to .safetensors, "
            "or set CYCLORAMA_DIFFUSERS_ALLOW_PICKLE=true if you trust its origin"
        )
    # Imported here, as torch takes seconds.
    from services.diffusion.in_process.files.pickle_header import InvalidPickle, read_pickle_header

    try:
        return read_pickle_header(path)
    except InvalidPickle as error:
        raise EngineNotReady(f"model {name} {error}") from error
    except OSError as error:
        raise EngineNotReady(f"model {name} cannot be read; check its permissions") from error


def _count_weights(header: SafetensorsHeader) -> tuple[tuple[str, int], ...]:
    """Returns the number of weights of UNet, VAE and text encoders, by name."""
    counts = Counter[str]()
    for name, tensor in header.tensors.items():
        for start, part in PARTS.items():
            if name.startswith(start):
                counts[part] += prod(tensor.shape)
    return tuple(counts.items())
