"""Powder that bursts into the air."""

import math

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio.air.canvas import AirCanvas, light_through, sample_wrapped
from services.studio.color import linear_from_srgb

# sRGB where the brief names no color.
POWDER: RGB = (232, 120, 150)
# Grains that fly out of a burst. More: a dustier edge.
GRAIN_COUNT = 2600


def paint_powder(
    canvas: AirCanvas, color: RGB | None, toward_light: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Paints colored powder that bursts from behind the product to both sides.

    canvas: to paint on; color: sRGB or None; toward_light: direction in the picture, right and up.

    Returns light to add, float32 RGB (h, w, 3), and alpha, float32 (h, w), canvas-sized.
    """
    density = np.zeros_like(canvas.x)
    strong = 1 if canvas.seed % 2 else -1
    for number, (x, y, reach) in enumerate(
        ((0.3 * strong, 0.2, 0.5), (-0.34 * strong, 0.14, 0.36), (0.05 * strong, 0.46, 0.4))
    ):
        density = np.maximum(density, _burst(canvas, x, y, reach, number=20 * number))
    density *= canvas.calm_middle(0.35)
    density += _throw_grains(canvas, density)
    alpha = 1 - np.exp(-2.6 * density)
    lit = 0.3 + 0.85 * light_through(density, toward_light, depth=2.4)
    # Fine relief, as if the light raked over billows.
    soft = cv2.GaussianBlur(density, (0, 0), 2.2)
    down, across = np.gradient(soft)
    lit = np.clip(lit - 5.5 * (toward_light[0] * across - toward_light[1] * down), 0.12, 1.5)
    tint = linear_from_srgb(color or POWDER).astype(np.float32)
    # Thin powder is paler, as its grains scatter light.
    pale = 0.72 * tint + 0.28 * tint.max()
    share = np.clip(alpha, 0, 1)[..., None]
    return share * lit[..., None] * (share * tint + (1 - share) * pale), alpha


def _burst(canvas: AirCanvas, x: float, y: float, reach: float, number: int) -> np.ndarray:
    """Draws one burst: billows that are dense inside and thrown out in jets, float32 (h, w).

    x, y: of its middle in units; reach: of its jets in units; number: of its noise fields.
    """
    columns, rows = canvas.trace_flow(cells=5, number=number, reach=46)
    height, width = canvas.shape
    unit = width / canvas.camera.width_in_units
    warped_x = canvas.x + (columns - np.arange(width, dtype=np.float32)) / unit
    warped_y = canvas.y - (rows - np.arange(height, dtype=np.float32)[:, None]) / unit
    right, up = warped_x - x, warped_y - y
    away, angle = np.hypot(right, up), np.arctan2(up, right)
    rng = np.random.default_rng(canvas.seed * 31 + number)
    jets = sum(
        rng.uniform(0.4, 1) / math.sqrt(k) * np.cos(k * angle + rng.uniform(0, 6))
        for k in range(1, 10)
    )
    limit = reach * (0.72 + 0.22 * jets) * (1 - 0.25 * np.clip(-up / 0.3, 0, 1))
    share = away / np.maximum(limit, 0.1)
    # Streaks point away from the middle.
    streaks = sample_wrapped(
        canvas.generate_noise(cells=8, octaves=5, number=number + 1, fade=0.6),
        angle * 120,
        away * 130,
    )
    billows = sample_wrapped(
        canvas.generate_noise(cells=6, octaves=7, number=number + 2, fade=0.6), columns, rows
    )
    body = np.clip(1.12 - share, 0, 1) ** 1.15
    rough = np.clip(0.62 + 0.36 * billows + 0.22 * streaks, 0, 2)
    return (1.7 * body * rough * np.clip(1.5 * body + 0.35 * billows + 0.25, 0, 1)).astype(
        np.float32
    )


def _throw_grains(canvas: AirCanvas, density: np.ndarray) -> np.ndarray:
    """Throws grains around a cloud, density float32 (h, w), most near it: float32 (h, w)."""
    rng, (height, width) = canvas.rng, canvas.shape
    near = cv2.GaussianBlur(density, (0, 0), 26).ravel() ** 1.5
    places = rng.choice(height * width, GRAIN_COUNT, p=near / near.sum())
    grains = np.zeros((height, width), np.float32)
    sizes = rng.uniform(0.35, 1.0, GRAIN_COUNT) ** 2
    np.maximum.at(grains.ravel(), places, sizes.astype(np.float32))
    spread = cv2.GaussianBlur(grains, (0, 0), 0.75) * 2.4
    return np.clip(spread, 0, 0.7)
