"""A winter forest in the haze, its trees under snow."""

import math

import numpy as np

from services.studio.backdrops.canvas import DOTS_A_UNIT, blank, defocus
from services.studio.color import linear

HAZES = {
    "day": ((214, 226, 236), (232, 238, 242)),
    "low": ((196, 190, 214), (255, 216, 186)),
    "dark": ((38, 52, 82), (86, 104, 138)),
}
"""For each hour: the sky above, and the haze between the trees."""
NEEDLES = (52, 78, 70)


def forest(
    size: tuple[float, float], ground: float, hour: str, flakes: bool, seed: int
) -> np.ndarray:
    """Rows of firs, each nearer one darker; the snow begins at height `ground`.

    size: (height, width) in units; hour: "day", "low" for sunrise and sunset, "dark"; flakes:
    whether it snows.
    """
    rng = np.random.default_rng(seed)
    above, haze = (linear(c) for c in HAZES[hour])
    canvas = blank(size, haze)
    x, y = canvas.grid()
    rise = np.clip((y - ground) / 0.8, 0, 1)[..., None]
    canvas.light[:] = haze + (above - haze) * rise
    glow = np.exp(-np.hypot(x - 0.25, y - ground - 0.3) / 0.3)[..., None]
    canvas.light[:] += glow * haze * (0.5 if hour == "low" else 0.12)
    light = canvas.light
    for depth, count, tall in ((0.2, 22, 0.4), (0.42, 14, 0.36), (0.78, 8, 0.44)):
        shade = _row_of_trees(x, y, ground, count, tall, rng)
        tint = haze + (linear(NEEDLES) * (0.5 if hour == "dark" else 1) - haze) * depth
        light = light + (tint - light) * shade[..., None]
    near = np.clip((ground + 0.05 - y) / 0.06, 0, 1)[..., None]
    light = light + (haze * 0.96 - light) * near
    light = defocus(light.astype(np.float32), 0.034)
    return light + _flakes(light.shape, haze, rng) if flakes else light


def _row_of_trees(x, y, ground: float, count: int, tall: float, rng) -> np.ndarray:
    """How much of a row of firs covers each dot, 0 to 1, ragged as their boughs are."""
    cover = np.zeros_like(x)
    width = float(x.max() - x.min())
    for number in range(math.ceil(count * width / 1.4)):
        stem = x.min() + width * (number + rng.uniform(0.1, 0.9)) / math.ceil(count * width / 1.4)
        height = tall * rng.uniform(0.55, 1.1)
        # Trees keep clear of the middle, where the product is.
        height *= 0.55 + 0.45 * min(1.0, abs(stem) / 0.35)
        share = np.clip((ground + height - y) / height, 0, 1.2)
        bough = 0.75 + 0.25 * np.abs(np.sin(share * 17 + number))
        half = 0.22 * height * share * bough + 0.004
        cover = np.maximum(cover, np.clip((half - np.abs(x - stem)) / 0.01, 0, 1) * (share > 0))
    return cover


def _flakes(shape: tuple[int, ...], light: np.ndarray, rng) -> np.ndarray:
    """Flakes of snow out of focus: faint discs."""
    points = np.zeros(shape, np.float32)
    height, width = shape[:2]
    for _ in range(round(70 * height * width / DOTS_A_UNIT**2)):
        row, column = rng.integers(height), rng.integers(width)
        points[row : row + 1, column : column + 1] += np.float32(light * rng.gamma(2.0, 9.0))
    return defocus(points, 0.009)
