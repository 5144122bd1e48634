"""Opens the engine that runs a model in this process, where its packages are installed."""

from typing import TYPE_CHECKING

from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.model_files import inspect_model
from services.diffusion.request import Purpose
from services.diffusion.settings import DiffusionSettings
from services.runtime.errors import EngineNotReady

if TYPE_CHECKING:
    from services.diffusion.in_process.generator import ModelGenerator


def open_model_generator(
    diffusers: DiffusersSettings, diffusion: DiffusionSettings, purpose: Purpose
) -> "ModelGenerator":
    """Opens the model that the settings name.

    Raises EngineNotConfigured if they name none, EngineNotReady if it cannot be used here.
    """
    # First, as it needs no package that may be missing.
    inspect_model(diffusers)
    try:
        from services.diffusion.in_process.generator import ModelGenerator
    except ModuleNotFoundError as error:
        raise EngineNotReady(
            f"{error.name} is not installed; install the extra diffusers"
        ) from error
    return ModelGenerator(diffusers, diffusion, purpose)
