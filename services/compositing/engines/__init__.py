"""Which compositing engines there are, and what they can be told."""

from pydantic import Field

from services.compositing.engine import Engine
from services.runtime.errors import EngineNotReady
from services.runtime.settings import NameList, StageSettings, build_settings_config

ENGINES = ("opencv",)


class Settings(StageSettings):
    """What the compositing process can be told."""

    model_config = build_settings_config("compositing")

    listen: str = Field("127.0.0.1:50053", description="host:port, or unix:/path")
    engines: NameList = Field(ENGINES, min_length=1, description="engines to open, best first")
    serve_finishing: bool = Field(True, description="serve the finishing stage in this process too")


def open_engine(name: str, settings: Settings) -> Engine:
    """Opens one engine; each branch imports its own module, so only what is used gets loaded."""
    match name:
        case "noop":
            from services.compositing.engines.noop import Noop

            return Noop(settings.noop_delay_seconds)
        case "opencv":
            from services.compositing.engines.opencv import OpenCV

            return OpenCV()
    raise EngineNotReady(f"there is no such engine; choose from {', '.join(ENGINES)}")
