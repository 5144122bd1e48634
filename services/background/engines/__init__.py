"""The engines of the background stage and its settings."""

from typing import Literal

from pydantic import Field

from services.background.engine import BackgroundEngine
from services.diffusion.generator_settings import GeneratorSettings
from services.diffusion.generators import DIFFUSION_ENGINES
from services.runtime.errors import EngineNotReady
from services.runtime.settings import NameList, StageSettings, build_settings_config
from services.studio.panoramas.library import PlaceSettings, open_library

ENGINES = (*DIFFUSION_ENGINES, "studio")


class BackgroundSettings(StageSettings, GeneratorSettings, PlaceSettings):
    """Settings of the background process."""

    model_config = build_settings_config("background")

    listen: str = Field("127.0.0.1:50052", description="host:port, or unix:/path")
    engines: NameList = Field(ENGINES, min_length=1, description="engines to open, best first")
    serve_inpainting: bool = Field(
        False, description="serve the inpainting stage in this process too, to share a model"
    )
    mitsuba_variant: Literal["auto", "scalar_rgb", "llvm_ad_rgb"] = Field(
        "auto", description="how the studio renders; auto takes the faster one that works"
    )


def open_engine(name: str, settings: BackgroundSettings) -> BackgroundEngine:
    """Opens a background engine, and imports only the packages that it needs.

    name: "studio", "noop", or one of DIFFUSION_ENGINES.
    settings: of this process, with servers' addresses, the folder of a model and the like.

    Raises EngineNotReady for an unknown name and when the engine cannot run here.
    """
    match name:
        case "noop":
            from services.background.engines.noop import NoopBackground

            return NoopBackground(settings.noop_delay_seconds)
        case _ if name in DIFFUSION_ENGINES:
            from services.background.engines.diffusion import DiffusionBackground

            return DiffusionBackground(name, settings)
        case "studio":
            from services.background.engines.studio import StudioBackground

            return StudioBackground(settings.mitsuba_variant, open_library(settings))
    raise EngineNotReady(f"there is no such engine; choose from {', '.join(ENGINES)}")
