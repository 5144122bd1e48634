"""What a segmentation engine is: what it is given, and what it returns."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from services.imaging.box import Box
from services.runtime.engines import EngineTraits, EngineWarning


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
class MaskScores:
    """What speaks for one mask that a model offered; each measure is as in MaskCandidate."""

    score: float
    predicted_iou: float
    stability: float
    area: float
    border: float
    center: float
    separation: float
    agreement: float | None
    complement: bool
    refined: bool


@dataclass(frozen=True)
class Finding:
    """A product that was found.

    cutout: uint8 RGBA (h, w, 4), straight alpha, cropped to `bounds`; smaller than them when
        `max_side` demanded it.
    bounds: x, y, width, height in pixels of the photo.
    confidence: 0 to 1.
    candidates: the masks that a model offered, best first.
    doubt: why it is not to be trusted while another engine may do better; empty when it is.
    """

    cutout: np.ndarray
    bounds: Box
    confidence: float
    warnings: tuple[EngineWarning, ...] = ()
    candidates: tuple[MaskScores, ...] = ()
    doubt: str = ""


class Engine(Protocol):
    """Tells product from surroundings. Safe to call from several threads."""

    name: str
    version: str
    traits: EngineTraits

    def find(self, photo: np.ndarray, prompt: Prompt) -> Finding:
        """Cuts the product out of uint8 RGB (H, W, 3); raises ProductNotFound if it has none."""
        ...
