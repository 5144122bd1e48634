"""Explains what the libraries raise while a model is loaded, in one sentence without their text."""

import os
import re

import structlog

from services.diffusion.in_process.exhausted_memory import is_memory_exhausted
from services.diffusion.in_process.installation import INSTALL
from services.runtime.errors import EngineNotReady

# What errors of a GPU, its driver and its libraries name.
GPU_WORDS = re.compile(r"\b(cuda|cudnn|cublas|nvidia)", re.IGNORECASE)
# Of a library's text: some list all tensors of a model.
MAX_LOGGED_LETTERS = 1_000

log = structlog.get_logger()


def explain_loading_error(error: BaseException, subject: str) -> EngineNotReady:
    """Returns the error to raise in place of any other, which goes to the log.

    subject: what was loaded, such as "model tiny".
    """
    log.warning("cannot load", subject=subject, error=repr(error)[:MAX_LOGGED_LETTERS])
    if isinstance(error, ImportError):
        package = error.name or "a package that it needs"
        return EngineNotReady(f"{package} is not installed; {INSTALL}")
    if is_memory_exhausted(error):
        return EngineNotReady(
            f"{subject} needs more memory than is free; choose a smaller model, or free memory"
        )
    if isinstance(error, RuntimeError | AssertionError) and GPU_WORDS.search(str(error)):
        return EngineNotReady(
            f"{subject} cannot be loaded, because PyTorch does not fit the GPU or its driver; run "
            "`cyclorama doctor`"
        )
    # Of the system, which sets a number; libraries raise the class for bad files too.
    if isinstance(error, OSError) and error.errno:
        return EngineNotReady(
            f"the files of {subject} cannot be read ({os.strerror(error.errno)}); check the disk "
            "and their permissions"
        )
    return EngineNotReady(f"{subject} cannot be loaded; the service's log says why")
