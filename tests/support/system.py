"""All services in one process on loopback ports, with engines chosen by a test."""

import asyncio
import socket
import threading
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gateway.artifacts import ArtifactStore
from gateway.engine_reports import EngineReports
from gateway.jobs.service import JobService
from gateway.service import create_services, open_credentials
from gateway.settings import GatewaySettings
from gateway.stage_client import StageClient
from services.background.servicer import STAGE as BACKGROUND
from services.compositing.engines.opencv import OpenCVCompositing
from services.compositing.servicer import STAGE as COMPOSITING
from services.finishing.engines.pillow import PillowFinishing
from services.finishing.servicer import STAGE as FINISHING
from services.inpainting.engines.grounding import GroundingInpainting
from services.inpainting.servicer import STAGE as INPAINTING
from services.runtime.engines import Engines
from services.runtime.objects import ContentStore
from services.runtime.server import RunningServer, Service, start_aio_server, start_server
from services.runtime.settings import ServerSettings
from services.segmentation.servicer import STAGE as SEGMENTATION
from tests.support.engines import Flat, MiddleCrop

QUICK = {"drain_seconds": 0, "grace_seconds": 1}
STAGES = {
    stage.name: stage for stage in (SEGMENTATION, BACKGROUND, COMPOSITING, INPAINTING, FINISHING)
}


def build_stage_servicer(stage: str, engine):
    """Builds the servicer of a stage with one engine, or with several as Engines."""
    engines = engine if isinstance(engine, Engines) else Engines([engine.name], lambda _: engine)
    return STAGES[stage].servicer(engines, STAGES[stage].settings())


def build_stage_service(stage: str, engine) -> Service:
    """Builds the service of a stage with one engine."""
    return STAGES[stage].build_service(build_stage_servicer(stage, engine))


def start_stage(
    stage: str, engine, listen: str = "127.0.0.1:0", artifact_store: str = "", **settings
) -> RunningServer:
    """Starts a stage with one engine; artifact_store is a store that services share."""
    objects = ContentStore(artifact_store) if artifact_store else None
    own = ServerSettings(listen=listen, **QUICK | settings)
    return start_server([build_stage_service(stage, engine)], own, objects)


@dataclass
class System:
    """A running gateway's address and its stages."""

    address: str
    stages: dict[str, RunningServer]
    _held: dict[str, socket.socket] = field(default_factory=dict)

    def stop_stage(self, stage: str) -> None:
        """Stops one stage; no server of another test gets its port, and connections are refused."""
        self.stages[stage].stop(ServerSettings(**QUICK))
        if stage not in self._held:
            self._held[stage] = _hold_port(self.stages[stage].port)

    def restart_stage(self, stage: str, engine) -> None:
        """Starts a stopped stage on the same port."""
        self._held.pop(stage).close()
        listen = f"127.0.0.1:{self.stages[stage].port}"
        self.stages[stage] = start_stage(stage, engine, listen)

    def close(self) -> None:
        """Stops all stages and frees their ports."""
        for stage in self.stages:
            self.stop_stage(stage)
            self._held.pop(stage).close()


def _hold_port(port: int) -> socket.socket:
    """Binds a port without listening, so that connections to it are refused."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", port))
    return held


def job_store_settings(folder: Path) -> dict[str, str]:
    """Returns the settings of a gateway that stores jobs and artifacts in a folder."""
    return {"database": f"sqlite:///{folder}/jobs.db", "artifact_store": str(folder / "artifacts")}


@asynccontextmanager
async def serve_system(
    segmentation=None,
    background=None,
    compositing=None,
    inpainting=None,
    finishing=None,
    stage_settings=None,
    **gateway,
):
    """Serves the five stages and a gateway.

    gateway: settings of the gateway; with transport "reference" the stages share its store.
    """
    engines = {
        "segmentation": segmentation or MiddleCrop(),
        "background": background or Flat(),
        "compositing": compositing or OpenCVCompositing(),
        "inpainting": inpainting or GroundingInpainting(),
        "finishing": finishing or PillowFinishing(),
    }
    async with AsyncExitStack() as stack:
        shared = gateway["artifact_store"] if gateway.get("transport") == "reference" else ""
        started = {
            stage: start_stage(stage, engine, artifact_store=shared, **stage_settings or {})
            for stage, engine in engines.items()
        }
        addresses = {f"{stage}_address": f"127.0.0.1:{run.port}" for stage, run in started.items()}
        settings = GatewaySettings(
            **{"listen": "127.0.0.1:0", "database": ""} | addresses | QUICK | gateway
        )
        stages, artifacts = StageClient(settings), ArtifactStore(settings.artifact_store)
        reports = EngineReports(stages)
        jobs = await JobService.open(stages, reports, artifacts, settings)
        services = create_services(
            stages, reports, artifacts, settings, jobs, open_credentials(settings)
        )
        server = await start_aio_server(services, settings)
        running = System(f"127.0.0.1:{server.port}", started)
        stack.push_async_callback(server.stop, ServerSettings(drain_seconds=0, grace_seconds=0))
        if jobs:
            stack.push_async_callback(jobs.close)
        yield running
    running.close()


@contextmanager
def serve_system_in_thread(**settings):
    """Serves the same system in a thread, for blocking callers."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running = serve_system(**settings)
    try:
        yield asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
