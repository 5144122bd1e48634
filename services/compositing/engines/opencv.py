"""The compositing engine: resize, tint, drop shadow, paste."""

from collections.abc import Sequence

import cv2
import numpy as np

from services.compositing.engine import Composite, Look
from services.compositing.paste import alpha_on_canvas, paste
from services.compositing.placement import Placement, place
from services.compositing.shadow import drop_shadow, shadow_offset
from services.compositing.tint import tint
from services.runtime.engines import Notice
from services.runtime.errors import NothingFound
from services.runtime.resizing import resize_rgba
from services.runtime.scene import Scene

ENLARGED_FROM = 1.05


class OpenCV:
    """Composites with OpenCV on the CPU; holds no state."""

    name = "opencv"
    version = f"1-opencv{cv2.__version__}"

    def compose(
        self,
        cutout: np.ndarray,
        background: np.ndarray,
        scene: Scene,
        cut_sides: Sequence[int],
        look: Look,
    ) -> Composite:
        if not cutout[..., 3].any():
            raise NothingFound("the cut-out is fully transparent; segment the photo again")
        canvas = background.shape[:2]
        at = place(cutout.shape[:2], canvas, scene, cut_sides, look.width_share, look.height_share)
        product = resize_rgba(cutout, at.width, at.height)
        product = tint(product, _around(background, at), look.tint)
        mask = alpha_on_canvas(canvas, product, at.x, at.y)
        shaded = drop_shadow(background, mask, shadow_offset(scene, canvas), look.shadow_opacity)
        return Composite(paste(shaded, product, at.x, at.y), mask, at, _notices(at))


def _around(background: np.ndarray, at: Placement) -> np.ndarray:
    rows = slice(max(0, at.y), at.y + at.height)
    columns = slice(max(0, at.x), at.x + at.width)
    return background[rows, columns]


def _notices(at: Placement) -> tuple[Notice, ...]:
    if at.scale <= ENLARGED_FROM:
        return ()
    text = f"the product was enlarged {at.scale:.1f} times; a larger photo would be sharper"
    return (Notice("ENLARGED", text),)
