"""Imports the denoiser's library, pyoidn, without importing torch along with it."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


def load_pyoidn() -> ModuleType:
    """Imports pyoidn (Open Image Denoise) without its import of torch, which takes seconds.

    Its torch functions work only if torch was imported before.
    """
    if "torch" in sys.modules:
        return import_module("pyoidn")
    # None makes an import fail as if the package were missing.
    modules: dict[str, Any] = sys.modules
    modules["torch"] = None
    try:
        return import_module("pyoidn")
    finally:
        del sys.modules["torch"]


pyoidn = load_pyoidn()
