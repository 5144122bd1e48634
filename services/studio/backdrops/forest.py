"""Painting of a winter forest in haze, its trees under snow."""

import math

import numpy as np

from services.studio.backdrops.canvas import PIXELS_PER_UNIT, create_canvas, defocus_light
from services.studio.backdrops.trees import cover_with_fir
from services.studio.color import linear_from_srgb

# For each hour, sRGB of the sky above and of the haze between the trees.
HAZES = {
    "day": ((214, 226, 236), (232, 238, 242)),
    "low": ((196, 190, 214), (255, 216, 186)),
    "dark": ((38, 52, 82), (86, 104, 138)),
}
# sRGB of fir needles.
NEEDLES = (52, 78, 70)


def paint_forest(
    size: tuple[float, float], ground: float, hour: str, flakes: bool, seed: int
) -> np.ndarray:
    """Paints rows of firs in haze, each nearer row darker: linear light, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    ground: height at which the snow begins, in units above the center.
    hour: "day", "low" for sunrise and sunset, "dark".
    flakes: whether it snows.
    """
    rng = np.random.default_rng(seed)
    above, haze = (linear_from_srgb(c) for c in HAZES[hour])
    canvas = create_canvas(size, light=haze)
    x, y = canvas.pixel_coordinates()
    rise = np.clip((y - ground) / 0.8, 0, 1)[..., None]
    canvas.light[:] = haze + (above - haze) * rise
    glow = np.exp(-np.hypot(x - 0.25, y - ground - 0.3) / 0.3)[..., None]
    canvas.light[:] += glow * haze * (0.5 if hour == "low" else 0.12)
    light = canvas.light
    for depth, count, tall in ((0.2, 22, 0.4), (0.42, 14, 0.36), (0.78, 8, 0.44)):
        shade = _create_tree_cover(x, y, ground, count, tall, rng)
        tint = haze + (linear_from_srgb(NEEDLES) * (0.5 if hour == "dark" else 1) - haze) * depth
        light = light + (tint - light) * shade[..., None]
    near = np.clip((ground + 0.05 - y) / 0.06, 0, 1)[..., None]
    light = light + (haze * 0.96 - light) * near
    light = defocus_light(light.astype(np.float32), radius=0.034)
    return light + _create_flakes(light.shape, light=haze, rng=rng) if flakes else light


def _create_tree_cover(
    x: np.ndarray, y: np.ndarray, ground: float, count: int, tall: float, rng: np.random.Generator
) -> np.ndarray:
    """Returns how much a row of firs with ragged boughs covers each pixel, 0 to 1: float (h, w).

    x, y: coordinates of the pixels in units, float (h, w) each.
    ground: height of the trees' feet.
    count: trees per 1.4 units of width.
    tall: largest height of a tree, about.
    """
    cover = np.zeros_like(x)
    width = float(x.max() - x.min())
    for number in range(math.ceil(count * width / 1.4)):
        stem_x = x.min() + width * (number + rng.uniform(0.1, 0.9)) / math.ceil(count * width / 1.4)
        height = tall * rng.uniform(0.55, 1.1)
        # Trees keep clear of the middle, where the product is.
        height *= 0.55 + 0.45 * min(1.0, abs(stem_x) / 0.35)
        fir = cover_with_fir(x, y, stem_x, ground, height, number)
        cover = np.maximum(cover, fir)
    return cover


def _create_flakes(
    shape: tuple[int, ...], light: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Creates snowflakes out of focus: faint discs, linear light, float32 (h, w, 3), to add.

    shape: (h, w, 3); light: linear RGB of a flake, float (3,).
    """
    points = np.zeros(shape, np.float32)
    height, width = shape[:2]
    for _ in range(round(70 * height * width / PIXELS_PER_UNIT**2)):
        row, column = rng.integers(height), rng.integers(width)
        points[row : row + 1, column : column + 1] += np.float32(light * rng.gamma(2.0, 9.0))
    return defocus_light(points, radius=0.009)
