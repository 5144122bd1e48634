"""Powder that bursts into the air."""

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
    body, fringe = np.zeros_like(canvas.x), np.zeros_like(canvas.x)
    strong = 1 if canvas.seed % 2 else -1
    for number, (x, y, reach) in enumerate(
        ((0.32 * strong, 0.16, 0.46), (-0.36 * strong, 0.1, 0.34), (0.06 * strong, 0.42, 0.36))
    ):
        billows, dust = _burst(canvas, x, y, reach, number=20 * number)
        body, fringe = np.maximum(body, billows), np.maximum(fringe, dust)
    calm = canvas.calm_middle(0.3)
    body, fringe = body * calm, fringe * calm
    dense = np.clip(body / 0.42, 0, 1) ** 1.2
    thin = 0.9 * fringe + _throw_grains(canvas, body + 0.5 * fringe)
    alpha = 1 - (1 - 0.97 * dense) * np.exp(-1.3 * thin)
    lit = _light_billows(body, toward_light) * light_through(dense, toward_light, depth=0.55)
    lit = dense * lit + (1 - dense) * 0.8
    tint = linear_from_srgb(color or POWDER).astype(np.float32)
    # Thin powder is paler, as its grains scatter light.
    pale = 0.75 * tint + 0.25 * tint.max()
    hue = dense[..., None] * tint + (1 - dense[..., None]) * pale
    return (alpha * lit)[..., None] * hue, alpha


def _burst(
    canvas: AirCanvas, x: float, y: float, reach: float, number: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draws one burst: the height of its billows, and the dust in jets around it.

    x, y: of its middle in units; reach: of its jets in units; number: of its noise fields.

    Float32 (h, w) each, from 0 up.
    """
    columns, rows = canvas.find_origin(cells=6, number=number, reach=20)
    height, width = canvas.shape
    unit = width / canvas.camera.width_in_units
    right = canvas.x + (columns - np.arange(width, dtype=np.float32)) / unit - x
    up = canvas.y - (rows - np.arange(height, dtype=np.float32)[:, None]) / unit - y
    away, angle = np.hypot(right, up), np.arctan2(up, right)
    limit = reach * _draw_jets(np.random.default_rng(canvas.seed * 31 + number), angle)
    share = away / np.maximum(limit, 0.08)
    # Puffs upon puffs: the folds of noise, finer and finer.
    height, width = canvas.shape
    puffs = sum(
        0.58**octave * np.abs(_draw_turned(canvas, cells=6 << octave, number=number + octave))
        for octave in range(6)
    )
    fine = canvas.generate_noise(120, 2, number + 8)[:height, :width]
    body = np.clip(0.74 - 1.15 * share + 0.34 * (1.6 - puffs) + 0.03 * fine, 0, None)
    # Streaks point away from the middle; 101 and 40 pixels per radian and per unit of distance.
    field = canvas.generate_noise(cells=20, octaves=4, number=number + 9, fade=0.65)
    streaks = sample_wrapped(field, 101 * angle, 40 * away)
    clouds = sample_wrapped(canvas.generate_noise(8, 6, number + 10, fade=0.6), columns, rows)
    dust = np.exp(-2.7 * share) * np.clip(0.5 + 0.5 * clouds + 0.5 * streaks, 0, 2.5)
    dust *= np.clip(1.7 - share, 0, 1)
    return body.astype(np.float32), dust.astype(np.float32)


def _draw_turned(canvas: AirCanvas, cells: int, number: int) -> np.ndarray:
    """Draws one octave of noise, turned by an angle of its own, float32 (h, w).

    cells: across; number: of the noise field.

    Octaves that lie at different angles do not show their common lattice.
    """
    height, width = canvas.shape
    columns, rows = np.meshgrid(
        np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    )
    cos, sin = np.cos(0.6 + 0.9 * number), np.sin(0.6 + 0.9 * number)
    field = canvas.generate_noise(cells, octaves=1, number=number)
    return sample_wrapped(field, cos * columns - sin * rows, sin * columns + cos * rows)


def _draw_jets(rng: np.random.Generator, angle: np.ndarray) -> np.ndarray:
    """Returns how far powder is thrown by angle (radians, float (h, w)): about 1, float (h, w)."""
    jets = sum(
        rng.uniform(0.5, 1) / k**0.7 * np.cos(k * angle + rng.uniform(0, 6)) for k in range(2, 13)
    )
    return np.clip(0.95 + 0.2 * jets, 0.35, 1.6)


def _light_billows(body: np.ndarray, toward_light: tuple[float, float]) -> np.ndarray:
    """Returns how bright billows are, about 1: float32 (h, w); body: their heights, float32."""
    bright = 1.2
    for blur, relief in ((0.8, 10.0), (3.0, 20.0), (9.0, 34.0)):
        down, across = np.gradient(cv2.GaussianBlur(body, (0, 0), blur))
        slope = -(toward_light[0] * across - toward_light[1] * down) * relief
        bright = bright + 0.42 * slope / (1 + np.abs(slope))
    return np.clip(bright, 0.15, 1.5)


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
