"""Which inpainting engines there are, and what they can be told."""

from pydantic import Field

from services.diffusion.dialects import DIALECTS, DialectSettings
from services.inpainting.engine import Engine
from services.runtime.errors import EngineNotReady
from services.runtime.settings import NameList, StageSettings, build_settings_config

ENGINES = (*DIALECTS, "grounding")


class Settings(StageSettings, DialectSettings):
    """What the inpainting process can be told."""

    model_config = build_settings_config("inpainting")

    listen: str = Field("127.0.0.1:50054", description="host:port, or unix:/path")
    engines: NameList = Field(ENGINES, min_length=1, description="engines to open, best first")


def open_engine(name: str, settings: Settings) -> Engine:
    """Opens one engine; each branch imports its own module, so only what is used gets loaded."""
    match name:
        case "noop":
            from services.inpainting.engines.noop import Noop

            return Noop(settings.noop_delay_seconds)
        case _ if name in DIALECTS:
            from services.inpainting.engines.diffusion import DiffusionInpainting

            return DiffusionInpainting(name, settings)
        case "grounding":
            from services.inpainting.engines.grounding import Grounding

            return Grounding()
    raise EngineNotReady(f"there is no such engine; choose from {', '.join(ENGINES)}")
