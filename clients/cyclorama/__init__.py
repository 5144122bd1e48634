"""Client for Cyclorama: plain product photos into advertisements."""

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
    Inpainted,
    Picture,
    ProfileReport,
    Verification,
    ranked,
)
from cyclorama.version import __version__

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
