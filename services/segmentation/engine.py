"""What a segmentation engine is, and which ones there are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from pydantic import Field

from services.runtime.engines import Notice
from services.runtime.errors import EngineNotReady
from services.runtime.settings import Names, StageSettings, settings_config
from services.segmentation.candidates import Candidate
from services.segmentation.checkpoints import CheckpointSettings, find_checkpoint
from services.segmentation.crop import Box

ENGINES = ("sam", "classic")


class Settings(StageSettings, CheckpointSettings):
    """What the segmentation process can be told."""

    model_config = settings_config("segmentation")

    listen: str = Field("127.0.0.1:50051", description="host:port, or unix:/path")
    engines: Names = Field(ENGINES, min_length=1, description="engines to open, best first")
    checkpoint: Path | None = Field(None, description="weights for sam; default: what is in models")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="of sam's encoder; auto: the faster that keeps the masks"
    )
    threads: int | None = Field(None, ge=1, le=1024, description="of sam; default: all cores")
    embeddings_mib: int = Field(256, ge=0, le=65536, description="kept by sam of recent photos")


@dataclass(frozen=True)
class Prompt:
    """How to cut out.

    box_share: of the sides that the centered prompting box covers. max_side: of the answer, in
    pixels. edge: "normal" or "fine".
    box, points, mask: prompts instead of the centered box: x, y, width and height, and places x, y
    with whether they are product, in the photo's pixels; bool (h, w) stretched over the photo.
    """

    box_share: float = 0.95
    max_side: int = 4096
    edge: str = "normal"
    box: Box | None = None
    points: tuple[tuple[float, float, bool], ...] = ()
    mask: np.ndarray | None = None

    @property
    def fine(self) -> bool:
        """Whether the edge is to be matted."""
        return self.edge == "fine"

    def told(self) -> dict[str, object]:
        """The prompt in plain words and numbers, complete but for a mask's pixels."""
        told: dict[str, object] = {"max_side": self.max_side, "edge": self.edge}
        if self.box is not None:
            told["box"] = list(self.box)
        if self.points:
            told["points"] = [list(point) for point in self.points]
        if self.mask is not None:
            told["mask"] = "given"
        return told if len(told) > 2 else {"box_share": self.box_share, **told}


@dataclass(frozen=True)
class Finding:
    """A product that was found.

    cutout: uint8 RGBA (h, w, 4), straight alpha, cropped to `bounds`; smaller than them when
        `max_side` demanded it.
    bounds: x, y, width, height in pixels of the photo.
    confidence: 0 to 1.
    candidates: the masks that a model offered, best first.
    """

    cutout: np.ndarray
    bounds: Box
    confidence: float
    notices: tuple[Notice, ...] = ()
    candidates: tuple[Candidate, ...] = ()

    @property
    def trusted(self) -> bool:
        """Whether no second opinion is needed."""
        return not self.candidates or self.candidates[0].trusted


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
        case "noop":
            from services.segmentation.engines.noop import Noop

            return Noop(settings.noop_seconds)
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
        embedding_bytes=settings.embeddings_mib * 2**20,
    )
