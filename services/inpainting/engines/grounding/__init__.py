"""The grounding engine: contact shadow, cast shadow, reflection and light wrap, without weights."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.scene import Scene
from services.inpainting.engine import Order, Picture
from services.inpainting.engines.grounding.bounce import bounced_tint
from services.inpainting.engines.grounding.contour import Contour, lower_contour
from services.inpainting.engines.grounding.light_wrap import wrap_light
from services.inpainting.engines.grounding.pitch import base_pitch
from services.inpainting.engines.grounding.reflection import lay_over, reflection
from services.inpainting.engines.grounding.shadows import (
    cast_shadow,
    contact_occlusion,
    lying_shadow,
)
from services.inpainting.engines.grounding.surface import shade, shadow_factors
from services.inpainting.region import Region, region_of
from services.runtime.engines import EngineTraits

REACH = 1.0
LEAST_GLOSS = 0.03
# Shadows are soft: they are computed with a product of about this extent, in pixels.
COARSE = 240


class Grounding:
    """Grounds products with OpenCV on the CPU; holds no state.

    Only pixels that are not wholly product change: those with mask 255 stay bit-equal.
    """

    name = "grounding"
    version = f"2-opencv{cv2.__version__}"
    traits = EngineTraits()

    def inpaint(self, order: Order) -> Iterator[Picture]:
        region = region_of(order.mask, REACH)
        out = order.composite.copy()
        out[region.window] = ground(
            order.composite[region.window], order.mask[region.window], region, order
        )
        yield Picture(out)


@dataclass(frozen=True)
class Coarse:
    """A product's window, reduced: uint8 RGB (h, w, 3), alpha (h, w), its extent and height."""

    picture: np.ndarray
    mask: np.ndarray
    size: float
    height: int


def ground(picture: np.ndarray, mask: np.ndarray, region: Region, order: Order) -> np.ndarray:
    """Grounds a product within its window: uint8 RGB (h, w, 3) and alpha (h, w) to RGB."""
    coarse = _reduced(picture, mask, region)
    # A product that runs out of the picture stands on ground that is not in it.
    lying = order.scene is not None and order.scene.lying
    if not lying and order.mask[-1].any():
        return wrap_light(picture, mask, region.size)
    strength = order.strength.shadow_strength
    if lying:
        darkness = lying_shadow(coarse.mask, order.scene.light, coarse.size)
        factors = shadow_factors(coarse.picture, strength * darkness)
    else:
        pitch = order.scene.camera_pitch if order.scene else base_pitch(coarse.mask)
        contour = lower_contour(coarse.mask, pitch)
        picture = _mirrored(picture, mask, coarse, contour, order)
        darkness = _darkness(coarse, contour, order.scene, pitch)
        factors = shadow_factors(coarse.picture, strength * darkness)
        if strength > 0:
            factors *= bounced_tint(coarse.picture, coarse.mask, contour, coarse.size)
    return wrap_light(shade(picture, mask, factors), mask, region.size)


def _reduced(picture: np.ndarray, mask: np.ndarray, region: Region) -> Coarse:
    """Halves the window until the product is about as small as COARSE."""
    halvings = max(0, round(math.log2(region.size / COARSE)))
    for _ in range(halvings):
        size = max(1, mask.shape[1] // 2), max(1, mask.shape[0] // 2)
        picture, mask = cv2.resize(picture, size), cv2.resize(mask, size)
    height = max(1, region.box[3] >> halvings)
    return Coarse(picture, mask, region.size / 2**halvings, height)


def _darkness(coarse: Coarse, contour: Contour, scene: Scene | None, pitch: float) -> np.ndarray:
    """Contact and cast shadow together, 0 to 1: float32 (h, w)."""
    light = 1 - contact_occlusion(contour, len(coarse.mask), coarse.size)
    if scene and scene.light:
        light *= 1 - cast_shadow(coarse.mask, contour, scene.light, pitch, coarse.size)
    return 1 - light


def _mirrored(
    picture: np.ndarray, mask: np.ndarray, coarse: Coarse, contour: Contour, order: Order
) -> np.ndarray:
    """The picture with the product's mirror image where the ground is glossy."""
    gloss = order.scene.gloss * order.strength.reflection_strength if order.scene else 0.0
    if gloss < LEAST_GLOSS:
        return picture
    image, weight = reflection(coarse.picture, coarse.mask, contour, coarse.height, gloss)
    return lay_over(picture, mask, image, weight)
