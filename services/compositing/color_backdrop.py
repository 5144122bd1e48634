"""Turns a plain color into a backdrop: a seamless sweep with a ground, a light and a camera."""

import math
from dataclasses import replace

import numpy as np

from services.imaging.scene import ASSUMED_FIELD_SLOPE, RGB, Light, Scene
from services.imaging.view import PhotoView
from services.runtime.limits import MIN_LYING_PITCH

# Light on a plain color unless the photo shows another direction: a large softbox at the upper
# left, from where pictures are lit by convention; over a sweep that is seen from above that is
# beyond the product.
USUAL_AZIMUTH, OVERHEAD_AZIMUTH, ELEVATION, SOFTNESS = 320.0, 225.0, 48.0, 0.55
# Gloss of the sweep, that of paper with a slight sheen. Larger: products are reflected more.
GLOSS = 0.08
# Ground line of a sweep that is seen from above, and lowest horizon of others, as shares of the
# height. A sweep has no horizon: shadows only end where it rises.
OVERHEAD_LINE, LOWEST_HORIZON = 0.5, 0.25
# How much of the difference to white the pool of light adds at its middle, and its radii as shares
# of the canvas. Larger: a brighter and a wider pool, and less of the picture in the very color.
POOL_STRENGTH, POOL_RADII = 0.07, (0.4, 0.3)
# How far above the ground line the pool's middle lies, as a share of the height: behind a product.
POOL_LIFT = 0.12
# Side of the square of noise that keeps the pool from showing steps, in pixels, and its seed.
NOISE_SIDE, NOISE_SEED = 128, 20


def plan_color_scene(color: RGB, view: PhotoView) -> Scene:
    """Returns the scene of a plain color: softly lit, slightly glossy, seen as the photo is.

    Where the photo does not show from where it was taken, products are seen from slightly above.

    view: of the product's photo.
    """
    pitch = view.followed_pitch
    is_overhead = pitch is not None and pitch >= MIN_LYING_PITCH
    azimuth = OVERHEAD_AZIMUTH if is_overhead else USUAL_AZIMUTH
    if view.light_azimuth is not None:
        azimuth = view.light_azimuth
    light = Light(azimuth, ELEVATION, SOFTNESS)
    scene = Scene(gloss=GLOSS, light=light, palette=(color,), horizon=-1.0)
    if pitch is not None and is_overhead:
        return replace(scene, camera_pitch=pitch, ground_line=OVERHEAD_LINE)
    if pitch is not None:
        # The ground below the middle is seen from higher up than the camera looks.
        offset = replace(scene, camera_pitch=0.0).ground_pitch
        scene = replace(scene, camera_pitch=max(0.0, pitch - offset))
    slope = math.tan(math.radians(scene.camera_pitch))
    horizon = 0.5 - 0.5 * slope / ASSUMED_FIELD_SLOPE
    return replace(scene, horizon=max(-1.0, min(LOWEST_HORIZON, horizon)))


def render_sweep(color: RGB, canvas: tuple[int, int], scene: Scene) -> np.ndarray:
    """Returns a canvas of (height, width) in one sRGB color with a pool of light: uint8 (H, W, 3).

    The pool is an ellipse about the place of the product, beyond which the color is exact. White
    stays white all over.

    scene: its ground line counts.
    """
    height, width = canvas
    out = np.full((*canvas, 3), color, np.uint8)
    lift = 0.0 if scene.lying else POOL_LIFT
    across, down = (share * side for share, side in zip(POOL_RADII, (width, height), strict=True))
    x = (np.arange(width, dtype=np.float32) - (width - 1) / 2) / across
    y = (np.arange(height, dtype=np.float32) - (scene.ground_line - lift) * height) / down
    rows, columns = np.abs(y) < 1, np.abs(x) < 1
    # Falls smoothly to 0 at the rim: both the value and the slope.
    light = np.square(np.maximum(1 - np.square(y[rows, None]) - np.square(x[None, columns]), 0))
    lit = light[..., None] * (POOL_STRENGTH * (255 - np.array(color, np.float32)))
    lit += np.array(color, np.float32)
    # Rounding at random thresholds; whole levels stay as they are.
    noise = np.random.default_rng(NOISE_SEED).random((NOISE_SIDE, NOISE_SIDE), np.float32)
    tiles = -(-lit.shape[0] // NOISE_SIDE), -(-lit.shape[1] // NOISE_SIDE)
    lit += np.tile(noise, tiles)[: lit.shape[0], : lit.shape[1], None]
    out[np.ix_(rows, columns)] = np.minimum(lit, 255).astype(np.uint8)
    return out
