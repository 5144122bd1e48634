"""All five stages in one process, on the engines that do nothing: what is left is the rest.

python -m benchmarks.noop

It is configured like any stage: CYCLORAMA_LISTEN, CYCLORAMA_NOOP_SECONDS. The finished file is the
ad's own bytes, so that only what the gateway does is left.
"""

from importlib import import_module

from pydantic import Field

from benchmarks.serving import STAGES
from cyclorama.v1 import engine_pb2, finishing_pb2, finishing_pb2_grpc
from services.imaging.images import Images
from services.runtime.engines import NOOP, Engines
from services.runtime.logs import configure
from services.runtime.objects import Objects
from services.runtime.server import Service, run
from services.runtime.settings import Names, StageSettings, settings_config


class Settings(StageSettings):
    """What the process can be told."""

    model_config = settings_config("noop")

    at_work: int = Field(64, ge=1, le=1024)
    engines: Names = Field((NOOP,), min_length=1)


class Unfinished(finishing_pb2_grpc.FinishingServiceServicer):
    """Returns each ad as the finished file."""

    def FinishAd(self, request, context):
        run = engine_pb2.EngineRun(engine=NOOP)
        result = finishing_pb2.FinishAdResult(file=request.ad, pixel_lock="{}", run=run)
        yield finishing_pb2.FinishAdResponse(result=result)

    def ListEngines(self, request, context):
        status = engine_pb2.EngineStatus(name=NOOP, ready=True)
        return finishing_pb2.FinishingServiceListEnginesResponse(engines=[status])


def open_servicers(settings: Settings) -> dict[str, object]:
    """The servicers of all stages, each on its engine noop."""
    opened = {stage: open_servicer(stage, settings) for stage in STAGES}
    return opened | {"finishing": Unfinished()}


def open_servicer(stage: str, settings: Settings) -> object:
    """The stage's own servicer with its engine noop."""
    module = import_module(f"services.{stage}.engines")
    engines = Engines(settings.engines, lambda name: module.open_engine(name, settings))
    servicers = import_module(f"services.{stage}.servicer")
    kind = getattr(servicers, f"{stage.capitalize()}Servicer")
    return kind(engines, Images(settings, settings.max_message_mib))


def add_servicers(servicers: dict[str, object], server) -> None:
    """Registers them at a server."""
    for stage, servicer in servicers.items():
        module = import_module(f"cyclorama.v1.{stage}_pb2_grpc")
        getattr(module, f"add_{stage.capitalize()}ServiceServicer_to_server")(servicer, server)


if __name__ == "__main__":
    settings = Settings.from_environment()
    configure("noop", settings)
    objects = Objects(settings.artifacts) if settings.artifacts else None
    run(Service("cyclorama.v1.NoOp", add_servicers, open_servicers(settings)), settings, objects)
