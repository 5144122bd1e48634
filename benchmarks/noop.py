"""All four stages in one process, on the engines that do nothing: what is left is the rest.

python -m benchmarks.noop

It is told like any stage: CYCLORAMA_LISTEN, CYCLORAMA_NOOP_SECONDS. The finished file is the ad's
own bytes, so that only what the gateway does is left.
"""

from importlib import import_module

from pydantic import Field

from cyclorama.v1 import finishing_pb2
from services.compositing.servicer import CompositingServicer
from services.imaging.images import Images
from services.runtime.engines import NOOP, Engines
from services.runtime.logs import configure
from services.runtime.objects import Objects
from services.runtime.server import Service, run
from services.runtime.settings import Names, StageSettings, settings_config

STAGES = ("segmentation", "background", "compositing", "inpainting")


class Settings(StageSettings):
    """What the process can be told."""

    model_config = settings_config("noop")

    at_work: int = Field(64, ge=1, le=1024)
    engines: Names = Field((NOOP,), min_length=1)


class Unfinished(CompositingServicer):
    """Composites, and hands files out as they came."""

    def FinishAd(self, request, context):
        return finishing_pb2.FinishAdResponse(file=request.ad, pixel_lock="{}")


def servicer_of(stage: str, settings: Settings):
    """The stage's own servicer with its engine noop."""
    module = import_module(f"services.{stage}.engine")
    engines = Engines(settings.engines, lambda name: module.open_engine(name, settings))
    images = Images(settings, settings.max_message_mib)
    if stage == "compositing":
        return Unfinished(engines, images)
    servicers = import_module(f"services.{stage}.servicer")
    return getattr(servicers, f"{stage.capitalize()}Servicer")(engines, images)


def add(servicers: dict[str, object], server) -> None:
    """Registers the four of them."""
    for stage, servicer in servicers.items():
        module = import_module(f"cyclorama.v1.{stage}_pb2_grpc")
        getattr(module, f"add_{stage.capitalize()}ServiceServicer_to_server")(servicer, server)


if __name__ == "__main__":
    settings = Settings.from_environment()
    configure("noop", settings)
    servicers = {stage: servicer_of(stage, settings) for stage in STAGES}
    objects = Objects(settings.artifacts) if settings.artifacts else None
    run(Service("cyclorama.v1.NoOp", add, servicers), settings, objects)
