"""Puts AdService together with those who may call it."""

from cyclorama.v1.ads_pb2_grpc import add_AdServiceServicer_to_server
from gateway.ads import Ads
from gateway.artifacts import Artifacts
from gateway.callers.authentication import Authentication
from gateway.callers.book import Book
from gateway.callers.quotas import CallsAtWork
from gateway.callers.usage import Usage
from gateway.database import MEMORY, open_database
from gateway.engine_reports import EngineReports
from gateway.jobs.jobs import Jobs
from gateway.rules import RULES
from gateway.servicer import AdServicer
from gateway.settings import Settings
from gateway.stages import Stages
from services.runtime.addresses import is_local_address
from services.runtime.server import Service


def open_book(settings: Settings) -> Book | None:
    """Reads the callers; ends the process where there are none and strangers could connect."""
    if settings.callers:
        return Book(settings.callers)
    if not is_local_address(settings.listen) and not settings.allow_unauthenticated:
        raise SystemExit(
            f"CYCLORAMA_GATEWAY_LISTEN={settings.listen} lets others connect, and nobody is named "
            "who may call: set CYCLORAMA_GATEWAY_CALLERS to a file of callers, listen on "
            "127.0.0.1, or set CYCLORAMA_GATEWAY_ALLOW_UNAUTHENTICATED=true"
        )
    return None


def ad_service(
    stages: Stages,
    reports: EngineReports,
    artifacts: Artifacts,
    settings: Settings,
    jobs: Jobs | None = None,
    book: Book | None = None,
) -> Service:
    """AdService with its gate; without a book everybody is the caller `local`."""
    entrance = Authentication(book)
    usage = Usage(open_database(settings.database or MEMORY, writes_first=True))
    servicer = AdServicer(stages, Ads(reports, artifacts, settings), settings, usage, jobs)
    return Service(
        "cyclorama.v1.AdService",
        add_AdServiceServicer_to_server,
        servicer,
        RULES,
        entrance.check,
        [entrance, CallsAtWork()],
    )
