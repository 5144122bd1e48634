"""The inpainting engines, how to open one, and the settings of the stage."""

from pydantic import Field

from services.diffusion.generator_settings import GeneratorSettings
from services.diffusion.generators import DIFFUSION_ENGINES
from services.inpainting.engine import InpaintingEngine
from services.runtime.errors import EngineNotReady
from services.runtime.settings import NameList, StageSettings, build_settings_config
from services.studio.panoramas.library import PlaceSettings, open_library

ENGINES = (*DIFFUSION_ENGINES, "studio", "grounding")


class InpaintingSettings(StageSettings, GeneratorSettings, PlaceSettings):
    """The settings of the inpainting process."""

    model_config = build_settings_config("inpainting")

    listen: str = Field("127.0.0.1:50054", description="host:port, or unix:/path")
    engines: NameList = Field(ENGINES, min_length=1, description="engines to open, best first")


def open_engine(name: str, settings: InpaintingSettings) -> InpaintingEngine:
    """Opens one engine; each branch imports its own package, so a process loads only what it uses.

    Raises EngineNotReady for an unknown name.

    name: one of ENGINES, or "noop" for one that only waits, to measure what a call costs.
    settings: of the process.
    """
    match name:
        case "noop":
            from services.inpainting.engines.noop import NoopInpainting

            return NoopInpainting(settings.noop_delay_seconds)
        case _ if name in DIFFUSION_ENGINES:
            from services.inpainting.engines.diffusion import DiffusionInpainting

            return DiffusionInpainting(name, settings)
        case "studio":
            from services.inpainting.engines.studio import StudioInpainting

            return StudioInpainting(open_library(settings))
        case "grounding":
            from services.inpainting.engines.grounding import GroundingInpainting

            return GroundingInpainting()
    raise EngineNotReady(f"there is no such engine; choose from {', '.join(ENGINES)}")
