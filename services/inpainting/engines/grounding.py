"""The grounding engine: contact shadow, cast shadow, reflection and light wrap, without weights."""

from collections.abc import Iterator

import cv2
import numpy as np

from services.inpainting.contour import Contour, lower_contour
from services.inpainting.engine import Order, Picture
from services.inpainting.light_wrap import wrap_light
from services.inpainting.reflection import reflect
from services.inpainting.region import Region, region_of
from services.inpainting.shadows import cast_shadow, contact_shadow, lying_shadow
from services.inpainting.surface import shade
from services.runtime.scene import Scene

REACH = 1.0
LEAST_GLOSS = 0.03


class Grounding:
    """Grounds products with OpenCV on the CPU; holds no state.

    Only pixels that are not wholly product change: those with mask 255 stay bit-equal.
    """

    name = "grounding"
    version = f"1-opencv{cv2.__version__}"

    def inpaint(self, order: Order) -> Iterator[Picture]:
        region = region_of(order.mask, REACH)
        out = order.composite.copy()
        out[region.window] = ground(
            order.composite[region.window], order.mask[region.window], region, order
        )
        yield Picture(out)


def ground(picture: np.ndarray, mask: np.ndarray, region: Region, order: Order) -> np.ndarray:
    """Grounds a product within its window: uint8 RGB (h, w, 3) and alpha (h, w) to RGB."""
    scene = order.scene or Scene()
    light = np.ones(mask.shape, np.float32)
    if scene.lying:
        light -= lying_shadow(mask, scene.light, region.size)
    # A product that runs out of the picture stands on ground that is not in it.
    elif not order.mask[-1].any():
        contour = lower_contour(mask, scene.camera_pitch)
        picture = _mirrored(picture, mask, contour, region, order)
        light -= contact_shadow(contour, len(mask), region.size)
        if scene.light:
            light *= 1 - cast_shadow(mask, contour, scene.light, scene.camera_pitch, region.size)
    darkness = (1 - light) * order.strength.shadow_strength
    return wrap_light(shade(picture, mask, darkness), mask, region.size)


def _mirrored(
    picture: np.ndarray, mask: np.ndarray, contour: Contour, region: Region, order: Order
) -> np.ndarray:
    gloss = order.scene.gloss * order.strength.reflection_strength if order.scene else 0.0
    if gloss < LEAST_GLOSS:
        return picture
    return reflect(picture, mask, contour, region.box[3] - region.box[1], gloss)
