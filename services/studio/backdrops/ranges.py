"""Painting of mountain ranges or dunes, one behind the other in haze."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from services.imaging.scene import RGB
from services.studio.backdrops.canvas import create_canvas, defocus_light
from services.studio.color import linear_from_srgb
from services.studio.noise import generate_fractal_noise

# Radius, in units, of the disc that a point becomes. Larger: more out of focus.
BLUR_RADIUS = 0.02
# Ranges, far to near. More: a deeper landscape.
RANGE_COUNT = 4
# Waves that make up a ridge, and how much weaker each is than the one before. Larger: rougher.
RIDGE_WAVES, RIDGE_FADE = 6, 0.56


@dataclass(frozen=True)
class RangeTones:
    """sRGB of the sky above and at the horizon, of the nearest range, and of light on its side."""

    sky: RGB
    haze: RGB
    near: RGB
    lit: RGB


# By hour of day: "day", "low" for a low sun, "dark".
MOUNTAIN_TONES: Mapping[str, RangeTones] = {
    "day": RangeTones((110, 158, 206), (214, 226, 234), (62, 76, 70), (140, 142, 120)),
    "low": RangeTones((132, 140, 176), (250, 200, 150), (58, 50, 62), (196, 126, 88)),
    "dark": RangeTones((36, 44, 66), (92, 98, 118), (20, 24, 32), (52, 56, 66)),
}
SNOW_TONES: Mapping[str, RangeTones] = {
    "day": RangeTones((78, 134, 200), (186, 208, 232), (58, 78, 112), (250, 252, 255)),
    "low": RangeTones((112, 128, 182), (244, 196, 164), (74, 76, 116), (255, 220, 194)),
    "dark": RangeTones((24, 34, 62), (74, 88, 122), (40, 52, 82), (112, 130, 168)),
}
DUNE_TONES: Mapping[str, RangeTones] = {
    "day": RangeTones((128, 172, 212), (226, 228, 222), (206, 168, 120), (240, 212, 170)),
    "low": RangeTones((164, 150, 176), (252, 204, 150), (160, 98, 62), (246, 176, 108)),
    "dark": RangeTones((30, 36, 58), (84, 82, 100), (52, 44, 44), (92, 78, 72)),
}


def paint_ranges(
    size: tuple[float, float], horizon: float, tones: RangeTones, seed: int, peak: float = 0.3
) -> np.ndarray:
    """Paints ranges in haze under a sky: linear light, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    horizon: its height, in units above the center.
    peak: height of the highest range above it, in units. Smaller: flatter land.
    """
    rng = np.random.default_rng(seed)
    sky, haze, near, lit = (linear_from_srgb(color) for color in vars(tones).values())
    canvas = create_canvas(size, light=np.zeros(3))
    x, y = canvas.pixel_coordinates()
    rise = np.clip((y - horizon) / 0.7, 0, 1)[..., None]
    light = haze + (sky - haze) * rise**0.7
    side = rng.choice((-1, 1))
    relief_noise = generate_fractal_noise(size=512, cells=6, octaves=5, seed=seed)
    for number in range(RANGE_COUNT):
        share = (number + 1) / RANGE_COUNT
        ridge = horizon + peak * (1.15 - share) * _draw_ridge(x[0], rng)
        # Slopes toward the sun are lit; haze takes over with the distance.
        below = np.maximum(ridge[None] - y, 0)
        relief = _sample_relief(relief_noise, x + 0.7 * side * below, below, share)
        body = near + (lit - near) * np.clip(0.5 + 0.28 * relief, 0, 1)[..., None]
        color = haze + (body - haze) * share**1.4
        cover = np.clip((ridge[None] - y) / 0.006 + 0.5, 0, 1)[..., None]
        # The foot of each range lies in haze, but for the nearest, which reaches the product.
        foot = 0.4 * (1 - share) * np.clip(below / 0.12, 0, 1)[..., None]
        light = light + (color + (haze - color) * foot - light) * cover
    canvas.light[:] = light
    return defocus_light(canvas.light, radius=BLUR_RADIUS)


def _sample_relief(noise: np.ndarray, x: np.ndarray, below: np.ndarray, share: float) -> np.ndarray:
    """Returns the relief of a range's side, about 0 +- 1, float32 (h, w).

    noise: seamless, float (n, n).
    x, below: position, and depth below the ridge, in units, float (h, w).
    share: of the way from the furthest range to the viewer; nearer ones show larger forms.
    """
    scale = len(noise) / (0.5 + 1.1 * share)
    rows, columns = (2.2 * below * scale).astype(int), (x * scale).astype(int)
    return noise[rows % len(noise), columns % len(noise)]


def _draw_ridge(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Returns the heights of a ridge, about 0 to 1, at positions x, float (w,): same shape."""
    height = np.full_like(x, 0.55)
    for number in range(RIDGE_WAVES):
        wave = 1.6 * 1.9**number
        height += 0.42 * RIDGE_FADE**number * np.sin(wave * x * 2 + rng.uniform(0, 6.28))
    return np.clip(height, 0.02, 1.2)
