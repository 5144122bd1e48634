"""What a segmentation engine is, and which ones there are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from pydantic import Field

from services.runtime.engines import Notice
from services.runtime.errors import EngineNotReady
from services.runtime.settings import Names, StageSettings, settings_config
from services.segmentation.checkpoints import CheckpointSettings, find_checkpoint

ENGINES = ("sam", "classic")


class Settings(StageSettings, CheckpointSettings):
    """What the segmentation process can be told."""

    model_config = settings_config("segmentation")

    listen: str = Field("127.0.0.1:50051", description="host:port, or unix:/path")
    engines: Names = Field(ENGINES, min_length=1, description="engines to open, best first")
    checkpoint: Path | None = Field(None, description="weights for sam; default: what is in models")


@dataclass(frozen=True)
class Prompt:
    """How to cut out.

    box_share: of the sides that the prompting box covers. max_side: of the answer, in pixels.
    edge: "normal" or "fine".
    """

    box_share: float = 0.95
    max_side: int = 4096
    edge: str = "normal"

    @property
    def fine(self) -> bool:
        """Whether the edge is to be matted."""
        return self.edge == "fine"


@dataclass(frozen=True)
class Finding:
    """A product that was found.

    cutout: uint8 RGBA (h, w, 4), straight alpha, cropped to `bounds`; smaller than them when
        `max_side` demanded it.
    bounds: x, y, width, height in pixels of the photo.
    confidence: 0 to 1.
    """

    cutout: np.ndarray
    bounds: tuple[int, int, int, int]
    confidence: float
    notices: tuple[Notice, ...] = ()


class Engine(Protocol):
    """Tells product from surroundings. Safe to call from several threads."""

    name: str
    version: str

    def find(self, photo: np.ndarray, prompt: Prompt) -> Finding:
        """Cuts the product out of uint8 RGB (H, W, 3); raises NothingFound when there is none."""
        ...


def open_engine(name: str, settings: Settings) -> Engine:
    """Opens one engine; each branch imports its own module, so only what is used gets loaded."""
    match name:
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
    return Sam(checkpoint)
