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
    Inpainted,
    Picture,
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
    "Inpainted",
    "Job",
    "JobAd",
    "Jobs",
    "Picture",
]
