"""Client for Cyclorama: plain product photos into advertisements.

Its parts, and gRPC with them, are loaded when they are first used: `cyclorama --help` needs none.
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
        Background,
        Composite,
        Cutout,
        EngineStatus,
        Event,
        Finding,
        Finished,
        Inpainted,
        Picture,
        ProfileReport,
        Verification,
        ranked,
    )

__all__ = [
    "Ad",
    "AsyncClient",
    "AsyncJobs",
    "Background",
    "Client",
    "Composite",
    "Cutout",
    "CycloramaError",
    "EngineStatus",
    "Event",
    "Finding",
    "Finished",
    "Inpainted",
    "Job",
    "JobAd",
    "Jobs",
    "Picture",
    "ProfileReport",
    "Verification",
    "__version__",
    "ranked",
]

# Where what is not in results is.
_HOMES = {"AsyncClient": "client", "Client": "client", "CycloramaError": "errors"}
_HOMES |= dict.fromkeys(("AsyncJobs", "Job", "JobAd", "Jobs"), "jobs")


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'cyclorama' has no attribute {name!r}")
    found = getattr(import_module(f"cyclorama.{_HOMES.get(name, 'results')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
