"""Opens the engine that runs a model in this process, where its packages are installed."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from services.diffusion.in_process.files.hub import forbid_downloads
from services.diffusion.in_process.files.model_files import inspect_model
from services.diffusion.in_process.installation import (
    describe_missing_packages,
    find_missing_packages,
)
from services.diffusion.in_process.loading_errors import explain_loading_error
from services.diffusion.request import Purpose
from services.runtime.errors import EngineNotReady, ServiceError

# Where transformers says that it imports what needs no torchvision instead of what does.
IMPORT_LOGGER = "transformers.utils.import_utils"

if TYPE_CHECKING:
    from services.diffusion.generator_settings import GeneratorSettings
    from services.diffusion.in_process.generator import ModelGenerator


def open_model_generator(settings: "GeneratorSettings", purpose: Purpose) -> "ModelGenerator":
    """Opens the model that the settings name.

    Raises EngineNotConfigured if they name none, EngineNotReady if it cannot be used here, for
    whatever reason.
    """
    if settings.diffusers_model and (missing := find_missing_packages()):
        problem = describe_missing_packages(missing)
        raise EngineNotReady(f"{problem.found}; {problem.advice}")
    subject = "the model"
    try:
        subject = f"model {inspect_model(settings).name}"
        with forbid_downloads(), hide_torchvision_advice():
            from services.diffusion.in_process.generator import ModelGenerator

            return ModelGenerator(settings, purpose)
    except ServiceError:
        raise
    # The libraries, and those that parse files for them, raise anything.
    except Exception as error:
        raise explain_loading_error(error, subject) from error


@contextmanager
def hide_torchvision_advice() -> Iterator[None]:
    """Keeps transformers from advising torchvision in the log, which no model here needs."""
    logger = logging.getLogger(IMPORT_LOGGER)
    logger.addFilter(_is_other_record)
    try:
        yield
    finally:
        logger.removeFilter(_is_other_record)


def _is_other_record(record: logging.LogRecord) -> bool:
    return "requires torchvision" not in record.getMessage()
