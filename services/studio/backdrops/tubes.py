"""Painting of neon tubes on a dark wall."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.backdrops.canvas import create_canvas, defocus_light
from services.studio.color import linear_from_srgb

# Units: radius of a tube, and of the disc that a point becomes out of focus.
TUBE_RADIUS, BLUR_RADIUS = 0.008, 0.012


def paint_neon_tubes(
    size: tuple[float, float], level: float, one: RGB, other: RGB, seed: int
) -> np.ndarray:
    """Paints a tall neon frame and two bars on a dark wall: linear, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    level: height of the floor's far edge, in units above the center.
    one, other: sRGB of the frame and of the bars.
    """
    rng = np.random.default_rng(seed)
    canvas = create_canvas(size, light=linear_from_srgb((12, 12, 18)))
    x, y = canvas.pixel_coordinates()
    half = min(0.34, 0.3 * size[1])
    frame = _measure_frame_distance(x, y - level - 0.3, half, high=0.42)
    first, second = linear_from_srgb(one), linear_from_srgb(other)
    canvas.light[:] += _compute_tube_light(frame)[..., None] * first
    for place in (-0.5, 0.5):
        bar = np.hypot(
            x - place * size[1] * rng.uniform(0.78, 0.92), np.maximum(y - level - 0.5, 0)
        )
        canvas.light[:] += _compute_tube_light(np.abs(bar))[..., None] * second
    return defocus_light(canvas.light, radius=BLUR_RADIUS)


def _measure_frame_distance(x: np.ndarray, y: np.ndarray, half: float, high: float) -> np.ndarray:
    """Returns the distance, in units, to the edge of a rectangle with round corners: float (h, w).

    x, y: of each pixel from the rectangle's center, float (h, w).
    half, high: half its width and half its height.
    """
    corner = 0.08
    across = np.maximum(np.abs(x) - half + corner, 0)
    down = np.maximum(np.abs(y) - high + corner, 0)
    inside = np.minimum(np.maximum(np.abs(x) - half, np.abs(y) - high), 0)
    outside = np.hypot(across, down) - corner
    return np.abs(np.where((across > 0) & (down > 0), outside, np.maximum(inside, outside)))


def _compute_tube_light(apart: np.ndarray) -> np.ndarray:
    """Returns the light of a tube and of its glow on the wall, a factor on its color.

    apart: distance from the tube's middle in units, float (h, w); the result has the same shape.
    """
    tube = 0.5 - 0.5 * np.tanh((apart - TUBE_RADIUS) / 0.004)
    return 9 * tube + 0.4 * np.exp(-apart / 0.04) + 0.055 * np.exp(-apart / 0.2)
