"""Inspects the files of a model before anything is loaded from them."""

import os
from dataclasses import dataclass
from pathlib import Path

from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.files.checkpoints import Checkpoint, inspect_checkpoint
from services.diffusion.in_process.files.component_files import ComponentFiles, inspect_component
from services.diffusion.in_process.files.fingerprint import compute_fingerprint
from services.diffusion.in_process.files.folder_kinds import explain_folder
from services.diffusion.in_process.files.hub import HUB_NAME, download_model, find_cached_model
from services.diffusion.in_process.files.model_folder import ModelFolder, check_no_code, quote
from services.diffusion.in_process.files.model_index import (
    INDEX_NAME,
    SAFETY_CHECKER,
    read_model_index,
)
from services.diffusion.in_process.files.model_setting import ModelSetting
from services.diffusion.names import strip_model_name
from services.runtime.errors import EngineNotConfigured, EngineNotReady


@dataclass(frozen=True)
class ModelFiles:
    """The files of a model, which were found to be complete.

    path: a folder in the format of diffusers, or a single file. fingerprint: changes when the
    weights or the configuration do. pipeline: class of diffusers that the folder was saved from;
    components: its parts by name. Both are empty for a single file. checkpoint: what a single file
    contains; None for a folder.
    """

    path: Path
    fingerprint: str
    pipeline: str = ""
    components: tuple[ComponentFiles, ...] = ()
    checkpoint: Checkpoint | None = None

    @property
    def name(self) -> str:
        """The name by which requests and manifests call the model."""
        return name_model(self.path)

    @property
    def safety_checker(self) -> ComponentFiles | None:
        """The network that flags images; None if the model comes without one."""
        parts = (part for part in self.components if part.component.name == SAFETY_CHECKER)
        return next(parts, None)


def name_model(path: Path) -> str:
    """Returns the name of a model: of its folder or file, or in the hub's cache of its repository.

    There, models--org--name/snapshots/<revision> is the folder.
    """
    if path.parent.name == "snapshots":
        return path.parents[1].name.rpartition("--")[2]
    return strip_model_name(path.name)


def inspect_model(settings: DiffusersSettings) -> ModelFiles:
    """Returns the files of the model that the settings name. Loads none of them.

    Raises EngineNotConfigured if they name none, and EngineNotReady if it cannot be used.
    """
    if not settings.diffusers_model:
        variable = ModelSetting.read(settings).variable
        raise EngineNotConfigured(f"no model is known; set {variable} to the folder of one")
    path = _find_path(settings)
    if path.is_file():
        checkpoint = inspect_checkpoint(path, settings)
        return ModelFiles(path, checkpoint.fingerprint, checkpoint=checkpoint)
    return inspect_folder(ModelFolder(path, quote(name_model(path))), settings)


def inspect_folder(folder: ModelFolder, settings: DiffusersSettings) -> ModelFiles:
    """Returns the files of a model in the format of diffusers.

    Raises EngineNotReady if the folder is something else, incomplete, invalid, or contains code.
    """
    if not (folder.path / INDEX_NAME).is_file():
        raise explain_folder(folder, ModelSetting.read(settings))
    index = read_model_index(folder)
    check_no_code(folder, ["", *(component.name for component in index.components)])
    components = tuple(
        inspect_component(folder, component, allow_pickle=settings.diffusers_allow_pickle)
        for component in index.components
    )
    texts = [folder.path / INDEX_NAME, *(text for part in components for text in part.texts)]
    weights = [path for part in components if part.weights for path in part.weights.paths]
    fingerprint = compute_fingerprint(texts, weights, folder.path)
    return ModelFiles(folder.path, fingerprint, index.pipeline, components)


def _find_path(settings: DiffusersSettings) -> Path:
    """Returns the path of the model's folder or file, which may be in the hub's cache.

    Raises EngineNotReady if there is none.
    """
    name = settings.diffusers_model
    setting = ModelSetting.read(settings)
    # Normalized in its text only, as the name of a link is the name of the model.
    path = Path(os.path.abspath(os.path.expanduser(name)))
    try:
        if path.exists():
            return path
    except OSError as error:
        raise ModelFolder(path, quote(path.name)).refuse(
            "its path cannot be read", "check its permissions"
        ) from error
    if not HUB_NAME.fullmatch(name):
        raise _refuse_absent(setting)
    if settings.diffusers_allow_download:
        return download_model(name)
    if cached := find_cached_model(name):
        return cached
    # A mistyped path looks like a name of the hub.
    if path.parent.is_dir():
        raise _refuse_absent(setting)
    raise EngineNotReady(
        f"{setting.variable} names {name}, which is neither a folder nor in the hub's cache; "
        "correct it, or set CYCLORAMA_DIFFUSERS_ALLOW_DOWNLOAD=true to fetch it"
    )


def _refuse_absent(setting: ModelSetting) -> EngineNotReady:
    return EngineNotReady(
        f"{setting.variable} names {setting.shown}, which does not exist; correct it"
    )
