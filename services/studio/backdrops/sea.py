"""Painting of the sea under a summer sky or a low sun."""

import numpy as np

from services.studio.backdrops.canvas import create_canvas, defocus_light
from services.studio.color import linear_from_srgb
from services.studio.noise import generate_smooth_noise

# For each hour, sRGB of the sky above, the sky at the horizon, and the clouds.
SKIES = {
    "day": ((96, 160, 214), (206, 226, 236), (255, 253, 246)),
    "low": ((150, 160, 196), (250, 196, 150), (255, 222, 180)),
    "dark": ((26, 36, 62), (84, 86, 118), (150, 140, 160)),
}
# For each hour, sRGB of far water and of near water.
WATERS = {
    "day": ((22, 92, 138), (84, 190, 196)),
    "low": ((70, 92, 124), (196, 152, 134)),
    "dark": ((14, 24, 42), (52, 66, 92)),
}
# Radius, in units, of the disc that a point becomes. Larger: more out of focus.
BLUR_RADIUS = 0.016
# Size of clouds in units, and pixels per side of the noise that they are read from.
CLOUD_SIZE, NOISE_SIDE = 1.3, 512


def paint_sea(
    size: tuple[float, float], shore: float, horizon: float, hour: str, seed: int
) -> np.ndarray:
    """Paints waves that run out onto a beach: linear light, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    shore, horizon: their heights, in units above the center.
    hour: "day", "low" for sunrise and sunset, "dark".
    """
    canvas = create_canvas(size, light=np.zeros(3))
    x, y = canvas.pixel_coordinates()
    above, level, cloud = (linear_from_srgb(c) for c in SKIES[hour])
    rise = np.clip((y - horizon) / 0.6, 0, 1)[..., None]
    sky = level + (above - level) * rise**0.75
    drift = _sample_noise(x, (y - horizon) * 2.6, size=CLOUD_SIZE, seed=seed)
    cover = np.clip(0.55 * drift - 0.1, 0, 0.75) * np.clip((y - horizon) / 0.16, 0, 1)
    sky = sky + (cloud * 1.05 - sky) * cover[..., None]
    far, near = (linear_from_srgb(c) for c in WATERS[hour])
    run = np.clip((horizon - y) / max(horizon - shore, 0.05), 0, 1.2)
    water = far + (near - far) * (run**1.2)[..., None]
    swell = _sample_noise(x * 0.5, (horizon - y) * 9, size=0.3, seed=seed + 1)
    water = water * np.exp(0.1 * swell * run)[..., None]
    foam = _create_foam(x, run, seed)
    water = water + (level * 1.02 - water) * foam[..., None]
    if hour == "low":
        path = np.exp(-((x / (0.1 + 0.25 * run)) ** 2)) * (0.35 + 0.2 * swell)
        water = water + np.clip(path, 0, 1)[..., None] * linear_from_srgb((255, 204, 140)) * 1.2
        sky = sky + np.exp(-np.hypot(x, y - horizon - 0.05) / 0.16)[..., None] * cloud * 0.9
    edge = np.clip((y - horizon) / 0.006 + 0.5, 0, 1)[..., None]
    canvas.light[:] = water * (1 - edge) + sky * edge
    return defocus_light(canvas.light, radius=BLUR_RADIUS)


def _create_foam(x: np.ndarray, shore_share: np.ndarray, seed: int) -> np.ndarray:
    """Returns how white the breaking waves are at each pixel, 0 to 1, float (h, w).

    x: world x of each pixel in scene units, float (h, w).
    shore_share: share of the way from the horizon to the shore, float (h, w).
    seed: of the noise that bends the three lines of surf.
    """
    foam = np.zeros_like(shore_share)
    sway = _sample_noise(x, 0 * x, size=0.5, seed=seed + 2)
    for place, width, strength in ((0.62, 0.02, 0.5), (0.8, 0.035, 0.8), (1.0, 0.05, 0.95)):
        crest = place + 0.035 * sway * place
        offset = np.clip((shore_share - crest) / width, -3, 3)
        foam = np.maximum(foam, strength * np.exp(-(offset**2)))
    return foam


def _sample_noise(x: np.ndarray, y: np.ndarray, size: float, seed: int) -> np.ndarray:
    """Samples cloudy noise of three octaves, about 0 +- 1: float (h, w).

    x, y: positions to sample, float (h, w) each.
    size: of a cloud, in the same unit as x and y.
    """
    total = np.zeros_like(x)
    for octave, weight in ((1, 1.0), (2, 0.5), (4, 0.25)):
        field = generate_smooth_noise(size=NOISE_SIDE, across=8, down=8, seed=seed * 13 + octave)
        scale = NOISE_SIDE / (8 * size) * octave
        rows, columns = (np.round(v * scale).astype(int) % NOISE_SIDE for v in (y, x))
        total += weight * field[rows, columns]
    return total
