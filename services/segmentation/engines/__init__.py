"""Which segmentation engines there are, and what they can be told."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from services.runtime.errors import EngineNotReady
from services.runtime.settings import NameList, StageSettings, build_settings_config
from services.segmentation.checkpoints import CheckpointSettings, find_checkpoint
from services.segmentation.engine import Engine

ENGINES = ("sam", "classic")


class Settings(StageSettings, CheckpointSettings):
    """What the segmentation process can be told."""

    model_config = build_settings_config("segmentation")

    listen: str = Field("127.0.0.1:50051", description="host:port, or unix:/path")
    engines: NameList = Field(ENGINES, min_length=1, description="engines to open, best first")
    checkpoint: Path | None = Field(None, description="weights for sam; default: what is in models")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="of sam's encoder; auto: the faster that keeps the masks"
    )
    threads: int | None = Field(None, ge=1, le=1024, description="of sam; default: all cores")
    embedding_cache_mib: int = Field(
        256, ge=0, le=65536, description="kept by sam of recent photos"
    )


def open_engine(name: str, settings: Settings) -> Engine:
    """Opens one engine; each branch imports its own module, so only what is used gets loaded."""
    match name:
        case "noop":
            from services.segmentation.engines.noop import Noop

            return Noop(settings.noop_delay_seconds)
        case "classic":
            from services.segmentation.engines.classic import Classic

            return Classic()
        case "sam":
            return _open_sam(settings)
    raise EngineNotReady(f"there is no such engine; choose from {', '.join(ENGINES)}")


def _open_sam(settings: Settings) -> Engine:
    checkpoint = settings.checkpoint or find_checkpoint(settings.models)
    if checkpoint is None:
        raise EngineNotReady(
            "there are no weights; fetch them with `make models`, or set "
            "CYCLORAMA_SEGMENTATION_CHECKPOINT to a file of Meta's"
        )
    try:
        from services.segmentation.engines.sam import Sam
    except ModuleNotFoundError as error:
        raise EngineNotReady(f"{error.name} is not installed; install the extra sam") from error
    return Sam(
        checkpoint,
        precision=settings.precision,
        threads=settings.threads,
        embedding_bytes=settings.embedding_cache_mib * 2**20,
    )
