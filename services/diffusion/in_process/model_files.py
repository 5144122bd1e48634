"""Inspects the files of a model before anything is loaded from them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from services.diffusion.in_process import DiffusersSettings
from services.diffusion.names import strip_model_name
from services.runtime.errors import EngineNotConfigured, EngineNotReady

# Hexadecimal digits of a fingerprint: enough to tell models apart.
FINGERPRINT_DIGITS = 12


@dataclass(frozen=True)
class ModelFiles:
    """The files of a model, which were found to be complete.

    path: a folder in the format of diffusers, or a single file. fingerprint: changes when the
    weights or the configuration do.
    """

    path: Path
    fingerprint: str

    @property
    def name(self) -> str:
        """The name by which requests and manifests call the model."""
        return strip_model_name(self.path.name)


def inspect_model(settings: DiffusersSettings) -> ModelFiles:
    """Returns the files of the model that the settings name.

    Raises EngineNotConfigured if they name none, and EngineNotReady if it cannot be used.
    """
    if not settings.diffusers_model:
        raise EngineNotConfigured(
            "no model is known; set CYCLORAMA_DIFFUSERS_MODEL to the folder of one"
        )
    path = Path(settings.diffusers_model)
    if not (path / "model_index.json").is_file():
        raise EngineNotReady("CYCLORAMA_DIFFUSERS_MODEL names no folder with a model_index.json")
    return ModelFiles(path, _compute_fingerprint(path))


def _compute_fingerprint(path: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(path)} {file.stat().st_size}".encode())
    return digest.hexdigest()[:FINGERPRINT_DIGITS]
