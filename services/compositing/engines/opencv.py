"""The compositing engine: resize, tint, drop shadow, paste."""

from collections.abc import Sequence

import cv2
import numpy as np

from services.compositing.engine import Composite, Look
from services.compositing.layers import Product, alpha_on_canvas, lay
from services.compositing.placement import Placement, place
from services.compositing.resampling import premultiply, resize
from services.compositing.shadow import drop_shadow, kernel_size, shadow_offset
from services.compositing.tint import tint
from services.runtime.engines import Notice
from services.runtime.errors import NothingFound
from services.runtime.scene import Scene

ENLARGED_FROM = 1.05


class OpenCV:
    """Composites with OpenCV on the CPU; holds no state."""

    name = "opencv"
    version = f"2-opencv{cv2.__version__}"

    def compose(
        self,
        cutout: np.ndarray,
        background: np.ndarray,
        scene: Scene,
        cut_sides: Sequence[int],
        look: Look,
    ) -> Composite:
        if not cv2.hasNonZero(cv2.extractChannel(cutout, 3)):
            raise NothingFound("the cut-out is fully transparent; segment the photo again")
        canvas = background.shape[:2]
        at = place(cutout.shape[:2], canvas, scene, cut_sides, look.width_share, look.height_share)
        product = resize(premultiply(cutout), at.width, at.height)
        product = tint(product, _around(background, at), look.tint)
        right, down = shadow_offset(scene, canvas)
        shadow = drop_shadow(
            cv2.extractChannel(product, 3),
            (at.x + right, at.y + down),
            kernel_size(canvas),
            look.shadow_opacity,
        )
        layer = Product(product, at.x, at.y)
        mask = alpha_on_canvas(canvas, layer)
        return Composite(lay(background, shadow, layer), mask, at, _notices(at))


def _around(background: np.ndarray, at: Placement) -> np.ndarray:
    rows = slice(max(0, at.y), at.y + at.height)
    columns = slice(max(0, at.x), at.x + at.width)
    return background[rows, columns]


def _notices(at: Placement) -> tuple[Notice, ...]:
    if at.scale <= ENLARGED_FROM:
        return ()
    text = f"the product was enlarged {at.scale:.1f} times; a larger photo would be sharper"
    return (Notice("ENLARGED", text),)
