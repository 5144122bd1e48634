"""What a compositing engine is: what it is given, and what it returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from services.compositing.arrangement import AS_THE_SCENE_SUGGESTS, Arrangement
from services.compositing.layers import Product, Shadow
from services.compositing.placement import Placement
from services.imaging.scene import RGB, Scene
from services.runtime.engines import EngineTraits, EngineWarning


@dataclass(frozen=True)
class Look:
    """How the product is set into the scene; shares and strengths as in CompositingOptions.

    shadow: "drop", "cast", "contact" or "none".
    """

    width_share: float = 0.7
    height_share: float = 0.62
    area_share: float | None = None
    tint: float = 0.06
    shadow: str = "drop"
    shadow_opacity: float = 0.3
    shadow_color: RGB = (0, 0, 0)
    locked: bool = False
    arrangement: Arrangement = AS_THE_SCENE_SUGGESTS


@dataclass(frozen=True)
class Composite:
    """A product in its scene.

    pixels: uint8 RGB (H, W, 3), of the background's size.
    mask: uint8 (H, W), the product's alpha on the canvas.
    placement: where the resized cut-out went.
    product, shadow: the layers over the background; None where there is no shadow.
    untinted: the product's pixels before the tint.
    """

    pixels: np.ndarray
    mask: np.ndarray
    placement: Placement
    product: Product
    shadow: Shadow | None
    untinted: np.ndarray
    warnings: tuple[EngineWarning, ...] = ()


class Engine(Protocol):
    """Sets cut-outs into backgrounds. Safe to call from several threads."""

    name: str
    version: str
    traits: EngineTraits

    def compose(
        self,
        cutout: np.ndarray,
        background: np.ndarray,
        scene: Scene,
        cut_sides: Sequence[int],
        look: Look,
    ) -> Composite:
        """Sets uint8 RGBA (h, w, 4) into uint8 RGB (H, W, 3); `cut_sides` hold Side values."""
        ...
