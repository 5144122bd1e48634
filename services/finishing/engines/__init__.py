"""Which finishing engines there are, and what they can be told."""

from pathlib import Path
from typing import Annotated

from PIL import ImageFont
from pydantic import AfterValidator, Field, FilePath

from services.finishing.engine import Engine
from services.runtime.errors import EngineNotReady
from services.runtime.settings import NameList, StageSettings, build_settings_config

ENGINES = ("pillow",)


def _check_font(path: Path) -> Path:
    try:
        ImageFont.truetype(path)
    except OSError:
        raise ValueError("is no font file that can be read") from None
    return path


class Settings(StageSettings):
    """What the finishing stage can be told."""

    model_config = build_settings_config("finishing")

    listen: str = Field("127.0.0.1:50055", description="host:port, or unix:/path")
    engines: NameList = Field(ENGINES, min_length=1, description="engines to open, best first")
    font: Annotated[FilePath, AfterValidator(_check_font)] | None = Field(
        None, description="font file for lettering; default Lato Bold"
    )


def open_engine(name: str, settings: Settings) -> Engine:
    """Opens one engine; each branch imports its own module, so only what is used gets loaded."""
    match name:
        case "noop":
            from services.finishing.engines.noop import Noop

            return Noop(settings.noop_delay_seconds)
        case "pillow":
            from services.finishing.engines.pillow import PillowEngine

            return PillowEngine(str(settings.font or ""))
    raise EngineNotReady(f"there is no such engine; choose from {', '.join(ENGINES)}")
