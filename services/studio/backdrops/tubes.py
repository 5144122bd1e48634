"""Tubes of neon on a dark wall."""

import numpy as np

from services.imaging.scene import RGB
from services.studio.backdrops.canvas import blank, defocus
from services.studio.color import linear

TUBE, BLUR = 0.008, 0.012


def tubes(size: tuple[float, float], level: float, one: RGB, other: RGB, seed: int) -> np.ndarray:
    """A tall frame of one colour, bars of another beside it, and what they throw on the wall.

    size: (height, width) in units; level: the floor's far edge.
    """
    rng = np.random.default_rng(seed)
    canvas = blank(size, linear((12, 12, 18)))
    x, y = canvas.grid()
    half = min(0.34, 0.3 * size[1])
    frame = _outline(x, y - level - 0.3, half, 0.42)
    first, second = linear(one), linear(other)
    canvas.light[:] += _shine(frame)[..., None] * first
    for place in (-0.5, 0.5):
        bar = np.hypot(
            x - place * size[1] * rng.uniform(0.78, 0.92), np.maximum(y - level - 0.5, 0)
        )
        canvas.light[:] += _shine(np.abs(bar))[..., None] * second
    return defocus(canvas.light, BLUR)


def _outline(x: np.ndarray, y: np.ndarray, half: float, high: float) -> np.ndarray:
    """The distance to a rectangle with round corners, centred on x = 0, y = 0."""
    corner = 0.08
    across = np.maximum(np.abs(x) - half + corner, 0)
    down = np.maximum(np.abs(y) - high + corner, 0)
    inside = np.minimum(np.maximum(np.abs(x) - half, np.abs(y) - high), 0)
    outside = np.hypot(across, down) - corner
    return np.abs(np.where((across > 0) & (down > 0), outside, np.maximum(inside, outside)))


def _shine(apart: np.ndarray) -> np.ndarray:
    """The light at a distance from a tube: the tube itself, and the wall around it."""
    tube = 0.5 - 0.5 * np.tanh((apart - TUBE) / 0.004)
    return 9 * tube + 0.4 * np.exp(-apart / 0.04) + 0.055 * np.exp(-apart / 0.2)
