"""Painting of a city by day, seen from a roof: rows of buildings in haze under the sky."""

import numpy as np

from services.studio.backdrops.canvas import Canvas, create_canvas, defocus_light
from services.studio.backdrops.sea import SKIES
from services.studio.color import linear_from_srgb

# For each hour, sRGB of the haze between buildings, and of walls in light and in shade.
TONES = {
    "day": ((206, 220, 230), (206, 196, 182), (96, 104, 116)),
    "low": ((250, 206, 164), (232, 168, 120), (92, 72, 84)),
    "dark": ((58, 62, 88), (70, 70, 92), (22, 24, 36)),
}
# Rows of buildings, far to near: their count per unit of width, their height above the ground's
# edge in units, and the share of their color that haze leaves.
ROWS = ((9.0, 0.34, 0.3), (6.0, 0.25, 0.55), (4.0, 0.14, 0.85))
# Units: width and height of a window, and from one to the next across and down.
WINDOW, WINDOW_STEP = (0.012, 0.02), (0.026, 0.04)
# Factor on the light of windows against their wall, and the radius in units of the disc that a
# point becomes. Larger: brighter windows; more out of focus.
WINDOW_LIGHT, BLUR_RADIUS = 0.72, 0.014


def paint_rooftops(size: tuple[float, float], level: float, hour: str, seed: int) -> np.ndarray:
    """Paints rows of buildings in haze: linear light, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    level: height at which they begin, in units above the center.
    hour: "day", "low" for sunrise and sunset, "dark".
    """
    rng = np.random.default_rng(seed)
    above, horizon, _ = (linear_from_srgb(tone) for tone in SKIES[hour])
    haze, lit, shaded = (linear_from_srgb(tone) for tone in TONES[hour])
    canvas = create_canvas(size, light=horizon)
    _, y = canvas.pixel_coordinates()
    rise = np.clip((y - level) / 0.8, 0, 1)[..., None] ** 0.7
    canvas.light[:] = horizon + (above - horizon) * rise
    width, bottom = size[1], -size[0] / 2
    for count, height, share in ROWS:
        left = -width / 2 - rng.uniform(0, 0.1)
        while left < width / 2:
            across, top = rng.uniform(0.6, 1.5) / count, level + height * rng.uniform(0.35, 1.1)
            wall = haze + (shaded + (lit - shaded) * rng.uniform(0, 1) - haze) * share
            canvas.fill_box(left, bottom, across, top - bottom, wall)
            _fill_windows(canvas, (left, level), (left + across, top), wall)
            left += across
    return defocus_light(canvas.light, radius=BLUR_RADIUS)


def _fill_windows(
    canvas: Canvas, low: tuple[float, float], high: tuple[float, float], wall: np.ndarray
) -> None:
    """Fills a wall between two corners, (x, y) in units each, with rows of windows.

    wall: linear RGB, float (3,).
    """
    for x in np.arange(low[0] + WINDOW_STEP[0] / 2, high[0] - WINDOW_STEP[0], WINDOW_STEP[0]):
        for y in np.arange(high[1] - WINDOW_STEP[1], low[1], -WINDOW_STEP[1]):
            canvas.fill_box(x, y, *WINDOW, wall * WINDOW_LIGHT)
