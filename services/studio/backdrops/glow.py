"""Painting of a dark wall with a pool of light."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.backdrops.canvas import create_canvas
from services.studio.color import linear_from_srgb


def paint_glow(size: tuple[float, float], level: float, dark: RGB, light: np.ndarray) -> np.ndarray:
    """Paints a dark wall with a pool of light: linear light, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    level: height of the floor's far edge, in units above the center.
    dark: sRGB of the wall.
    light: linear RGB of the pool, float (3,).
    """
    canvas = create_canvas(size, light=linear_from_srgb(dark) * 0.25)
    x, y = canvas.pixel_coordinates()
    distance = np.hypot(x, (y - level - 0.24) / 0.85)
    pool = 0.75 * np.exp(-((distance / 0.36) ** 2)) + 0.25 * np.exp(-distance / 0.26)
    rise = 0.5 + 0.5 * np.tanh((y - level - 0.05) / 0.1)
    shine = pool * (0.25 + 0.75 * rise)
    canvas.light[:] += shine[..., None] * light
    return canvas.light
