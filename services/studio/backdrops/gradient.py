"""A seamless backdrop that grows lighter or darker upwards, with a pool of light on it."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.backdrops.canvas import blank
from services.studio.color import linear


def gradient(
    size: tuple[float, float], level: float, low: RGB, high: RGB, pool: float = 0.4
) -> np.ndarray:
    """From `low` at the floor's far edge, at height `level`, to `high` above.

    size: (height, width) in units; pool: how much brighter it is behind the product.
    """
    canvas = blank(size, np.zeros(3))
    x, y = canvas.grid()
    rise = np.clip((y - level) / 0.8, 0, 1)
    rise = (rise * rise * (3 - 2 * rise))[..., None]
    light = linear(low) + (linear(high) - linear(low)) * rise
    bright = 1 + pool * np.exp(-(np.hypot(x / 0.5, (y - level - 0.25) / 0.42) ** 2))
    canvas.light[:] = light * bright[..., None]
    return canvas.light
