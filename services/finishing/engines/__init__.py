"""The finishing engines, how to open one, and the settings of the stage."""

from pathlib import Path
from typing import Annotated

from PIL import ImageFont
from pydantic import AfterValidator, Field, FilePath

from services.finishing.engine import FinishingEngine
from services.runtime.errors import EngineNotReady
from services.runtime.settings import NameList, StageSettings, build_settings_config

ENGINES = ("pillow",)


def _check_font(path: Path) -> Path:
    """Returns the path of a font; raises ValueError if the file there cannot be read as one."""
    try:
        ImageFont.truetype(path)
    except OSError:
        raise ValueError("is no font file that can be read") from None
    return path


class FinishingSettings(StageSettings):
    """The settings of the finishing stage."""

    model_config = build_settings_config("finishing")

    listen: str = Field("127.0.0.1:50055", description="host:port, or unix:/path")
    engines: NameList = Field(ENGINES, min_length=1, description="engines to open, best first")
    font: Annotated[FilePath, AfterValidator(_check_font)] | None = Field(
        None, description="font file for lettering that names no font; default Inter Bold"
    )


def open_engine(name: str, settings: FinishingSettings) -> FinishingEngine:
    """Opens one engine; each branch imports its own package, so a process loads only what it uses.

    Raises EngineNotReady for an unknown name.

    name: one of ENGINES, or "noop" for one that only waits, to measure what a call costs.
    settings: of the process.
    """
    match name:
        case "noop":
            from services.finishing.engines.noop import NoopFinishing

            return NoopFinishing(settings.noop_delay_seconds)
        case "pillow":
            from services.finishing.engines.pillow import PillowFinishing

            return PillowFinishing(str(settings.font or ""))
    raise EngineNotReady(f"there is no such engine; choose from {', '.join(ENGINES)}")
