"""Grounds products without a model: contact shadow, cast shadow, reflection, light wrap."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.scene import Scene
from services.inpainting.engine import InpaintingRequest, InpaintingResult
from services.inpainting.engines.grounding.bounce import compute_bounce_factors
from services.inpainting.engines.grounding.contour import LowerContour, trace_lower_contour
from services.inpainting.engines.grounding.light_wrap import wrap_light
from services.inpainting.engines.grounding.pitch import estimate_scene_pitch
from services.inpainting.engines.grounding.reflection import blend_reflection, render_reflection
from services.inpainting.engines.grounding.shadows import (
    compute_cast_darkness,
    compute_contact_darkness,
    compute_lying_darkness,
)
from services.inpainting.engines.grounding.surface import compute_shadow_factors, shade_ground
from services.inpainting.region import ProductRegion, find_product_region
from services.runtime.engines import EngineProgress, EngineTraits

# How far the window extends, as a share of the product's longer side. Cast shadows are at most 0.9
# heights long (services/imaging/shadows.py); less would cut them off.
WINDOW_REACH = 1.0
# Gloss times reflection strength below which no reflection is rendered; larger: fainter ones are
# left out as well.
MIN_GLOSS = 0.03
# Stances of products that do not touch the ground; compositing draws the shadow below them.
RAISED_STANCES = ("floating", "hanging")
# Extent of the product in pixels at which shadows are computed. They are soft: a larger one looks
# the same and takes longer.
WORKING_EXTENT = 240


class GroundingInpainting:
    """Grounds products with OpenCV on the CPU; has no state.

    Changes only pixels with a mask below 255; the others stay bit-equal.
    """

    name = "grounding"
    version = f"3-opencv{cv2.__version__}"
    traits = EngineTraits()

    def inpaint(self, request: InpaintingRequest) -> Iterator[EngineProgress | InpaintingResult]:
        """Lets the ground and the light react to the product; yields the result, without progress.

        Adds shadows, a reflection, and light of the surroundings on the product's soft edge.
        """
        region = find_product_region(request.mask, WINDOW_REACH)
        ad = request.composite.copy()
        picture, mask = request.composite[region.window], request.mask[region.window]
        ad[region.window] = ground_product(picture, mask, region, request)
        yield InpaintingResult(ad)


@dataclass(frozen=True)
class ReducedWindow:
    """The window around a product at the size at which shadows are computed.

    picture: uint8 RGB (h, w, 3).
    mask: uint8 alpha (h, w).
    extent: the geometric mean of the product's sides, in reduced pixels.
    height: the product's height, in reduced pixels.
    """

    picture: np.ndarray
    mask: np.ndarray
    extent: float
    height: int


def ground_product(
    picture: np.ndarray, mask: np.ndarray, region: ProductRegion, request: InpaintingRequest
) -> np.ndarray:
    """Adds shadows, a reflection and light wrap to the window around a product.

    Light wrap is light of the surroundings on the product's soft edge. A lying product, seen from
    above, gets no reflection. One that the picture's bottom cuts off, and one that floats or hangs
    above the ground, only gets light wrap.

    picture: uint8 RGB (h, w, 3), the window of the composite; the result has the same shape and
        type.
    mask: uint8 alpha (h, w) of the product, in the window.
    region: the window, and the product's box in it.
    request: for the scene, the strengths and the mask of the whole picture.
    """
    scene = request.scene
    if scene and scene.lying:
        reduced = _reduce_window(picture, mask, region)
        darkness = compute_lying_darkness(reduced.mask, scene.light, reduced.extent)
        factors = compute_shadow_factors(
            reduced.picture, request.strength.shadow_strength * darkness
        )
        picture = shade_ground(picture, mask, factors)
    # A product that is cut off at the bottom stands on ground outside the picture.
    elif not (scene and scene.stance in RAISED_STANCES) and not request.mask[-1].any():
        picture = _ground_standing(picture, mask, _reduce_window(picture, mask, region), request)
    return wrap_light(picture, mask, region.extent)


def _ground_standing(
    picture: np.ndarray, mask: np.ndarray, reduced: ReducedWindow, request: InpaintingRequest
) -> np.ndarray:
    """Adds reflection and shadows to the window around a standing product.

    picture: uint8 RGB (h, w, 3); the result has the same shape and type.
    mask: uint8 alpha (h, w) of the product.
    reduced: the same window at the size at which shadows are computed.
    request: for the scene and the strengths.
    """
    scene, shadow_strength = request.scene, request.strength.shadow_strength
    pitch = scene.camera_pitch if scene else estimate_scene_pitch(reduced.mask)
    contour = trace_lower_contour(reduced.mask, pitch)
    picture = _add_reflection(picture, mask, reduced, contour, request)
    darkness = _combine_shadows(reduced, contour, scene, pitch)
    factors = compute_shadow_factors(reduced.picture, shadow_strength * darkness)
    if shadow_strength > 0:
        factors *= compute_bounce_factors(reduced.picture, reduced.mask, contour, reduced.extent)
    return shade_ground(picture, mask, factors)


def _reduce_window(picture: np.ndarray, mask: np.ndarray, region: ProductRegion) -> ReducedWindow:
    """Halves the window around a product until the product's extent is about WORKING_EXTENT.

    picture: uint8 RGB (h, w, 3).
    mask: uint8 alpha (h, w) of the product.
    region: the window, and the product's box in it.
    """
    halvings = max(0, round(math.log2(region.extent / WORKING_EXTENT)))
    for _ in range(halvings):
        size = max(1, mask.shape[1] // 2), max(1, mask.shape[0] // 2)
        picture, mask = cv2.resize(picture, size), cv2.resize(mask, size)
    _, _, _, product_height = region.box
    height = max(1, product_height // 2**halvings)
    return ReducedWindow(picture, mask, extent=region.extent / 2**halvings, height=height)


def _combine_shadows(
    reduced: ReducedWindow, contour: LowerContour, scene: Scene | None, pitch: float
) -> np.ndarray:
    """Returns the darkness of contact and cast shadow together, 0 to 1: float32 (h, w).

    Without a known light there is no cast shadow.

    contour: the product's lower outline, in the reduced window.
    pitch: how far the camera looks down, in degrees.
    """
    brightness = 1 - compute_contact_darkness(contour, len(reduced.mask), reduced.extent)
    if scene and scene.light:
        brightness *= 1 - compute_cast_darkness(
            reduced.mask, contour, scene.light, pitch, reduced.extent
        )
    return 1 - brightness


def _add_reflection(
    picture: np.ndarray,
    mask: np.ndarray,
    reduced: ReducedWindow,
    contour: LowerContour,
    request: InpaintingRequest,
) -> np.ndarray:
    """Adds the product's reflection to the window around it; returns `picture` for dull ground.

    picture: uint8 RGB (h, w, 3); the result has the same shape and type.
    mask: uint8 alpha (h, w) of the product.
    reduced: the same window at the size at which reflections are computed.
    contour: the product's lower outline, in the reduced window.
    """
    strength = request.scene.gloss * request.strength.reflection_strength if request.scene else 0.0
    if strength < MIN_GLOSS:
        return picture
    reflection, weight = render_reflection(
        reduced.picture, reduced.mask, contour, reduced.height, strength
    )
    return blend_reflection(picture, mask, reflection, weight)
