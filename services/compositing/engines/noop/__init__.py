"""Returns the background unchanged, to measure what a call costs without the compositing."""

from collections.abc import Sequence

import numpy as np

from services.compositing.engine import CompositeOptions, CompositeResult
from services.compositing.layers import ProductLayer
from services.compositing.placement import Placement
from services.imaging.mask import OPAQUE_ALPHA
from services.imaging.scene import Scene
from services.runtime.engines import EngineTraits
from services.runtime.guards.cancellation import sleep_while_active


class NoopCompositing:
    """Waits, then returns the background with a mask that marks all of it as product."""

    name = "noop"
    version = "1"
    traits = EngineTraits(by_name_only=True)

    def __init__(self, delay_seconds: float = 0.0) -> None:
        self._delay_seconds = delay_seconds

    def composite(
        self,
        cutout: np.ndarray,
        background: np.ndarray,
        scene: Scene,
        cut_sides: Sequence[int],
        options: CompositeOptions,
    ) -> CompositeResult:
        """Waits, then returns the background as the composite, all of it marked as product.

        cutout: uint8 RGBA (h, w, 4), returned as the product's layer.
        background: uint8 RGB (H, W, 3).
        scene, cut_sides, options: not used.
        """
        sleep_while_active(self._delay_seconds)
        height, width = background.shape[:2]
        return CompositeResult(
            pixels=background,
            mask=np.full((height, width), OPAQUE_ALPHA, np.uint8),
            placement=Placement(x=0, y=0, width=width, height=height, scale=1.0),
            product=ProductLayer(cutout, x=0, y=0),
            shadow=None,
            untinted=cutout,
        )
