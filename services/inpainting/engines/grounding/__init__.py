"""Grounds products without a model: contact shadow, cast shadow, reflection, light wrap."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from services.imaging.box import Box
from services.imaging.contour import LowerContour, trace_lower_contour
from services.imaging.foreshortening import sine_of_pitch
from services.imaging.scene import Scene
from services.inpainting.contact import compute_foot_darkness
from services.inpainting.engine import InpaintingRequest, InpaintingResult
from services.inpainting.engines.grounding.bounce import (
    compute_bounce_weight,
    measure_bounce_tint,
)
from services.inpainting.engines.grounding.cast_shadow import (
    MIN_HORIZON,
    GroundView,
    compute_cast_darkness,
)
from services.inpainting.engines.grounding.reflection import blend_reflection, render_reflection
from services.inpainting.engines.grounding.shadows import (
    CONTACT_BLURS,
    compute_floating_darkness,
    compute_lying_darkness,
)
from services.inpainting.engines.grounding.surface import (
    compute_shadow_factors,
    measure_ground_color,
    quantize_factors,
    shade_ground,
)
from services.inpainting.footprint import Footprint, find_footprint
from services.inpainting.glass_body import show_glass_body
from services.inpainting.ground_frame import GroundFrame
from services.inpainting.light_wrap import wrap_light
from services.inpainting.pitch import estimate_scene_pitch
from services.inpainting.region import ProductRegion, find_product_region
from services.runtime.engines import EngineProgress, EngineTraits

# How far the window extends, as a share of the product's longer side. Less would cut off the cast
# shadows of low lights (MAX_LENGTH in cast_shadow.py).
WINDOW_REACH = 1.6
# Gloss times reflection strength below which no reflection is rendered; larger: fainter ones are
# left out as well.
MIN_GLOSS = 0.03
# Stances of products that do not touch the ground.
RAISED_STANCES = ("floating", "hanging")
# Extent of the product in pixels at which shadows are computed. They are soft: a larger one looks
# the same and takes longer.
WORKING_EXTENT = 130
# Width of the ground around the window from where shadows reach into it, as a share of the
# product's extent. Smaller: shadows that leave the picture pale at its edges.
FRAME_MARGIN = 0.2
# Smallest depth of a product as a share of its width; flat things are as deep as they are high.
# Larger: wider shadows of wide products under light from the side.
MIN_THICKNESS = 0.35


class GroundingInpainting:
    """Grounds products with OpenCV on the CPU; has no state.

    Changes only pixels with a mask below 255; the others stay bit-equal.
    """

    name = "grounding"
    version = f"7-opencv{cv2.__version__}"
    traits = EngineTraits(casts_shadows=True, suits_drafts=True)

    def inpaint(self, request: InpaintingRequest) -> Iterator[EngineProgress | InpaintingResult]:
        """Lets the ground and the light react to the product; yields the result, without progress.

        Adds shadows, a reflection, and light of the surroundings on the product's soft edge.
        """
        region = find_product_region(request.mask, WINDOW_REACH)
        ad = request.composite.copy()
        picture, mask = request.composite[region.window], request.mask[region.window]
        ad[region.window] = ground_product(picture, mask, region, request)
        scene, strength = request.scene or Scene(), request.strength.shadow_strength
        yield InpaintingResult(show_glass_body(ad, request.mask, scene, strength))


@dataclass(frozen=True)
class ReducedWindow:
    """The window around a product at the size at which shadows are computed.

    picture: uint8 RGB (h, w, 3).
    mask: uint8 alpha (h, w).
    extent: the geometric mean of the product's sides, in reduced pixels.
    box: the product's x, y, width and height, in reduced pixels.
    horizon, ground: the rows of the horizon and of the ground line, in reduced pixels; above the
        window they are negative.
    """

    picture: np.ndarray
    mask: np.ndarray
    extent: float
    box: Box
    horizon: float
    ground: float


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
    if scene and (scene.lying or scene.stance == "lying"):
        picture = _ground_lying(
            picture, mask, _reduce_window(picture, mask, region, request), request
        )
    elif scene and scene.stance in RAISED_STANCES:
        if scene.stance == "floating":
            picture = _ground_floating(
                picture, mask, _reduce_window(picture, mask, region, request), request
            )
    # A product that is cut off at the bottom stands on ground outside the picture.
    elif not request.mask[-1].any():
        picture = _ground_standing(
            picture, mask, _reduce_window(picture, mask, region, request), request
        )
    return wrap_light(picture, mask, region.extent)


def _ground_lying(
    picture: np.ndarray, mask: np.ndarray, reduced: ReducedWindow, request: InpaintingRequest
) -> np.ndarray:
    """Adds the shadow of a lying product to the window around it.

    picture: uint8 RGB (h, w, 3); the result has the same shape and type.
    mask: uint8 alpha (h, w) of the product.
    reduced: the same window at the size at which shadows are computed.
    request: for the scene and the strengths.
    """
    scene = request.scene or Scene()
    darkness = request.strength.shadow_strength * compute_lying_darkness(
        reduced.mask, scene.light, sine_of_pitch(scene.ground_pitch), reduced.extent
    )
    return _darken_ground(picture, mask, reduced, darkness)


def _ground_floating(
    picture: np.ndarray, mask: np.ndarray, reduced: ReducedWindow, request: InpaintingRequest
) -> np.ndarray:
    """Adds the soft shadow on the ground line below a product that floats.

    picture: uint8 RGB (h, w, 3); the result has the same shape and type.
    mask: uint8 alpha (h, w) of the product.
    reduced: the same window at the size at which shadows are computed.
    request: for the scene and the strengths.
    """
    scene = request.scene or Scene()
    frame = GroundFrame(reduced.mask.shape, sine_of_pitch(scene.ground_pitch), 0)
    darkness = request.strength.shadow_strength * compute_floating_darkness(
        reduced.box, reduced.ground, scene.light, frame
    )
    narrow_picture, narrow_mask = (
        cv2.resize(each, darkness.shape[::-1]) for each in (reduced.picture, reduced.mask)
    )
    narrow = replace(reduced, picture=narrow_picture, mask=narrow_mask)
    return _darken_ground(picture, mask, narrow, darkness)


def _darken_ground(
    picture: np.ndarray, mask: np.ndarray, reduced: ReducedWindow, darkness: np.ndarray
) -> np.ndarray:
    """Darkens the ground in a window by a shadow in the ground's own color.

    picture: uint8 RGB (h, w, 3); the result has the same shape and type.
    mask: uint8 alpha (h, w) of the product.
    reduced: the same window at the size of the shadow.
    darkness: of the shadow, 0 to 1, float32 of that size.
    """
    color = measure_ground_color(reduced.picture, reduced.mask, darkness)
    return shade_ground(picture, mask, quantize_factors(compute_shadow_factors(color, darkness)))


def _ground_standing(
    picture: np.ndarray, mask: np.ndarray, reduced: ReducedWindow, request: InpaintingRequest
) -> np.ndarray:
    """Adds reflection and shadows to the window around a standing product.

    picture: uint8 RGB (h, w, 3); the result has the same shape and type.
    mask: uint8 alpha (h, w) of the product.
    reduced: the same window at the size at which shadows are computed.
    request: for the scene and the strengths.
    """
    scene = request.scene
    pitch = scene.ground_pitch if scene else estimate_scene_pitch(reduced.mask)
    contour = trace_lower_contour(reduced.mask, pitch)
    picture = _add_reflection(picture, mask, reduced, contour, request)
    if not request.strength.shadow_strength:
        return picture
    footprint = find_footprint(reduced.mask, contour, pitch)
    factors = _compute_ground_factors(reduced, footprint, pitch, request)
    return shade_ground(picture, mask, quantize_factors(factors))


def _reduce_window(
    picture: np.ndarray, mask: np.ndarray, region: ProductRegion, request: InpaintingRequest
) -> ReducedWindow:
    """Halves the window around a product until the product's extent is about WORKING_EXTENT.

    picture: uint8 RGB (h, w, 3).
    mask: uint8 alpha (h, w) of the product.
    region: the window, and the product's box in it.
    request: for the horizon of its scene.
    """
    halvings = max(0, round(math.log2(region.extent / WORKING_EXTENT)))
    for _ in range(halvings):
        size = max(1, mask.shape[1] // 2), max(1, mask.shape[0] // 2)
        picture, mask = cv2.resize(picture, size), cv2.resize(mask, size)
    x, y, width, height = (side // 2**halvings for side in region.box)
    scene, window_top = request.scene or Scene(), region.window[0].start
    horizon, ground = (
        (line * len(request.mask) - window_top) / 2**halvings
        for line in (scene.horizon, scene.ground_line)
    )
    return ReducedWindow(
        picture,
        mask,
        extent=region.extent / 2**halvings,
        box=(x, y, max(1, width), max(1, height)),
        horizon=horizon,
        ground=ground,
    )


def _compute_ground_factors(
    reduced: ReducedWindow, footprint: Footprint, pitch: float, request: InpaintingRequest
) -> np.ndarray:
    """Returns factors of the ground's RGB channels by shadows and bounced light: float32 (h, w, 3).

    The result shows the reduced window, and is narrower than it.

    footprint: where the product stands, in the reduced window.
    pitch: at which the camera looks down on the ground, in degrees.
    """
    sine = sine_of_pitch(pitch)
    margin = round(FRAME_MARGIN * reduced.extent * sine)
    frame = GroundFrame(reduced.mask.shape, sine, margin)
    extent = reduced.extent * sine
    darkness = compute_foot_darkness(footprint, frame, extent, CONTACT_BLURS)
    # Without a known light there is no cast shadow.
    if request.scene and request.scene.light:
        view = _describe_view(reduced, footprint, pitch)
        cast = compute_cast_darkness(reduced.mask, footprint, request.scene.light, view, frame)
        darkness = 1 - (1 - darkness) * (1 - cast)
    darkness = request.strength.shadow_strength * frame.leave(darkness)
    narrow_mask = cv2.resize(reduced.mask, darkness.shape[::-1])
    narrow_picture = cv2.resize(reduced.picture, darkness.shape[::-1])
    factors = compute_shadow_factors(
        measure_ground_color(narrow_picture, narrow_mask, darkness), darkness
    )
    _, top, _, height = reduced.box
    tint = measure_bounce_tint(narrow_picture, narrow_mask, top + height - 1, height)
    weight = frame.leave(compute_bounce_weight(frame.enter(footprint.shading_area), extent))
    return factors * (1 + weight[..., None] * tint.astype(np.float32))


def _describe_view(reduced: ReducedWindow, footprint: Footprint, pitch: float) -> GroundView:
    """Returns how the camera sees the ground around a product in the reduced window.

    pitch: at which the camera looks down on the ground, in degrees.
    """
    _, top, width, height = reduced.box
    _, middle = footprint.center
    return GroundView(
        pitch=pitch,
        horizon=max(middle - reduced.horizon, MIN_HORIZON * height),
        extent=reduced.extent,
        top=top,
        thickness=min(1.0, max(MIN_THICKNESS, height / width)),
    )


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
        reduced.picture, reduced.mask, contour, reduced.box[3], strength
    )
    return blend_reflection(picture, mask, reflection, weight)
