"""The compositing engines, how to open one, and the settings of the stage."""

from pydantic import Field

from services.compositing.engine import CompositingEngine
from services.runtime.errors import EngineNotReady
from services.runtime.settings import NameList, StageSettings, build_settings_config

ENGINES = ("opencv",)


class CompositingSettings(StageSettings):
    """The settings of the compositing process."""

    model_config = build_settings_config("compositing")

    listen: str = Field("127.0.0.1:50053", description="host:port, or unix:/path")
    engines: NameList = Field(ENGINES, min_length=1, description="engines to open, best first")
    serve_finishing: bool = Field(True, description="serve the finishing stage in this process too")


def open_engine(name: str, settings: CompositingSettings) -> CompositingEngine:
    """Opens one engine; each branch imports its own package, so a process loads only what it uses.

    Raises EngineNotReady for an unknown name.

    name: one of ENGINES, or "noop" for one that only waits, to measure what a call costs.
    settings: of the process.
    """
    match name:
        case "noop":
            from services.compositing.engines.noop import NoopCompositing

            return NoopCompositing(settings.noop_delay_seconds)
        case "opencv":
            from services.compositing.engines.opencv import OpenCVCompositing

            return OpenCVCompositing()
    raise EngineNotReady(f"there is no such engine; choose from {', '.join(ENGINES)}")
