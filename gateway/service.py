"""Assembles the gateway's services with their authentication and quotas."""

from cyclorama.v1.ads_pb2_grpc import add_AdServiceServicer_to_server
from cyclorama.v1.segmentation_pb2_grpc import add_SegmentationServiceServicer_to_server
from cyclorama.v1.webhooks_pb2_grpc import add_WebhookServiceServicer_to_server
from gateway.ads import AdCreator
from gateway.artifacts import ArtifactStore
from gateway.callers.authentication import Authentication
from gateway.callers.credentials import Credentials
from gateway.callers.quotas import ConcurrencyQuota
from gateway.callers.shares import STREAMED_METHODS, CallerShares
from gateway.callers.usage import QuotaUsage
from gateway.database import IN_MEMORY, open_database
from gateway.engine_reports import EngineReports
from gateway.intake import CallIntake
from gateway.jobs.service import JobService
from gateway.rules import RULES
from gateway.segmentation import SegmentationForwarder
from gateway.servicer import AdServicer
from gateway.settings import GatewaySettings
from gateway.stage_client import StageClient
from gateway.webhooks.servicer import WebhookServicer
from services.runtime.addresses import is_local_address
from services.runtime.server import Service


def open_credentials(settings: GatewaySettings) -> Credentials | None:
    """Reads the file of callers and their tokens; returns None when the settings name none.

    Raises SystemExit when the file is invalid, or when there is none although other machines can
    connect and the settings do not allow that without authentication.
    """
    if settings.callers:
        return Credentials(settings.callers)
    if not is_local_address(settings.listen) and not settings.allow_unauthenticated:
        raise SystemExit(
            f"CYCLORAMA_GATEWAY_LISTEN={settings.listen} lets other machines connect without "
            "authentication: set CYCLORAMA_GATEWAY_CALLERS to a file of callers, listen on "
            "127.0.0.1, or set CYCLORAMA_GATEWAY_ALLOW_UNAUTHENTICATED=true"
        )
    return None


def create_services(
    stages: StageClient,
    reports: EngineReports,
    artifacts: ArtifactStore,
    settings: GatewaySettings,
    jobs: JobService | None = None,
    credentials: Credentials | None = None,
) -> list[Service]:
    """Assembles the gateway's gRPC services from their parts, with authentication and quotas.

    These are AdService, whose guards and rules are for every call of the server,
    SegmentationService and WebhookService.

    stages: calls the stages. reports: the engines that they list. artifacts: stores images. jobs:
    None where the gateway keeps no jobs. credentials: None without authentication; then every call
    counts as one of the caller `local`, who may do everything.
    """
    authentication = Authentication(credentials)
    usage = QuotaUsage(
        jobs.write_engine if jobs else open_database(IN_MEMORY, begin_immediate=True)
    )
    shares = CallerShares(
        settings.max_concurrent_calls, settings.max_streams, share=settings.caller_share
    )
    ads = AdCreator(reports, artifacts, settings)
    intake = CallIntake(artifacts, settings, usage, jobs.uploads if jobs else None)
    ad_service = Service(
        name="cyclorama.v1.AdService",
        add=add_AdServiceServicer_to_server,
        servicer=AdServicer(stages, ads, intake, usage, jobs),
        rules=RULES,
        token_check=authentication.authenticate,
        guards=[authentication, ConcurrencyQuota(), shares],
        long_methods=STREAMED_METHODS,
        resolves_uris=jobs is not None,
        parts={"jobs": jobs.report_health} if jobs else {},
    )
    segmentation_service = Service(
        name="cyclorama.v1.SegmentationService",
        add=add_SegmentationServiceServicer_to_server,
        servicer=SegmentationForwarder(stages, intake),
    )
    webhook_service = Service(
        name="cyclorama.v1.WebhookService",
        add=add_WebhookServiceServicer_to_server,
        servicer=WebhookServicer(jobs.webhooks if jobs else None),
        rules=RULES,
    )
    return [ad_service, segmentation_service, webhook_service]
