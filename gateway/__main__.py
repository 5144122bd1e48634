"""python -m gateway"""

import asyncio

from gateway.artifacts import Artifacts
from gateway.engine_reports import EngineReports
from gateway.jobs.jobs import Jobs
from gateway.service import ad_service, open_book
from gateway.settings import Settings
from gateway.stages import Stages
from services.runtime.logs import configure_logging
from services.runtime.server import run_aio_server
from services.runtime.tracing import export_spans


async def main() -> None:
    """Serves AdService until it is told to stop."""
    settings = Settings.from_environment()
    configure_logging("gateway", settings)
    book = open_book(settings)
    stages, artifacts = Stages(settings), Artifacts(settings.artifact_store)
    reports = EngineReports(stages)
    jobs = await Jobs.open(stages, reports, artifacts, settings)
    try:
        with export_spans("gateway", settings):
            await run_aio_server(
                ad_service(stages, reports, artifacts, settings, jobs, book), settings
            )
    finally:
        if jobs:
            await jobs.close()


asyncio.run(main())
