"""Gives the background back as the composite: measures everything around the work."""

from collections.abc import Sequence

import numpy as np

from services.compositing.engine import Composite, Look
from services.compositing.layers import Product
from services.compositing.placement import Placement
from services.imaging.mask import OPAQUE_ALPHA
from services.imaging.scene import Scene
from services.runtime.engines import EngineTraits
from services.runtime.guards.cancellation import sleep_while_active


class Noop:
    """Sets nothing into the background, all of which counts as product, after a pause."""

    name = "noop"
    version = "1"
    traits = EngineTraits(by_name_only=True)

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    def compose(
        self,
        cutout: np.ndarray,
        background: np.ndarray,
        scene: Scene,
        cut_sides: Sequence[int],
        look: Look,
    ) -> Composite:
        sleep_while_active(self._seconds)
        height, width = background.shape[:2]
        mask = np.full((height, width), OPAQUE_ALPHA, np.uint8)
        at = Placement(0, 0, width, height, 1.0)
        return Composite(background, mask, at, Product(cutout, 0, 0), None, cutout)
