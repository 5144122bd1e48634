"""Python client for Cyclorama, which turns plain product photos into advertisements.

Submodules, and gRPC with them, are imported on first use: `cyclorama --help` needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from cyclorama.version import __version__

if TYPE_CHECKING:
    from cyclorama.ad_streams import AdStream, AsyncAdStream
    from cyclorama.async_client import AsyncClient
    from cyclorama.client import Client
    from cyclorama.errors import (
        ClientClosed,
        CycloramaError,
        EngineNotReady,
        FieldViolation,
        InvalidRequest,
        NotFound,
        Overloaded,
        PermissionDenied,
        ProductNotFound,
        QuotaExceeded,
        StageError,
        Timeout,
        Unauthenticated,
        Unavailable,
        Unsupported,
    )
    from cyclorama.job_results import AsyncJob, Job, JobAd, JobReport
    from cyclorama.jobs import AsyncJobs, Jobs
    from cyclorama.pictures import UploadedImage
    from cyclorama.replay import compare_manifests
    from cyclorama.results import (
        Ad,
        AdWarning,
        Assessment,
        Background,
        Composite,
        ContentCredentials,
        Contradiction,
        Cutout,
        EngineStatus,
        Event,
        Finished,
        Inpainted,
        Measurement,
        Picture,
        Platform,
        ProfileReport,
        UnusedWords,
        Verification,
        rank_ads,
    )
    from cyclorama.webhook_operations import WebhookDelivery, WebhookEndpointReport
    from cyclorama.webhooks import AsyncWebhooks, Webhooks

__all__ = [
    "Ad",
    "AdStream",
    "AdWarning",
    "Assessment",
    "AsyncAdStream",
    "AsyncClient",
    "AsyncJob",
    "AsyncJobs",
    "AsyncWebhooks",
    "Background",
    "Client",
    "ClientClosed",
    "Composite",
    "ContentCredentials",
    "Contradiction",
    "Cutout",
    "CycloramaError",
    "EngineNotReady",
    "EngineStatus",
    "Event",
    "FieldViolation",
    "Finished",
    "Inpainted",
    "InvalidRequest",
    "Job",
    "JobAd",
    "JobReport",
    "Jobs",
    "Measurement",
    "NotFound",
    "Overloaded",
    "PermissionDenied",
    "Picture",
    "Platform",
    "ProductNotFound",
    "ProfileReport",
    "QuotaExceeded",
    "StageError",
    "Timeout",
    "Unauthenticated",
    "Unavailable",
    "Unsupported",
    "UnusedWords",
    "UploadedImage",
    "Verification",
    "WebhookDelivery",
    "WebhookEndpointReport",
    "Webhooks",
    "__version__",
    "compare_manifests",
    "rank_ads",
]

# Public names by module; `results` has those that are not listed.
_NAMES = {
    "ad_streams": ("AdStream", "AsyncAdStream"),
    "async_client": ("AsyncClient",),
    "client": ("Client",),
    "errors": (
        *("ClientClosed", "CycloramaError", "EngineNotReady", "FieldViolation", "InvalidRequest"),
        *("NotFound", "Overloaded", "PermissionDenied", "ProductNotFound", "QuotaExceeded"),
        *("StageError", "Timeout", "Unauthenticated", "Unavailable", "Unsupported"),
    ),
    "job_results": ("AsyncJob", "Job", "JobAd", "JobReport"),
    "jobs": ("AsyncJobs", "Jobs"),
    "pictures": ("UploadedImage",),
    "replay": ("compare_manifests",),
    "webhook_operations": ("WebhookDelivery", "WebhookEndpointReport"),
    "webhooks": ("AsyncWebhooks", "Webhooks"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


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
