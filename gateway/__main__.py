"""python -m gateway"""

import asyncio

from cyclorama.v1.ads_pb2_grpc import add_AdServiceServicer_to_server
from gateway.artifacts import Artifacts
from gateway.jobs.jobs import Jobs
from gateway.servicer import AdServicer
from gateway.settings import Settings
from gateway.stages import Stages
from services.runtime.logs import configure
from services.runtime.server import Service, run_aio
from services.runtime.tracing import exported


async def main() -> None:
    """Serves AdService until it is told to stop."""
    settings = Settings.from_environment()
    configure("gateway", settings)
    stages, artifacts = Stages(settings), Artifacts(settings.artifacts)
    jobs = await Jobs.open(stages, artifacts, settings)
    servicer = AdServicer(stages, artifacts, settings, jobs)
    service = Service("cyclorama.v1.AdService", add_AdServiceServicer_to_server, servicer)
    try:
        with exported("gateway", settings):
            await run_aio(service, settings)
    finally:
        if jobs:
            await jobs.close()


asyncio.run(main())
