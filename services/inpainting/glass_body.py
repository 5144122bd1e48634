"""Keeps clear glass visible: its rim, and the pale shadow with a caustic that it casts.

Light that meets a wall at a grazing angle is bent away: the rim of clear glass is dark before light
ground and light before dark ground, as in photos of glass on a bright and on a dark field.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from services.imaging.blur import FAST_BLUR, gaussian_blur
from services.imaging.color import LUMINANCE, linear_light_from_srgb
from services.imaging.foreshortening import sine_of_pitch
from services.imaging.mask import OPAQUE_ALPHA
from services.imaging.scene import Light, Scene
from services.imaging.shadows import (
    compute_shadow_blur,
    compute_shadow_fall,
    project_onto_ground,
    soften_shadow,
)
from services.studio.color import srgb_from_linear

# Alpha between which a pixel is clear glass, and the least share of the product that clear glass
# makes up. Wider or smaller: soft edges and veils count as glass.
MIN_CLEAR_ALPHA, MAX_CLEAR_ALPHA, MIN_CLEAR_SHARE = 6, 170, 0.08
# Pixels of gaps inside a product that are closed. Larger: narrow handles are filled.
GAP = 7
# Width in shares of the product's extent of soft edges, which are not glass, and of the rim.
# Larger: only broader clear parts count; a wider rim.
EDGE_WIDTH, RIM_WIDTH = 0.012, 0.016
# Share of the light that the rim and the inner glass take before light ground, and what they add
# before dark ground, as shares of the scene's brightest light. Larger: more visible glass.
RIM_LOSS, BODY_LOSS, RIM_GAIN, BODY_GAIN = 0.6, 0.04, 0.5, 0.012
# Linear light of the ground up to which it is dark, and from which on it is light.
DARK_GROUND, LIGHT_GROUND = 0.05, 0.22
# Share of the ground's light that the shadow takes below the rim and below the inner glass, and
# that the caustic adds in the middle. Larger: darker shadows, a brighter caustic.
SHADOW_RIM, SHADOW_BODY, CAUSTIC = 0.6, 0.24, 0.3
# Share of the ground's light that the foot takes around itself, and how far in its widths. Larger:
# a darker, wider contact.
FOOT_SHADOW, FOOT_REACH = 0.3, 0.03
# How much of that light still reaches the ground below the foot. Smaller: a dark disc in the glass.
FOOT_CLEARNESS = 0.7
# Share of the darkness that the shadow loses up to its end. Larger: fainter ends.
SHADOW_FADING = 0.4
# Width of the shadow's rim, and sigma of the caustic, as shares of the glass's width.
SHADOW_RIM_WIDTH, CAUSTIC_WIDTH = 0.16, 0.14
# Light of scenes without one: high and diffuse, from behind the camera.
DEFAULT_LIGHT = Light(0, 60, 0.8)
# Pixels over which the rim begins. Smaller: stairs along the outline.
SMOOTH_EDGE = 2.5
# Percentile of the picture's light that rims show at their brightest.
BRIGHT_PERCENT = 96


@dataclass(frozen=True)
class GlassBody:
    """The clear glass of a product.

    inside: float32 (H, W), 1 in clear glass, else 0.
    depth: float32 (H, W), pixels to the product's outline.
    extent: the geometric mean of the product's sides, in pixels.
    """

    inside: np.ndarray
    depth: np.ndarray
    extent: float

    @property
    def rim(self) -> np.ndarray:
        """How much of the wall is seen at a grazing angle: float32 (H, W), 1 at the outline."""
        edge = np.clip(self.depth / SMOOTH_EDGE, 0, 1)
        return self.inside * edge * np.exp(-self.depth / max(1.0, RIM_WIDTH * self.extent))


def find_glass_body(mask: np.ndarray) -> GlassBody | None:
    """Finds the clear glass of a product; None where there is none.

    mask: uint8 alpha (H, W).
    """
    # Gaps of a few pixels between glass and lid are no outline.
    gap = np.ones((GAP, GAP), np.uint8)
    visible = (mask >= MIN_CLEAR_ALPHA).astype(np.uint8)
    seen = cv2.morphologyEx(visible, cv2.MORPH_CLOSE, gap).astype(bool)
    count = int(np.count_nonzero(seen))
    extent = math.sqrt(max(1, count))
    side = 2 * max(2, round(EDGE_WIDTH * extent)) + 1
    clear = (seen & (mask <= MAX_CLEAR_ALPHA)).astype(np.uint8)
    kernel = np.ones((side, side), np.uint8)
    wider = np.ones((3 * side, 3 * side), np.uint8)
    broad = cv2.bitwise_and(cv2.dilate(cv2.erode(clear, kernel), wider), clear)
    if cv2.countNonZero(broad) < MIN_CLEAR_SHARE * max(1, count):
        return None
    depth = cv2.distanceTransform(seen.astype(np.uint8), cv2.DIST_L2, 5)
    return GlassBody(broad.astype(np.float32), depth, extent)


def show_glass_body(
    picture: np.ndarray, mask: np.ndarray, scene: Scene, strength: float
) -> np.ndarray:
    """Draws the rim of clear glass and its shadow; opaque product pixels stay bit-equal.

    Returns the picture itself where the product has no clear glass.

    picture: uint8 RGB (H, W, 3); the result has the same shape and type.
    mask: uint8 alpha (H, W) of the product.
    scene: its light, pitch and horizon count.
    strength: factor on the shadow; 0 leaves it out.
    """
    body = find_glass_body(mask)
    if body is None:
        return picture
    light = linear_light_from_srgb(picture.astype(np.float32) / 255)
    stands = not scene.lying and scene.stance in ("", "standing") and not mask[-1].any()
    if strength and stands:
        through = 1 - mask.astype(np.float32) / OPAQUE_ALPHA
        light *= 1 - (strength * through * render_glass_shadow(body, scene))[..., None]
    light = _draw_rim(light, body)
    shown = np.rint(255 * srgb_from_linear(light)).astype(np.uint8)
    return np.where((mask < OPAQUE_ALPHA)[..., None], shown, picture)


def _draw_rim(light: np.ndarray, body: GlassBody) -> np.ndarray:
    """Darkens glass before light ground and lights it up before dark ground: float32 (H, W, 3).

    light: linear RGB of the picture, 0 to 1, float32 (H, W, 3).
    """
    brightest = np.percentile(light.reshape(-1, 3)[::16], BRIGHT_PERCENT, axis=0)
    # Half as colored as the scene: glass mirrors white lamps as well.
    added = ((brightest + brightest.max()) / 2).astype(np.float32)
    luminance = gaussian_blur(
        light @ LUMINANCE.astype(np.float32), max(1.0, EDGE_WIDTH * body.extent)
    )
    share = np.clip((luminance - DARK_GROUND) / (LIGHT_GROUND - DARK_GROUND), 0, 1)
    loss = (RIM_LOSS * body.rim + BODY_LOSS * body.inside) * share
    gain = (RIM_GAIN * body.rim + BODY_GAIN * body.inside) * (1 - share)
    return light * (1 - loss[..., None]) + gain[..., None] * added


def render_glass_shadow(body: GlassBody, scene: Scene) -> np.ndarray:
    """Returns what clear glass takes of the ground's light: float32 (H, W), below 0 it adds light.

    Walls keep light from the ground, and the glass between them throws it into a caustic. Around
    the foot, the ground is dimmed.
    """
    rows, columns = np.nonzero(body.inside)
    bottom, width = int(rows.max()), float(np.ptp(columns) + 1)
    # A round foot is as deep as it is wide, foreshortened.
    depth = sine_of_pitch(scene.ground_pitch) * width
    base, light = bottom - depth / 2, scene.light or DEFAULT_LIGHT
    layers = _measure_shading(body, width)
    layers[math.ceil(base) + 1 :] = 0
    fall = compute_shadow_fall(light, scene.camera_pitch)
    laid = project_onto_ground(layers, fall, base, (0.0, base), body.inside.shape)
    near, far = (share * body.extent for share in compute_shadow_blur(light))
    length = abs(fall[1]) * (base - int(rows.min()))
    dark, caustic = (
        soften_shadow(layer, base, length, (near, far), SHADOW_FADING, FAST_BLUR) / 255
        for layer in cv2.split(laid)
    )
    foot = body.inside.copy()
    foot[: max(0, math.ceil(bottom - depth))] = 0
    contact = FOOT_SHADOW * gaussian_blur(foot, FOOT_REACH * width) * (1 - FOOT_CLEARNESS * foot)
    # The ground ends at the horizon.
    above = np.arange(len(foot)) - scene.horizon * len(foot)
    fade = np.clip(above / max(1.0, far), 0, 1).astype(np.float32)
    return (np.maximum(dark, contact) - caustic) * fade[:, None]


def _measure_shading(body: GlassBody, width: float) -> np.ndarray:
    """Returns what glass takes of light that passes it, and what it focuses: uint8 (H, W, 2).

    width: of the glass, in pixels.
    """
    wall = np.exp(-body.depth / (SHADOW_RIM_WIDTH * width))
    taken = body.inside * (SHADOW_BODY + (SHADOW_RIM - SHADOW_BODY) * wall)
    focused = CAUSTIC * gaussian_blur(body.inside * (1 - wall), CAUSTIC_WIDTH * width)
    return np.rint(255 * np.stack([taken, focused], axis=-1)).astype(np.uint8)
