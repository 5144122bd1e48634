"""Painting of a seamless backdrop with a vertical gradient and a pool of light."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.backdrops.canvas import create_canvas
from services.studio.color import linear_from_srgb


def paint_gradient(
    size: tuple[float, float], level: float, low: RGB, high: RGB, pool: float = 0.4
) -> np.ndarray:
    """Paints a gradient from `low` up to `high`: linear light, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    level: height of the floor's far edge, where the gradient starts, in units above the center.
    low, high: sRGB.
    pool: how much brighter it is behind the product. Larger: a stronger halo.
    """
    canvas = create_canvas(size, light=np.zeros(3))
    x, y = canvas.pixel_coordinates()
    rise = np.clip((y - level) / 0.8, 0, 1)
    rise = (rise * rise * (3 - 2 * rise))[..., None]
    light = linear_from_srgb(low) + (linear_from_srgb(high) - linear_from_srgb(low)) * rise
    bright = 1 + pool * np.exp(-(np.hypot(x / 0.5, (y - level - 0.25) / 0.42) ** 2))
    canvas.light[:] = light * bright[..., None]
    return canvas.light
