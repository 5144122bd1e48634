"""python -m gateway"""

import asyncio

from gateway.artifacts import Artifacts
from gateway.engine_reports import EngineReports
from gateway.jobs.jobs import Jobs
from gateway.service import ad_service, open_book
from gateway.settings import Settings
from gateway.stages import Stages
from services.runtime.logs import configure
from services.runtime.server import run_aio
from services.runtime.tracing import exported


async def main() -> None:
    """Serves AdService until it is told to stop."""
    settings = Settings.from_environment()
    configure("gateway", settings)
    book = open_book(settings)
    stages, artifacts = Stages(settings), Artifacts(settings.artifact_store)
    reports = EngineReports(stages)
    jobs = await Jobs.open(stages, reports, artifacts, settings)
    try:
        with exported("gateway", settings):
            await run_aio(ad_service(stages, reports, artifacts, settings, jobs, book), settings)
    finally:
        if jobs:
            await jobs.close()


asyncio.run(main())
