"""Painting of a swimming pool before a hedge under a summer sky."""

import numpy as np

from services.studio.backdrops.canvas import create_canvas, defocus_light
from services.studio.backdrops.sea import SKIES
from services.studio.color import linear_from_srgb
from services.studio.noise import generate_smooth_noise

# For each hour, sRGB of deep and of near water, of the pool's stone edge and of the hedge in light
# and in shade.
TONES = {
    "day": ((40, 150, 182), (124, 214, 216), (236, 230, 218), (116, 146, 74), (46, 78, 44)),
    "low": ((58, 120, 146), (150, 176, 172), (240, 208, 172), (138, 116, 62), (56, 56, 40)),
    "dark": ((10, 62, 92), (34, 120, 146), (92, 96, 108), (30, 42, 40), (14, 22, 24)),
}
# Units: height of the stone edge, and of the hedge above it with its bumps.
EDGE_HEIGHT, HEDGE_HEIGHT, BUMP_HEIGHT = 0.022, 0.15, 0.025
# Radius, in units, of the disc that a point becomes. Larger: more out of focus.
BLUR_RADIUS = 0.018
# Size in units of the net of light on the water, and pixels per side of the noise it is read from.
NET_SIZE, NOISE_SIDE = 0.16, 256


def paint_pool(
    size: tuple[float, float], level: float, water: float, hour: str, seed: int
) -> np.ndarray:
    """Paints a pool, the stone edge and the hedge beyond it: linear light, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    level: height at which the water begins, in units above the center.
    water: height of the water's surface that is seen, in units; 0 for none.
    hour: "day", "low" for sunrise and sunset, "dark".
    """
    canvas = create_canvas(size, light=np.zeros(3))
    x, y = canvas.pixel_coordinates()
    above, horizon, _ = (linear_from_srgb(tone) for tone in SKIES[hour])
    deep, near, stone, lit, shaded = (linear_from_srgb(tone) for tone in TONES[hour])
    shore = level + water
    light = horizon + (above - horizon) * np.clip((y - shore) / 0.8, 0, 1)[..., None] ** 0.8
    bumps = _sample_noise(x, 0 * y, 0.24, seed) + 0.6 * _sample_noise(x, 0 * y, 0.07, seed + 1)
    top = shore + HEDGE_HEIGHT + BUMP_HEIGHT * bumps
    leaves = np.clip(0.5 + 0.3 * _sample_noise(x, y, 0.14, seed + 2) + 1.2 * (y - top), 0, 1)
    hedge = shaded + (lit - shaded) * np.clip(leaves + 0.3, 0, 1)[..., None]
    light = np.where((y < top)[..., None], hedge, light)
    light = np.where((y < shore + EDGE_HEIGHT)[..., None], stone, light)
    if water > 0:
        run = np.clip((shore - y) / water, 0, 1)
        depth = np.maximum(run, 0.05)
        net = np.abs(_sample_noise(x / (0.4 + depth), run / (0.3 + depth), NET_SIZE, seed + 3))
        glint = np.clip(1 - 3 * net, 0, 1) * run
        pool = deep + (near - deep) * (0.8 * run + 0.5 * glint)[..., None]
        light = np.where((y < shore)[..., None], pool, light)
    canvas.light[:] = light
    return defocus_light(canvas.light, radius=BLUR_RADIUS)


def _sample_noise(x: np.ndarray, y: np.ndarray, size: float, seed: int) -> np.ndarray:
    """Samples smooth noise, about 0 +- 1: float (h, w).

    x, y: positions to sample, float (h, w) each.
    size: of a form, in the same unit as x and y.
    """
    field = generate_smooth_noise(size=NOISE_SIDE, across=8, down=8, seed=seed)
    scale = NOISE_SIDE / (8 * size)
    rows, columns = (np.round(v * scale).astype(int) % NOISE_SIDE for v in (y, x))
    sampled: np.ndarray = field[rows, columns]
    return sampled
