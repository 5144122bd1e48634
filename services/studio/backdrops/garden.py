"""Painting of sunlit greenery with points of light between the leaves."""

import cv2
import numpy as np

from services.studio.backdrops.canvas import PIXELS_PER_UNIT, create_canvas, defocus_light
from services.studio.color import linear_from_srgb, rgb_from_kelvin
from services.studio.noise import generate_fractal_noise


def paint_garden(size: tuple[float, float], sun: int, warmth: float, seed: int) -> np.ndarray:
    """Paints sunlit greenery out of focus: linear light, float32 RGB (h, w, 3).

    size: (height, width) of the painting in units.
    sun: side that it stands at, -1 left or 1 right.
    warmth: 0 at noon to 1 in the last hour of the day.
    """
    rng = np.random.default_rng(seed)
    canvas = create_canvas(size, light=np.zeros(3))
    x, y = canvas.pixel_coordinates()
    dots = max(x.shape)
    # Two layers of foliage: large masses, and finer ones.
    mass, fine = (
        cv2.resize(
            generate_fractal_noise(size=512, cells=cells, octaves=5, seed=seed + cells),
            (dots, dots),
        )[: x.shape[0], : x.shape[1]]
        for cells in (4, 9)
    )
    shade = 0.5 + 0.5 * np.tanh(0.55 * mass + 0.25 * fine + 0.65 * y + 0.1)
    dark, leaf, bright = (
        linear_from_srgb((26, 44, 22)),
        linear_from_srgb((88, 122, 46)),
        linear_from_srgb((196, 204, 112)),
    )
    green = dark + (leaf - dark) * np.clip(2 * shade, 0, 1)[..., None]
    green += (bright - leaf) * np.clip(2 * shade - 1, 0, 1)[..., None] ** 1.5
    warm = rgb_from_kelvin(6000 - 2600 * warmth)
    distance = np.hypot(x - sun * 0.45 * size[1], y - 0.55)
    glow = np.exp(-((distance / 0.55) ** 1.3))[..., None]
    canvas.light[:] = green * (1 + 0.25 * warmth * (warm - 1)) + glow * warm * (0.5 + 0.4 * warmth)
    # Points of sun that are nearer, with larger discs, and further away.
    near, far = (_create_sun_points(canvas.light.shape, share, warm, rng) for share in (0.65, 0.35))
    return defocus_light(canvas.light + near, radius=0.042) + defocus_light(far, radius=0.027)


def _create_sun_points(
    shape: tuple[int, ...], share: float, warm: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Creates points of sun, linear float32 RGB (h, w, 3), which a blur turns into discs.

    shape: (h, w, 3).
    share: of the usual count of points to create, 0 to 1.
    warm: linear RGB of most points, float (3,).
    """
    light = np.zeros(shape, np.float32)
    height, width = shape[:2]
    for _ in range(round(share * 26 * height * width / PIXELS_PER_UNIT**2)):
        row, column = int(abs(rng.normal(0.3, 0.2)) * height) % height, rng.integers(width)
        strength = rng.gamma(1.2, 100.0) * (0.4 + 0.6 * share)
        tint = warm * [1.0, 1.0, 0.75] if rng.random() < 0.7 else np.array([0.8, 1.0, 0.6])
        light[row : row + 2, column : column + 2] += np.float32(strength * tint)
    return light
