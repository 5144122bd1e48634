"""The segmentation engine: its protocol, its prompt and its result."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from services.imaging.box import Box, scale_box, widen_box
from services.runtime.engines import EngineTraits, EngineWarning

LabeledPoint = tuple[float, float, bool]
"""x, y in pixels of the photo, and whether the point is on the product."""


@dataclass(frozen=True)
class SegmentationPrompt:
    """Where the product is and how to cut it out.

    box_share: share of each side that the centered prompting box covers.
    max_side: longest side of the cut-out, in pixels.
    edge: "normal", "fine" or, with a mask only, "mask".
    photo_shadow: whether to "remove" or to "keep" a soft shadow of a photo that is cut out already.
    opaque: whether the product stays opaque where the background shines through it.
    product: its name, such as "wine glass"; empty if it is not known.
    box, points, mask: prompts that replace the centered box. The box is x, y, width, height in
        pixels of the photo; the mask is bool (h, w) of any size, stretched over the photo, or
        float32, 0 to 1, where its edge is used.
    """

    box_share: float = 0.95
    max_side: int = 4096
    edge: str = "normal"
    photo_shadow: str = "remove"
    opaque: bool = False
    product: str = ""
    box: Box | None = None
    points: tuple[LabeledPoint, ...] = ()
    mask: np.ndarray | None = None

    @property
    def has_fine_edge(self) -> bool:
        """Whether the edge is matted."""
        return self.edge == "fine"

    @property
    def has_mask_edge(self) -> bool:
        """Whether the alpha is that of the mask."""
        return self.edge == "mask"

    def shrink(
        self, scale: tuple[float, float], photo_size: tuple[int, int]
    ) -> "SegmentationPrompt":
        """Returns the prompt for the same photo at a smaller size.

        scale: how many times narrower and lower the photo becomes. photo_size: its new (height,
        width) in pixels.
        """
        across, down = scale
        box = self.box and widen_box(scale_box(self.box, 1 / down, 1 / across), 0, *photo_size)
        points = tuple((x / across, y / down, is_product) for x, y, is_product in self.points)
        return replace(self, box=box, points=points)

    @property
    def keeps_photo_shadow(self) -> bool:
        """Whether the soft shadow of a photo that is cut out already stays in the cut-out."""
        return self.photo_shadow == "keep"

    @property
    def is_located(self) -> bool:
        """Whether a box, points or a mask say where the product is."""
        return self.box is not None or bool(self.points) or self.mask is not None

    def to_parameters(self) -> dict[str, object]:
        """Returns the prompt as plain JSON values by field name, as responses and manifests report.

        A mask is only mentioned; box_share appears only where no other prompt replaces it, and
        opaque and product only if they are set.
        """
        prompts: dict[str, object] = {}
        if self.box is not None:
            prompts["box"] = list(self.box)
        if self.points:
            prompts["points"] = [list(point) for point in self.points]
        if self.mask is not None:
            prompts["mask"] = "given"
        return {
            **({} if prompts else {"box_share": self.box_share}),
            "max_side": self.max_side,
            "edge": self.edge,
            "photo_shadow": self.photo_shadow,
            **({"opaque": True} if self.opaque else {}),
            **({"product": self.product} if self.product else {}),
            **prompts,
        }


@dataclass(frozen=True)
class MaskScores:
    """The measurements of one mask that a model offered, as in the contract's MaskCandidate."""

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
class SegmentationResult:
    """A segmented product.

    cutout: uint8 RGBA (h, w, 4), straight alpha, cropped to `bounds`; scaled down if one of its
        sides would exceed the prompt's `max_side`.
    bounds: x, y, width, height in pixels of the photo.
    confidence: 0 to 1.
    candidates: the masks that a model offered, best first.
    is_certain: whether nothing was segmented, so that the result cannot be wrong.
    doubt: why the result is not to be trusted if another engine can do better; empty if it is.
    product_box: box of the product alone in pixels of the photo; None where it is `bounds`.
    transparent_share: share of the cut-out's area that the background shines through, 0 to 1.
    """

    cutout: np.ndarray
    bounds: Box
    confidence: float
    warnings: tuple[EngineWarning, ...] = ()
    candidates: tuple[MaskScores, ...] = ()
    is_certain: bool = False
    doubt: str = ""
    product_box: Box | None = None
    transparent_share: float = 0.0


@dataclass(frozen=True)
class ProductEstimate:
    """Where an engine that searches a whole photo expects the product, before it is cut out.

    probability: that a pixel shows the product, float32 (h, w), 0 to 1, stretched over the photo.
    confidence: 0 to 1.
    """

    probability: np.ndarray
    confidence: float
    warnings: tuple[EngineWarning, ...] = ()


class SegmentationEngine(Protocol):
    """Segments product photos. Safe to call from several threads."""

    name: str
    version: str
    traits: EngineTraits

    def segment(self, photo: np.ndarray, prompt: SegmentationPrompt) -> SegmentationResult:
        """Cuts the product out of a photo.

        Returns the cut-out, uint8 RGBA (h, w, 4), its bounds in the photo, and the confidence.

        photo: uint8 RGB (H, W, 3). prompt: where the product is and how to cut it out.

        Raises ProductNotFound if no product stands out.
        """
        ...
