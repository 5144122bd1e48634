"""The interface of compositing engines: options, result and the method that composites."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from services.compositing.arrangement import DEFAULT_ARRANGEMENT, Arrangement
from services.compositing.layers import ProductLayer, ShadowLayer
from services.compositing.placement import Placement
from services.imaging.scene import RGB, Scene
from services.runtime.engines import EngineTraits, EngineWarning


@dataclass(frozen=True)
class CompositeOptions:
    """How to place, tint and shade the product, as in the contract's CompositingOptions.

    width_share, height_share: the largest size, as shares of the canvas.
    area_share: the share of the canvas that the product covers; replaces the two above.
    tint: how far the product's midtones move towards the colors behind it, 0 to 1.
    shadow: "drop", "cast", "contact", "ground" or "none".
    locked: whether the product's colors must stay as they are.
    """

    width_share: float = 0.7
    height_share: float = 0.62
    area_share: float | None = None
    tint: float = 0.06
    shadow: str = "drop"
    shadow_opacity: float = 0.3
    shadow_color: RGB = (0, 0, 0)
    locked: bool = False
    arrangement: Arrangement = DEFAULT_ARRANGEMENT


@dataclass(frozen=True)
class CompositeResult:
    """A product in its scene.

    pixels: uint8 RGB (H, W, 3), of the background's size.
    mask: uint8 (H, W), the product's alpha on the canvas.
    placement: the box of the resized cut-out on the canvas.
    product, shadow: the layers over the background; the shadow is None if there is none.
    untinted: premultiplied uint8 RGBA (h, w, 4), the product's pixels before the tint.
    """

    pixels: np.ndarray
    mask: np.ndarray
    placement: Placement
    product: ProductLayer
    shadow: ShadowLayer | None
    untinted: np.ndarray
    warnings: tuple[EngineWarning, ...] = ()


class CompositingEngine(Protocol):
    """Composites cut-outs with backgrounds. Safe to call from several threads."""

    name: str
    version: str
    traits: EngineTraits

    def composite(
        self,
        cutout: np.ndarray,
        background: np.ndarray,
        scene: Scene,
        cut_sides: Sequence[int],
        options: CompositeOptions,
    ) -> CompositeResult:
        """Places a product on a background, with its shadow and a tint of the background.

        Returns the composite with the product's mask, its place and the layers. Raises
        ProductNotFound when the cut-out is fully transparent.

        cutout: the product, uint8 RGBA (h, w, 4), alpha not premultiplied.
        background: uint8 RGB (H, W, 3), of the result's size.
        scene: light, ground line and camera of the background.
        cut_sides: values of the contract's Side at which the photo cut off the product.
        """
        ...
