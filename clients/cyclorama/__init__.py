"""Python client for Cyclorama, which turns plain product photos into advertisements.

Submodules, and gRPC with them, are imported on first use: `cyclorama --help` needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from cyclorama.version import __version__

if TYPE_CHECKING:
    from cyclorama.client import AsyncClient, Client
    from cyclorama.errors import CycloramaError
    from cyclorama.jobs import AsyncJobs, Job, JobAd, Jobs
    from cyclorama.results import (
        Ad,
        AdWarning,
        Assessment,
        Background,
        Composite,
        Cutout,
        EngineStatus,
        Event,
        Finished,
        Inpainted,
        Measurement,
        Picture,
        ProfileReport,
        UnusedWords,
        Verification,
        rank_ads,
    )

__all__ = [
    "Ad",
    "AdWarning",
    "Assessment",
    "AsyncClient",
    "AsyncJobs",
    "Background",
    "Client",
    "Composite",
    "Cutout",
    "CycloramaError",
    "EngineStatus",
    "Event",
    "Finished",
    "Inpainted",
    "Job",
    "JobAd",
    "Jobs",
    "Measurement",
    "Picture",
    "ProfileReport",
    "UnusedWords",
    "Verification",
    "__version__",
    "rank_ads",
]

# The modules of the public names; `results` for those that are not listed.
_MODULES = {"AsyncClient": "client", "Client": "client", "CycloramaError": "errors"}
_MODULES |= dict.fromkeys(("AsyncJobs", "Job", "JobAd", "Jobs"), "jobs")


def __getattr__(name: str) -> object:
    """Imports a public name from its submodule when it is first used (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'cyclorama' has no attribute {name!r}")
    value = getattr(import_module(f"cyclorama.{_MODULES.get(name, 'results')}"), name)
    # Python finds it here from now on, without another call.
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Lists the names of the package, those that are not yet imported included."""
    return sorted({*globals(), *__all__})
