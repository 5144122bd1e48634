"""python -m gateway"""

from gateway.artifacts import ArtifactStore
from gateway.engine_reports import EngineReports
from gateway.jobs.service import JobService
from gateway.service import create_services, open_credentials
from gateway.settings import GatewaySettings
from gateway.stage_client import StageClient
from services.runtime.event_loop import run_as_process
from services.runtime.logs import configure_logging
from services.runtime.server import run_aio_server
from services.runtime.tracing import export_spans


async def main() -> None:
    """Serves the gateway's gRPC services until the process is asked to stop."""
    settings = GatewaySettings.from_environment()
    configure_logging("gateway", settings)
    credentials = open_credentials(settings)
    stages, artifacts = StageClient(settings), ArtifactStore(settings.artifact_store)
    reports = EngineReports(stages)
    jobs = await JobService.open(stages, reports, artifacts, settings)
    own = create_services(stages, reports, artifacts, settings, jobs, credentials)
    try:
        with export_spans("gateway", settings):
            await run_aio_server(own, settings)
    finally:
        if jobs:
            await jobs.close()


run_as_process(main())
