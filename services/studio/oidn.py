"""Loads the denoiser's library alone: where torch is installed, it would bring that along."""

import sys
from importlib import import_module
from types import ModuleType


def load() -> ModuleType:
    """The module pyoidn, whose functions for torch do not work unless that was there before."""
    if "torch" in sys.modules:
        return import_module("pyoidn")
    # None makes an import fail as if the package were missing.
    sys.modules["torch"] = None
    try:
        return import_module("pyoidn")
    finally:
        del sys.modules["torch"]


pyoidn = load()
